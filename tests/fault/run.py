# SPDX-License-Identifier: Apache-2.0
"""run: one run of a program under a fault, and what must be true of it however it ended."""

import collections
import os
import subprocess
import time

from testbed.tree import LOCKS, changes, snapshot

PATIENCE = 8  # seconds; a run that takes longer hangs: no limit and no grace of the shell lasts so long
GRACE = 5  # seconds for what was killed to be gone

# What a run left to be judged.
Ending = collections.namedtuple("Ending", "status out err records calls left seconds")


def orphans_left():
    """Whether something that the run began is there yet. The tests are the reaper of what it left behind."""
    end = time.monotonic() + GRACE
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            if time.monotonic() > end:
                return True
            time.sleep(0.002)


def children_of_ours():
    with open("/proc/self/task/%d/children" % os.getpid()) as file:
        return [int(word) for word in file.read().split()]


def kill_orphans():
    for pid in children_of_ours():
        os.kill(pid, 9)
    orphans_left()


def plan_faults(calls, faults_of, full, is_known=lambda call: False):
    """(call, errno, how) for each fault to be tried. By default the repetitions of a call in one place are represented
    by the first and the last, and what is known from other runs is left out."""
    places = collections.defaultdict(list)
    for call in calls:
        places[call.role, call.name, call.place].append(call)
    chosen = []
    for of_place in places.values():
        if full:
            chosen += of_place
        elif not is_known(of_place[0]):
            chosen += of_place[:1] + of_place[1:][-1:]
    out = []
    for call in chosen:
        out += [(call, err, how) for err, how in faults_of(call.name, full)]
    return out


def fault_text(call, err, how):
    what = "short" if how else os.strerror(err)
    return "%s in %s+%x (time %d of process %d): %s" % (
        call.name, call.function, call.place, call.nth, call.role, what)


class Tree:
    """What is where nova may write, before and after."""

    def __init__(self, home):
        self.home = home
        self.before = self.look()

    def look(self):
        found = snapshot(self.home, with_content=True)
        return {path: entry for path, entry in found.items() if not path.endswith("/" + LOCKS)}

    def moved(self):
        return changes(self.before, self.look())


def path_of(line):
    return line.split(": ", 1)[0].split(" of ", 1)[-1] if " of " in line else line.split(": ", 1)[1]


def popen_and_wait(start):
    """Starts and waits, no longer than PATIENCE: (status or None, out, err)."""
    child, order = start()
    try:
        out, err = child.communicate(order, PATIENCE)
        return child.returncode, out, err
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        kill_orphans()
        return (None,) + child.communicate()
