"""Benchmarks through the public commands. `./kulanz bench --list` names them."""
