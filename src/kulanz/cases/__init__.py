"""One customer's one concern, with clocks and a next step."""
