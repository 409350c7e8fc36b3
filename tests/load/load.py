# SPDX-License-Identifier: Apache-2.0
"""load: many sessions at once through a real sshd, and what must be so when they have ended.

RSSH_NOVA_LOAD=long asks for the whole size; RSSH_NOVA_FIGURES names a file for the figures.
"""

import collections
import fcntl
import os
import queue
import random
import shutil
import statistics
import struct
import subprocess
import threading
import time
import uuid

from testbed import login
from testbed.tree import IMAGE, LOCKS, PROBE

LONG = os.environ.get("RSSH_NOVA_LOAD") == "long"
WAY = login.LOGIN_SHELL
F_OFD_GETLK = 36
SSH = ["ssh", "-T", "node"]
ALL_FROM_ONE = "[limits]\npeer_sessions = 0\n"  # one peer stands for many


def sized(whole, quick):
    return whole if LONG else quick


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def descriptors():
    """Open in the whole system."""
    with open("/proc/sys/fs/file-nr") as file:
        return int(file.read().split()[0])


def is_locked(path):
    """Does any session hold a place?"""
    with open(path, "r+b") as file:
        lock = struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(file, F_OFD_GETLK, lock)
    return struct.unpack("hh", answer[:4])[0] != fcntl.F_UNLCK


def expect_nothing_left(node, seconds=20):
    """No process, no mirror, no place among the sessions, nothing half made."""
    wait_until(lambda: node.processes() == {}, seconds, lambda: "left running: %r" % node.processes())
    mirrors = [path for path in node.litter() if "/rssh-nova." in path]
    assert mirrors == []
    names = [name for name in os.listdir(node.tree.root) if name.startswith(".rssh-nova.") and name != LOCKS]
    assert names == []
    assert not is_locked(node.tree.at(LOCKS)), "a place among the sessions was not given back"


def expect_pairs(records):
    """Each command that was allowed has one decide record of its own and one done record. Gives the done ones."""
    allowed = {record["ref"] for record in records if record.get("verdict") == "allow"}
    done = collections.Counter(record["ref"] for record in records if record["event"] == "done")
    assert allowed == set(done), (allowed ^ set(done))
    assert set(done.values()) <= {1}
    return [record for record in records if record["event"] == "done"]


class Session:
    """One client of the peer's, and how it ended."""

    def __init__(self, peer, words, more=None, **keywords):
        self.words, self.begun = words, time.monotonic()
        self.child = peer.popen(WAY, words, more, stdin=subprocess.DEVNULL, **keywords)

    def end(self, timeout=300):
        self.out, self.err = self.child.communicate(timeout=timeout)
        self.took = time.monotonic() - self.begun
        self.status = self.child.returncode
        return self


class Instance:
    """What a peer does with one instance, in order, each step a session of its own; both transports, every form."""

    def __init__(self, peer, tree, number, size):
        self.peer, self.path, self.rsync = peer, self.path_of(tree, number), number % 2 == 1
        self.uuid = os.path.basename(self.path)
        self.image = tree.at("_base", IMAGE)
        self.tree = tree
        self.stage = peer.path("stage-%d" % number)
        shutil.rmtree(self.stage, ignore_errors=True)
        self.data = random.Random(number).randbytes(size) + b"\0" * size
        for name in ("disk", "again"):
            peer.write(os.path.join(self.stage, name), self.data)
        for name in ("empty", "up" + self.path):
            os.makedirs(os.path.join(self.stage, name))
        probe = os.path.join(self.stage, "up" + self.path, PROBE)
        open(probe, "w").close()
        subprocess.run(["chown", "-R", "%d:%d" % (peer.uid, peer.gid), self.stage], check=True)

    @staticmethod
    def path_of(tree, number):
        return tree.at(str(uuid.UUID(int=number + (0xaaaa << 112))))

    def steps(self):
        """(words, what must be so afterwards): as Nova's drivers call them."""
        disk, image = os.path.join(self.stage, "disk"), os.path.join(self.stage, "image")
        far, archive = "node:" + self.path, ["rsync", "--archive"]
        up, empty = os.path.join(self.stage, "up") + "/./", os.path.join(self.stage, "empty") + "/"
        make = ["--relative", "--no-implied-dirs"]
        if self.rsync:
            probe = ["--delete", "--include=" + PROBE, "--exclude=*", empty, far]
            yield [*archive, *make, up + self.path[1:], "node:/"], None
            yield [*archive, *make, up + self.path[1:] + "/" + PROBE, "node:/"], None
            yield archive + probe, None
        else:
            yield SSH + ["mkdir -p " + self.path], None
            yield SSH + ["touch %s/%s" % (self.path, PROBE)], None
            yield SSH + ["rm %s/%s" % (self.path, PROBE)], None
        yield ["rsync", "-r", "--sparse", "--compress", disk, far + "/disk"], self.has("disk")
        yield ["scp", disk, far + "/disk.scp"], self.has("disk.scp")
        yield ["scp", "-O", "-r", disk, far + "/disk.old"], self.has("disk.old")
        yield ["rsync", "-r", "--sparse", "node:" + self.image, image], self.got(image)
        yield ["scp", "node:" + self.image, image], self.got(image)
        yield ["scp", "-O", "node:" + self.image, image], self.got(image)
        if self.rsync:
            yield [*archive, "--delete-excluded", empty, far], self.is_empty
            yield [*archive, "--delete", "--include=" + self.uuid, "--exclude=*", empty,
                   "node:" + self.tree.root], self.is_gone
        else:
            yield SSH + ["rm -rf %s/disk.old" % self.path], None
            yield SSH + ["rm -rf " + self.path], self.is_gone

    def has(self, name):
        def check():
            assert content(os.path.join(self.path, name)) == self.data
        return check

    def got(self, path):
        def check():
            assert content(path) == content(self.image)
            os.unlink(path)
        return check

    def is_empty(self):
        assert os.listdir(self.path) == []

    def is_gone(self):
        assert not os.path.lexists(self.path)


STEPS = 11


class Crowd:
    """Works off jobs, so many at once; what fails is kept."""

    def __init__(self, at_once):
        self.at_once, self.failures, self.took = at_once, [], collections.defaultdict(list)
        self.statuses = collections.Counter()

    def run(self, jobs, work):
        waiting = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        threads = [threading.Thread(target=self.work_off, args=(waiting, work)) for _ in range(self.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def work_off(self, waiting, work):
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                work(self, job)
            except Exception as error:  # told by whoever started the crowd
                self.failures.append("%s: %r" % (getattr(job, "uuid", job), error))


class Watch:
    """Looks now and then at every shell that runs: its own memory and its descriptors."""

    def __init__(self, node):
        self.node, self.over, self.seen, self.most = node, False, [], 0
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over:
            now, shells = time.monotonic(), 0
            for pid, line in self.node.processes().items():
                if not line.startswith(("rssh-nova", "-rssh-nova", self.node.shell)):
                    continue
                shells += 1
                try:
                    with open("/proc/%d/smaps_rollup" % pid) as rollup:
                        sizes = dict(each.split(":", 1) for each in rollup.read().splitlines()[1:])
                    private = sum(int(sizes["Private_" + kind].split()[0]) for kind in ("Clean", "Dirty"))
                    self.seen.append((now, private, len(os.listdir("/proc/%d/fd" % pid))))
                except (OSError, KeyError, ValueError):
                    pass
            self.most = max(self.most, shells)
            time.sleep(0.25)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def figures(self):
        return {
            "shells at once, at most": self.most,
            "private KiB, median": statistics.median(each[1] for each in self.seen),
            "private KiB, at most": max(each[1] for each in self.seen),
            "descriptors, at most": max(each[2] for each in self.seen),
        }
