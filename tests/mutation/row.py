# SPDX-License-Identifier: Apache-2.0
"""row: one mutation: a protection, what is done to it, and the tests that have to see it."""

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """judges are tried in turn: "unit NOUN", or a file of tests/ with what pytest is told besides.
    by_time: that something does not end in its time is what the test is about."""

    protection: str
    change: str
    file: str
    text: str
    judges: tuple
    by_time: bool = False

    @property
    def name(self):
        return "%s: %s" % (self.protection, self.change)


faults = []  # texts that rows look for and that do not stand in the sources


def replaced(file, changes):
    """The text of a file with each (old, new) done; each old stands there once."""
    text = (SOURCE / file).read_text()
    for old, new in zip(changes[::2], changes[1::2]):
        if text.count(old) != 1:
            faults.append("%s: stands there %d times, the row must follow: %s" % (file, text.count(old), old))
        text = text.replace(old, new)
    if text == (SOURCE / file).read_text():
        faults.append("%s: a row changes nothing: %s" % (file, changes))
    return text
