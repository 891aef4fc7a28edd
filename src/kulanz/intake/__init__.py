"""Raw records as they came; quarantine and replay."""
