# SPDX-License-Identifier: Apache-2.0
"""row: one mutation: a protection, what is done to it, and the tests that have to see it."""

import re
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


def pattern(old):
    """Matches the text wherever the formatter breaks its lines."""
    inner = old.strip()
    begin, end = old.split(inner) if inner else (old, "")
    spaced = re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(inner)).replace(r"\(", r"\(\s*")
    begin, end = (r"\s+" if edge == " " else re.escape(edge) for edge in (begin, end))
    return re.compile(begin + spaced + end)


def replaced(file, changes):
    """Returns the text of a file with each (old, new) done. The file must have each old text once."""
    text = (SOURCE / file).read_text()
    for old, new in zip(changes[::2], changes[1::2]):
        text, count = pattern(old).subn(lambda _, new=new: new, text)
        if count != 1:
            faults.append("%s: has this text %d times, change the row too: %s" % (file, count, old))
    if text == (SOURCE / file).read_text():
        faults.append("%s: a row changes nothing: %s" % (file, changes))
    return text
