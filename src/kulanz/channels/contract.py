"""What every file format and every channel offers. To add one, copy a neighbour and name it in the registry.

The classes live in intake, so that carriers, which channels never import, keep the same contract.
"""

from kulanz.intake.formats import FileFormat, Opened, Part, Record

__all__ = ["FileFormat", "Opened", "Part", "Record"]
