"""The order of things: take in, look again, settle."""
