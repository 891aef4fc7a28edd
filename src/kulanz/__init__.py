"""Kulanz: the after-sales desk for merchants."""
