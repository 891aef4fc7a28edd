"""Where messages, orders and stock come from and replies go to."""
