# SPDX-License-Identifier: Apache-2.0
"""Where the time of a builtin command goes: see stages.c. Each row is what a part adds to the median of the part
before. All alternate in one run."""

import os
import shutil
import statistics
import subprocess
import sys

from place import CONNECTION, Place
from rows import alone

ROUNDS = {"full": 400, "short": 5}
PARTS = [
    "settle: descriptors, signals, limits",
    "request, configuration, roots",
    "syslog: connecting",
    "decision, with the claim",
    "syslog: the first record",
    "Landlock",
    "seccomp",
    "the act, the second record, the end",
]


def see_each_stop(node, stages, line):
    """A stage that is never reached would count as the whole."""
    for number, path in enumerate(stages[:-1], 1):
        done = subprocess.run([path, "-c", line], check=False, user=node.uid, group=node.gid,
                              env={"STAGE_STATUS": "99", "SSH_CONNECTION": CONNECTION})
        if done.returncode != 99:
            sys.exit("bench: %s does not stop where stages.c says" % path)


def measure(form):
    with Place() as place:
        line = "mkdir -p " + place.instance
        folder = os.path.dirname(place.node.shell)
        stages = [os.path.join(folder, "stage%d" % number) for number in range(1, len(PARTS) + 1)]
        for path in stages:
            shutil.copy(place.program("stages"), path)
        see_each_stop(place.node, stages, line)
        took = place.alternate(ROUNDS[form], [place.program("empty")], *([path, "-c", line] for path in stages))
        medians = [statistics.median(ns) / 1e3 for ns in took]
        rows = [alone("start-up: spawn, exec and end of an empty program", medians[0], "us", len(took[0]))]
        for part, before, now in zip(PARTS, medians, medians[1:]):
            rows.append(alone("start-up: " + part, now - before, "us", len(took[0])))
        return rows
