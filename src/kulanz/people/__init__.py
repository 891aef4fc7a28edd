"""Users, roles, and the accounts they may see."""
