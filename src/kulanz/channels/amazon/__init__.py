"""Amazon order reports."""
