"""What is written to customers; send is the one door."""
