"""Generic CSV files with a mapping."""
