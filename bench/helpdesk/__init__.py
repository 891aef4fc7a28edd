"""A small django-helpdesk project, run in an environment of its own beside a bench (see peers.py)."""
