"""`python -m kulanz.cli`, which the launcher runs."""

from kulanz.cli.main import app

app(prog_name="./kulanz")
