# SPDX-License-Identifier: Apache-2.0
"""results: a row for each system, and the file that keeps the last one of each."""

import dataclasses

from trial import STEPS

VERSIONS = ("kernel", "Landlock", "OpenSSH", "glibc", "rsync")
HEAD = ("system", "date", "commit", *VERSIONS, *STEPS, "notes")
TITLE = """\
# The package on real systems

`tests/vm/run --keep` writes this table: the last run of each system. A cell is the duration of a step, on two emulated
processors of a machine that may be busy. An empty cell means that the run did not reach the step.

"""


@dataclasses.dataclass
class Row:
    name: str
    date: str = ""
    commit: str = ""
    failed: bool = False
    versions: list = dataclasses.field(default_factory=list)
    steps: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)

    def line(self):
        versions = self.versions or [""] * len(VERSIONS)
        cells = [self.name, self.date, self.commit, *versions, *(self.steps.get(name, "") for name in STEPS),
                 "; ".join(self.notes).replace("|", "/")]
        return "| %s |" % " | ".join(cells)


def table(rows):
    return "\n".join(["| %s |" % " | ".join(HEAD), "|" + "---|" * len(HEAD), *(row.line() for row in rows)])


def keep(path, row):
    """The row takes the place of the system's last one."""
    old = path.read_text().splitlines() if path.exists() else []
    lines = {line.split(" ")[1]: line for line in old if line.startswith("| ") and line.split(" ")[1] != "system"}
    lines[row.name] = row.line()
    path.write_text(TITLE + table([]) + "\n" + "\n".join(lines.values()) + "\n")
