# SPDX-License-Identifier: Apache-2.0
"""race: one form raced against swaps of what it names.

A place of its path becomes a link, another directory, a FIFO or nothing, and itself again, thousands of times a
second, by a process of nova's own on another processor (swap.c); meanwhile the shell is started again and again
(rounds.c). RSSH_NOVA_RACE_ROUNDS is the number of rounds for each form, RSSH_NOVA_FIGURES a file for the
figures.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass

from testbed import claim
from testbed.tree import COMING, LOCKS, PROBE, TENANT, changes

SECRET = "what-only-others-have"
FOREIGN = TENANT  # brought by another peer
PEER, OTHER = "192.0.2.7", "192.0.2.9"
ENVIRONMENT = {"SSH_CONNECTION": PEER + " 50000 192.0.2.8 22"}
ROUNDS = int(os.environ.get("RSSH_NOVA_RACE_ROUNDS", "0"))
LEAST = 0.01  # of a form's rounds, that must have been done and must have failed: else nothing raced
MET = 0.05  # of the rounds, that must have met a swap; on a machine that does nothing else nearly all do

# Every wall; then those alone that do not know claims and namespaces.
WALLS = {
    "all": "[claims]\nmode = enforce\n[sandbox]\nnamespaces = auto\n",
    "bare": "[claims]\nmode = off\n[sandbox]\nnamespaces = off\n",
    "claimed": "[claims]\nmode = enforce\n[sandbox]\nnamespaces = off\n",
}


@dataclass
class Place:
    """What is swapped, below the instances root: what it is by itself, and where in the outside tree a link to it
    would lead."""

    path: str
    real: str  # "file", "directory", or "any", which acts make
    beside: str


U = COMING
PLACES = {
    "instance": Place(U, "any", ""),
    "parent": Place(U + "/d", "directory", "/d"),
    "leaf": Place(U + "/d/file", "file", "/d/file"),
    "leaf-directory": Place(U + "/d/a", "any", "/d/a"),
    "probe": Place(U + "/" + PROBE, "any", "/" + PROBE),
    "cache": Place("_base", "directory", ""),
    "cache-parent": Place("_base/d", "directory", "/d"),
    "cache-leaf": Place("_base/d/file", "file", "/d/file"),
    "kernel": Place(U + "/kernel", "file", "/kernel"),
}


class Outside:
    """The trees that nothing may happen to, and those that take the place of what is swapped."""

    def __init__(self, node, tree):
        self.node, self.tree = node, tree
        self.canary = node.home + "/outside"
        self.wings = node.home + "/wings"
        for top in (self.canary, tree.at(FOREIGN)):
            self.plant(top)
        os.mkdir(self.wings, 0o755)
        tree.own(self.wings)
        self.counter = os.path.join(self.wings, "counter")
        tree.write(self.counter, b"\0" * 8)
        claim.write(tree.at(FOREIGN), "1 %d %d %s -" % (*claim.of_now(), OTHER))

    def plant(self, top):
        """All names that an act asks for, with what must not be read in them, and in the names."""
        for name in ("file", "disk", "kernel", "d/file", "d/a/b/file", "a/b/file", SECRET, "d/" + SECRET):
            self.tree.write(os.path.join(top, name), SECRET.encode() * 4)
        self.tree.write(os.path.join(top, PROBE))

    def look(self, instance=COMING):
        """Everything but the instance that is being brought, and what counts and remembers."""
        root = self.tree.root
        own = (self.tree.at(instance), self.tree.at("_base"), self.wings, self.tree.at(".rssh-nova"))
        found = {}
        for path, entry in self.node.snapshot().items():
            if path in (root, self.tree.at(LOCKS)) or any((path + "/").startswith(at + "/") for at in own):
                continue
            if path == self.tree.at(FOREIGN):
                entry = dict(entry, ctime=0)  # it trades places, which is a change of itself
            found[path] = dict(entry, attributes=self.attributes(path))
        return found

    @staticmethod
    def attributes(path):
        with contextlib.suppress(OSError):
            return [(name, os.getxattr(path, name, follow_symlinks=False))
                    for name in os.listxattr(path, follow_symlinks=False)]
        return []


def install(node):
    """Both programs, where nova can start them: the build directory may be root's alone."""
    os.makedirs(node.base + "/race", mode=0o755, exist_ok=True)
    for name in ("swap", "rounds", "claims", "takeover"):
        shutil.copy(os.path.join(node.build, "tests/race", name), node.base + "/race")


class Race:
    """Takes a tree that is new; gives figures, and fails when anything outside has changed or come out."""

    def __init__(self, node, tree, peer_programs):
        self.node, self.tree, self.programs = node, tree, peer_programs
        self.build = os.path.join(node.base, "race")
        self.cpus = sorted(os.sched_getaffinity(0))
        tree.rebuild()
        node.write_config(more=WALLS["all"])
        self.outside = Outside(node, tree)
        made = node.run("mkdir -p " + tree.at(U), ENVIRONMENT)
        assert made.status == 0, made.err
        for name in ("d/file", "d/a/b/file", "kernel"):
            tree.write(tree.at(U, name), b"real")
        for name in ("d/file", "file"):
            tree.write(tree.at("_base", name), b"real image")

    def kinds(self, place, trades, clears):
        """What the place becomes in turn. What clears trees away is never shown the machine's own root: where a
        wall is missing it would go through what every user may write there, of other tests too."""
        beside = place.beside
        links = [self.outside.canary + beside, self.tree.at(FOREIGN) + beside, self.node.home if clears else "/"]
        return ["link=" + link for link in links] + [
            "directory=" + self.tree.at(FOREIGN) if trades else "directory", "fifo", "nothing"]

    def start_swaps(self, place, trades, dwell, clears=True):
        words = [self.outside.counter, self.cpus[-1] if len(self.cpus) > 1 else -1, dwell,
                 self.tree.at(place.path), self.outside.wings, place.real, *self.kinds(place, trades, clears)]
        swaps = subprocess.Popen(
            [self.build + "/swap", *map(str, words)], stdout=subprocess.PIPE, text=True, **self.as_nova())
        os.setpriority(os.PRIO_PROCESS, swaps.pid, -10)  # one that waits for the processor swaps nothing
        return swaps

    def as_nova(self):
        return dict(user=self.node.uid, group=self.node.gid, extra_groups=[], cwd="/")

    def start_rounds(self, form, count, job):
        words = [self.build + "/rounds", "-n", count, "-w", self.outside.counter, "-c", self.cpus[0],
                 "-s", SECRET, *form.options(self, job)]
        for command in form.commands(self, job):
            words += ["--", *command]
        environment = dict(ENVIRONMENT, HOME=self.node.home, PATH="/usr/bin:/bin", USER=self.node.user)
        return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, env=environment, **self.as_nova())

    def run_rounds(self, form, count):
        """Through several processes at once where each round mostly waits."""
        drivers = [self.start_rounds(form, -(-count // form.jobs), job) for job in range(form.jobs)]
        said = [driver.communicate(timeout=7200)[0] for driver in drivers]
        assert [driver.returncode for driver in drivers] == [0] * form.jobs
        return total([json.loads(each) for each in said])

    def run(self, form, where, walls, count):
        place = PLACES[where]
        self.node.write_config(more=WALLS[walls])
        before = self.outside.look()
        # Where claims are off, every instance of that name is the one that may be written.
        trades = form.trades and walls != "bare" and place.path == U
        swaps = self.start_swaps(place, trades, form.dwell, form.clears)
        try:
            figures = self.run_rounds(form, count)
        finally:
            swaps.send_signal(signal.SIGTERM)
            said, _ = swaps.communicate(timeout=20)
        figures["swaps"] = json.loads(said)
        changed = changes(before, self.outside.look()) + self.left_over()
        assert changed == [], "\n".join(changed)
        assert figures["seen"] == 0, "something that is another's came out"
        return figures

    def left_over(self):
        """What only lies there for a moment."""
        names = os.listdir(self.tree.root)
        return ["left: " + name for name in names if name.startswith(".rssh-nova.") and name != LOCKS]


ENDS = ("done", "failed", "hung", "killed")


def total(runs):
    """What several runs of the same commands say together."""
    commands = zip(*(run["commands"] for run in runs))
    figures = {key: sum(run[key] for run in runs) for key in ("rounds", "swapped", "seen")}
    figures["commands"] = [{end: sum(each[end] for each in command) for end in ENDS} for command in commands]
    return figures


def expect_a_race(runs):
    """Every kind was swapped in, acts met swaps, and each command came to both ends; at each place one was made to
    fail. runs: {(place, walls): figures}."""
    for where, figures in runs.items():
        assert min(figures["swaps"].values()) > 0, (where, figures)
    for place in {place for place, _ in runs}:
        figures = total([each for where, each in runs.items() if where[0] == place])
        assert all(command["failed"] > 0 for command in figures["commands"]), (place, figures)
    figures = total(runs.values())
    figures["swaps"] = sum(sum(run["swaps"].values()) for run in runs.values())
    assert figures["swapped"] >= MET * figures["rounds"], figures
    for command in figures["commands"]:
        least = max(2, LEAST * sum(command.values()))
        assert command["hung"] == 0 and command["done"] >= least and command["failed"] >= least, figures
    return figures
