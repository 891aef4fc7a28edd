"""The commands. One module for each group; heavy imports happen inside the command that needs them."""
