# SPDX-License-Identifier: Apache-2.0
"""The runs that RESULTS.md tells of. results.json keeps them: a list of

    {"date", "commit", "nodes", "versions",
     "rows": [{"trial", "transport", "images", "seconds", "trouble", "said"}], "commands": {LINE: COUNT}}

A run may be restricted, so each cell of the table is of the last run that had this trial there."""

import json

import faults  # noqa: F401  adds its trials
import trials

COLUMNS = [("ssh", "qcow2"), ("rsync", "qcow2"), ("ssh-nova-path", "qcow2"), ("rsync-nova-path", "qcow2"),
           ("ssh", "raw"), ("rsync", "raw"), ("ssh", "flat"), ("rsync", "flat")]
# Not a trial of ours: run starts it itself.
TEMPEST = {"tempest": ("tempest's own tests of migrations and resizes", ("qcow2",), trials.TRANSPORTS)}
HEAD = """# What tests/cloud/run showed

`tests/cloud/run --keep` writes this from `results.json`. A cell has the last run of a trial: how long it took, while
the machine may have done other things, and the number of the run, which is below with the commit of the rssh-nova that
was installed. `-` means that the trial does not use images of this kind or this transport, `not run` that no run has
had it yet.

"""


def known():
    """What each trial shows, and the kinds of images and the transports that it fits."""
    return TEMPEST | {name: (function.__doc__, kinds, by) for name, (function, kinds, _, by) in trials.TRIALS.items()}


def fits(column, kinds, by):
    return column[0] in by and column[1] in kinds


def is_known(row):
    return row["trial"] in known() and fits((row["transport"], row["images"]), *known()[row["trial"]][1:])


def cell(row):
    return row["trial"], row["transport"], row["images"]


def merge(runs, run):
    """The runs with a new one. A row that it has too leaves the older run, and a run without rows goes. Of the same date,
    commit, nodes and versions they are one."""
    new = {cell(row) for row in run["rows"]}
    for old in runs:
        old["rows"] = [row for row in old["rows"] if cell(row) not in new and is_known(row)]
    same = next((old for old in runs if about(old) == about(run)), None)
    if same is None:
        runs = [*runs, run]
    else:
        same["rows"] += run["rows"]
        for command, number in run["commands"].items():
            same["commands"][command] = same["commands"].get(command, 0) + number
    return [each for each in runs if each["rows"]]


def table(runs):
    said = {cell(row): f"{'**FAILED**' if row['trouble'] else str(row['seconds']) + ' s'} ({number})"
            for number, run in enumerate(runs, 1) for row in run["rows"]}
    lines = ["| trial | " + " | ".join(map(" ".join, COLUMNS)) + " | what |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name, (about, *where) in known().items():
        cells = [said.get((name, *column), "not run" if fits(column, *where) else "-") for column in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {about} |")
    return "\n".join(lines) + "\n"


def summary(runs):
    """In words: how much of the table has been run, and what failed or said something."""
    rows = [row for run in runs for row in run["rows"]]
    cells = sum(fits(column, *where) for _, *where in known().values() for column in COLUMNS)
    failed = [row for row in rows if row["trouble"]]
    lines = [f"{len(rows)} of {cells} cells have been run; {len(failed)} of them failed."]
    lines += [f"- {', '.join(cell(row))} FAILED: {row['trouble']}" for row in failed]
    lines += [f"- {', '.join(cell(row))}: {row['said']}" for row in rows if row.get("said") and not row["trouble"]]
    return "\n".join(lines) + "\n"


def about(run):
    return f"{run['date']}, commit {run['commit']}, {run['nodes']} compute nodes, {run['versions']}"


def commands(runs):
    """The command lines that Nova sent in these runs, with their counts."""
    counts = {}
    for run in runs:
        for command, number in run["commands"].items():
            counts[command] = counts.get(command, 0) + number
    return "".join(f"{number:6} {command}\n" for command, number in sorted(counts.items()))


def text(runs):
    numbered = "".join(f"{number}. {about(run)}\n" for number, run in enumerate(runs, 1))
    return f"{summary(runs)}\n{table(runs)}\nThe runs:\n\n{numbered}\n" \
           f"Command lines that Nova sent in them, with their counts, except in runs that were broken off:\n\n```\n{commands(runs)}```\n"


def keep(place, run):
    """Puts the run into place/results.json, and place/RESULTS.md."""
    path = place / "results.json"
    runs = merge(json.loads(path.read_text(encoding="utf-8")) if path.exists() else [], run)
    path.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    (place / "RESULTS.md").write_text(HEAD + text(runs), encoding="utf-8")
