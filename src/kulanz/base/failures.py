"""What a log may say of an error in a customer's data: its kind and place, never its words."""

import traceback
from pathlib import Path

FRAMES = 4
"""Innermost calls named."""


def where(error: BaseException) -> str:
    """`UnicodeEncodeError at take_in.py:210 _commit < ...`. An error's text may quote the mail it fell over."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-FRAMES:])
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(error).__name__} at {places or 'an unknown place'}"
