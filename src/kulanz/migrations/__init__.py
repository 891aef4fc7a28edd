"""One history for all rooms."""
