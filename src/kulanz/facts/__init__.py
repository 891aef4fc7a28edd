"""What happened, each with its source and age."""
