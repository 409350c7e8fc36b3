# SPDX-License-Identifier: Apache-2.0
"""Nova's own driver with nova-path first on its PATH, against the same driver without it, and against the physical
limit: the bytes of data over ssh HOST 'cat >FILE' to a plain shell. The other end is rssh-nova."""

import contextlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "sender"))

from conftest import BUILD, CONFIG, Nova  # noqa: E402
from far import Far  # noqa: E402
from meter import Meter  # noqa: E402
from rows import alone, compare  # noqa: E402
from sender import timed  # noqa: E402

MIB = 1 << 20
# The disk, its bytes of data, zeros behind them and size in MiB, whether Nova compresses it, rounds, and the goals:
# seconds against Nova's driver, seconds against the limit, processor time against the limit.
FULL = [
    ("a sparse raw disk of 4 GiB, 64 MiB of data", 64, 0, 4096, True, 2, "<= 0.033", "<= 1.30", None),
    ("the same, not compressed", 64, 0, 4096, False, 2, "<= 0.033", "<= 1.30", None),
    ("a disk of 4 GiB, of zeros but 64 MiB", 64, 4032, 4096, False, 2, None, None, None),
    ("a dense disk of 400 MB", 400, 0, 400, False, 12, "<= 1.00", "<= 1.05", "<= 1.15"),
    ("a qcow2 of 1 GB", 1000, 0, 1000, False, 5, "<= 1.00", "<= 1.05", "<= 1.15"),
]
SHORT = [("a sparse disk of 64 MiB", 2, 0, 64, False, 1, None, None, None)]
FILES = {"full": 200, "short": 5}
ROUNDS = {"full": 5, "short": 1}
SETTLE_SECONDS = 0.2  # until the far end has ended, too
SHELL = """case $SSH_ORIGINAL_COMMAND in cat\\ *) exec /bin/sh -c "$SSH_ORIGINAL_COMMAND";; esac
exec {program} --config {config}
"""


class Bench:
    def __init__(self, place):
        self.meter = Meter()
        self.place, self.near, self.root = place, place / "near", place / "instances"
        self.near.mkdir()
        self.root.mkdir()
        config = place / "rssh-nova.conf"
        config.write_text(CONFIG.format(root=self.root))
        self.far = Far(place)
        self.far.start()
        self.far.be(SHELL.format(program=shlex.quote(str(BUILD / "rssh-nova")), config=shlex.quote(str(config))))
        (place / "with").mkdir()
        self.ours, self.theirs = Nova(self.far, place / "with", BUILD / "nova-path"), Nova(self.far, place)

    def create_instance(self):
        """A claimed one. Nothing but rssh-nova may change files in it, or the claim ends."""
        instance = self.root / str(uuid.uuid4())
        self.theirs.run("ssh", ("create_dir", ["127.0.0.1", instance], {}, False))
        return instance

    def close(self):
        self.ours.stop()
        self.theirs.stop()
        self.far.stop()
        self.meter.close()

    def disk(self, data, zeros, size):
        """Data in pieces of a MiB, spread over what are holes otherwise, or before zeros that are written."""
        path = self.near / "disk"
        with open(path, "wb") as out:
            for number in range(data):
                if zeros == 0:
                    out.seek(number * (size // data) * MIB)
                out.write(os.urandom(MIB))
            for _ in range(zeros):
                out.write(bytes(MIB))
            out.truncate(size * MIB)
        return path

    def raw(self, data):
        path = self.near / "data"
        with open(path, "wb") as out:
            for _ in range(data):
                out.write(os.urandom(MIB))
        return path

    def limit(self, data):
        def act(instance):
            words = ["/usr/bin/ssh", "-F", self.far.ssh_config, "127.0.0.1", "cat >%s" % (instance / "data")]
            with open(data, "rb") as source:
                return timed(lambda: subprocess.run(words, stdin=source, check=True))
        return act

    def in_turn(self, rounds, *acts, check=lambda instance: None):
        """Runs each act in an instance of its own, and then check, which is not measured. Returns the seconds and the
        processor time of each act, both in nanoseconds. Another act begins each round."""
        seconds, processor = [[] for _ in acts], [[] for _ in acts]
        for number in range(rounds):
            order = list(range(len(acts)))
            for index in order if number % 2 else reversed(order):
                instance = self.create_instance()
                os.sync()
                self.far.cut()
                before = self.meter.nanoseconds()
                seconds[index].append(acts[index](instance) * 1e9)
                time.sleep(SETTLE_SECONDS)
                processor[index].append(self.meter.nanoseconds() - before)
                check(instance)
                shutil.rmtree(instance)
        return seconds, processor

    def copy(self, what, data, zeros, size, compress, rounds, goal, limit_goal, processor_goal):
        source = self.disk(data, zeros, size)
        allocated = []

        def by(client):
            return lambda instance: client.run(
                "ssh", ("copy_file", [source, "127.0.0.1:%s/disk" % instance], {"compression": compress}, False))

        def check(instance):
            """The limit's file has another name."""
            target = instance / "disk"
            if target.exists():
                assert subprocess.run(["cmp", source, target], check=False).returncode == 0
                allocated.append(os.stat(target).st_blocks * 512 / MIB)
        seconds, processor = self.in_turn(rounds, by(self.theirs), self.limit(self.raw(data)), by(self.ours),
                                          check=check)
        assert len(allocated) == 2 * rounds
        theirs, limit, ours = seconds
        rows = [compare("nova-path: " + what, "Nova's scp", ours, theirs, "s", goal),
                compare("nova-path: " + what, "ssh cat", ours, limit, "s", limit_goal)]
        if self.meter.works:
            rows += [compare("processor time of that", "Nova's scp", processor[2], processor[0], "s"),
                     compare("processor time of that", "ssh cat", processor[2], processor[1], "s", processor_goal)]
        if size > data:
            rows.append(alone("allocated at the far end", min(allocated), "MiB", len(ours), "<= %d" % (data * 1.25)))
        for path in self.near.iterdir():
            path.unlink()
        return rows

    def files(self, count, rounds):
        tree = self.near / "files"
        tree.mkdir()
        for number in range(count):
            (tree / ("%03d" % number)).write_bytes(os.urandom(4096))
        data = self.near / "data"
        data.write_bytes(os.urandom(4096 * count))

        def by(client):
            def act(instance):
                took = client.run("ssh", ("copy_file", [tree, "127.0.0.1:%s" % instance], {"compression": False}, False))
                assert len(os.listdir(instance / "files")) == count
                return took
            return act

        (theirs, limit, ours), _ = self.in_turn(rounds, by(self.theirs), self.limit(data), by(self.ours))
        what = "nova-path: %d files of 4 KiB" % count
        return [compare(what, "Nova's scp", ours, theirs, "s", "<= 1.00"), compare(what, "ssh cat", ours, limit, "s")]

    def migration(self, rounds):
        """The remote commands of migrate_disk_and_power_off, sent by Nova's own driver."""
        names = ["disk", "disk.config", "disk.eph0", "disk.info"]
        for path in self.near.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name in names:
            (self.near / name).write_bytes(os.urandom(10000))

        def by(client):
            def act(_):
                instance = self.root / str(uuid.uuid4())
                took = client.run(
                    "ssh", ("create_file", ["127.0.0.1", instance / (uuid.uuid4().hex + ".tmp")], {}, True),
                    ("create_dir", ["127.0.0.1", instance], {}, False),
                    *[("copy_file", [self.near / name, "127.0.0.1:%s/%s" % (instance, name)], {"compression": False},
                       False) for name in names])
                assert sorted(os.listdir(instance)) == names
                return took
            return act
        (theirs, ours), _ = self.in_turn(rounds, by(self.theirs), by(self.ours))
        return [compare("nova-path: a migration of four small files", "Nova's scp", ours, theirs, "s", "<= 0.33")]


@contextlib.contextmanager
def bench():
    place = pathlib.Path(tempfile.mkdtemp(prefix="nova-bench-", dir="/var/tmp"))
    place.chmod(0o755)
    made = Bench(place)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(place)


def measure(form):
    with bench() as made:
        rows = made.migration(ROUNDS[form])
        for row in FULL if form == "full" else SHORT:
            rows += made.copy(*row)
        return rows + made.files(FILES[form], ROUNDS[form])
