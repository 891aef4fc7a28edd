"""Who did what, why, before and after."""
