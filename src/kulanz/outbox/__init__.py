"""What goes out: actions, proposals, and what Kulanz may do."""
