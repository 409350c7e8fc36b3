# SPDX-License-Identifier: Apache-2.0
"""rssh-nova-send against what it replaces: migrate of four small files against the same steps of Nova's drivers, and
copies of a large file against scp and rsync."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "sender"))

from conftest import Nova, Sender  # noqa: E402
from far import Far  # noqa: E402
from rows import compare  # noqa: E402

ROUNDS = {"full": 7, "short": 1}
MEGABYTES = {"full": 100, "short": 4}
SMALL = ["disk", "disk.config", "disk.eph0", "disk.info"]


def timed(act):
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def in_turn(rounds, theirs, ours):
    """The seconds of both, round by round. Another one begins each round. The first round does not count, because the
    caches are cold."""
    seconds = {theirs: [], ours: []}
    for number in range(rounds + 1):
        for act in (theirs, ours) if number % 2 else (ours, theirs):
            seconds[act].append(act())
    return seconds[theirs][1:], seconds[ours][1:]


def steps_of(transport, near, instance):
    probe = instance / (uuid.uuid4().hex + ".tmp")
    steps = [("create_file", ["127.0.0.1", probe], {}, True)]
    if transport == "rsync":
        steps.append(("remove_file", ["127.0.0.1", probe], {}, False))
    steps.append(("create_dir", ["127.0.0.1", instance], {}, False))
    return steps + [("copy_file", [near / name, "127.0.0.1:%s/%s" % (instance, name)], {}, False)
                    for name in SMALL]


class Migration:
    def __init__(self, far, place, sender, nova):
        self.near, self.root = place / "near", place / "instances"
        self.sender, self.nova = sender, nova
        self.near.mkdir()
        self.root.mkdir()
        for name in SMALL:
            (self.near / name).write_bytes(os.urandom(10000))

    def measure(self, transport, rounds):
        def to_new(act):
            instance = self.root / str(uuid.uuid4())
            seconds = act(instance)
            assert sorted(os.listdir(instance)) == SMALL
            return seconds

        return in_turn(
            rounds,
            lambda: to_new(lambda instance: self.nova.run(
                transport, *steps_of(transport, self.near, instance))),
            lambda: to_new(lambda instance: timed(lambda: self.sender.ok(
                "--transport", transport, "migrate", self.near, "127.0.0.1:%s" % instance))))


class Copy:
    def __init__(self, far, place, sender, megabytes):
        self.disk, self.target, self.sender = place / "large", place / "copied", sender
        with open(self.disk, "wb") as out:
            for _ in range(megabytes):
                out.write(os.urandom(1 << 20))
        remote = "127.0.0.1:%s" % self.target
        self.alone = {
            "ssh": ["/usr/bin/scp", "-q", "-F", far.ssh_config, "-r", self.disk, remote],
            "rsync": ["/usr/bin/rsync", "-e", "/usr/bin/ssh -F %s" % far.ssh_config, "-r", "--sparse",
                      self.disk, remote]}

    def measure(self, transport, rounds):
        def to_new(act):
            self.target.unlink(missing_ok=True)
            os.sync()
            seconds = timed(act)
            assert self.target.stat().st_size == self.disk.stat().st_size
            return seconds

        return in_turn(
            rounds,
            lambda: to_new(lambda: subprocess.run(self.alone[transport], check=True)),
            lambda: to_new(lambda: self.sender.ok("--transport", transport, "--quiet", "--no-compress", "copy",
                                                  self.disk, "127.0.0.1:%s" % self.target)))


def row(what, peer, goal, seconds):
    theirs, ours = ([each * 1e9 for each in side] for side in seconds)
    return compare(what, peer, ours, theirs, "s", goal)


def measure(form):
    rounds, megabytes = ROUNDS[form], MEGABYTES[form]
    place = pathlib.Path(tempfile.mkdtemp(prefix="sender-bench-", dir="/var/tmp"))
    place.chmod(0o755)
    far = Far(place, recording=False)
    far.start()
    nova = Nova(far, place)
    try:
        sender = Sender(far, place)
        migration, copy = Migration(far, place, sender, nova), Copy(far, place, sender, megabytes)
        return [row("rssh-nova-send migrate by %s" % transport, "Nova's driver", "<= 0.25",
                    migration.measure(transport, rounds)) for transport in ("ssh", "rsync")] + \
               [row("rssh-nova-send copy of %d MB" % megabytes, peer, "<= 1.00", copy.measure(transport, rounds))
                for transport, peer in (("ssh", "scp"), ("rsync", "rsync"))]
    finally:
        nova.stop()
        far.stop()
        shutil.rmtree(place)
