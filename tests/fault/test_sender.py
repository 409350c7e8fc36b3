# SPDX-License-Identifier: Apache-2.0
"""Every call into the system that the sender makes fails once, in every operation over each transport, and the run
ends closed. ssh is short-ssh, whose other end is this machine; scp and rsync are real.

By default with one errno, and each call of each place in the first operations that make it; with FAULT=full
in the environment each of all calls, with every errno of book.ERRORS."""

import ctypes
import errno
import os
import shutil
import subprocess
import tempfile
import time

import pytest

from testbed.fixtures import build_directory, needs_root
from testbed.namespace import leave_the_shared_mounts, mount
from testbed.tree import changes, snapshot
from book import Book, Fault, Program, faults_of
from ledger import Ledger, OfAll
from operations import DISK, NAME, OPERATIONS, write
from run import Ending, fault_text, kill_orphans, orphans_left, path_of, plan_faults, popen_and_wait

FULL = os.environ.get("FAULT") == "full"
HANGS_MAX = 3
ENOUGH = 2  # operations in which a call of a function fails, by default
PR_SET_CHILD_SUBREAPER = 36
STATUSES = (0, 1, 2, 69, 77)  # of rssh-nova-send(1)
CONFIG = """\
[programs]
scp = {scp}
rsync = {rsync}
[sender]
retries = 0
connect_timeout = 2s
"""
# Receives as the program does, and tries first to write where it may not.
RECEIVER = """#!/bin/sh
(: >{place}/far/escaped) 2>/dev/null
exec /usr/bin/{name} "$@"
"""
LEFT_IS_SAID = (b"may be left", b"half-made", b"may be incomplete", b"and stays")

pytestmark = needs_root


class Bench:
    def __init__(self, place):
        self.build, self.pid = build_directory(), 0
        self.place = place
        self.program = os.path.join(self.build, "tests/fault/faulty-send")
        self.book = Book(os.path.join(place, "book"), Program(self.program))
        self.config = os.path.join(place, "sender.conf")
        write(os.path.join(place, "nova.conf"), b"[DEFAULT]\nlong = 1,\n  2\n[libvirt]\nremote_filesystem_transport = ssh\n")
        for name in ("scp", "rsync"):
            path = os.path.join(place, name)
            write(path, RECEIVER.format(place=place, name=name).encode())
            os.chmod(path, 0o755)

    def prepare(self, operation):
        for side in ("near", "far"):
            shutil.rmtree(os.path.join(self.place, side), ignore_errors=True)
            os.mkdir(os.path.join(self.place, side))
        for name in operation.near:
            write(os.path.join(self.place, "near", NAME, name), DISK if "." not in name else b"small")
        for name in operation.far:
            write(os.path.join(self.place, "far", NAME, name), DISK)
        where = self.place if operation.pull else "/usr/bin"
        write(self.config, CONFIG.format(scp=where + "/scp", rsync=where + "/rsync").encode())

    def start(self, operation):
        words = operation.words.format(place=self.place, near=self.place + "/near", far=self.place + "/far").split(" ")
        line = [self.program, "--config", self.config, "--transport", operation.transport, "--timeout", "5"] + words

        def start():
            child = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,
                env={"PATH": "/usr/bin:/bin", "HOME": self.place, "FAULT_BOOK": self.book.path})
            self.pid = child.pid
            return child, None
        return start

    def run(self, operation, fault=None):
        self.book.order(fault)
        begun = time.monotonic()
        status, out, err = popen_and_wait(self.start(operation))
        left = orphans_left()
        if left:
            kill_orphans()
        return Ending(status, out, err, [], self.book.calls(), left, time.monotonic() - begun)

    def look(self):
        found = {}
        for side in ("near", "far"):
            found.update(snapshot(os.path.join(self.place, side), with_content=True))
        return found

    def litter(self):
        """What the last run left of its private directories."""
        head = ".rssh-nova-send.%d." % self.pid
        found = [os.path.join(place, name) for place in ("/tmp", os.path.join(self.place, "near"))
                 for name in os.listdir(place) if name.startswith(head)]
        for path in found:
            shutil.rmtree(path, ignore_errors=True)
        return found


@pytest.fixture(scope="module")
def bench():
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    place = tempfile.mkdtemp(prefix="rssh-nova-", dir="/var/tmp")
    leave_the_shared_mounts()
    mount("--bind", os.path.join(build_directory(), "tests/fault/short-ssh"), "/usr/bin/ssh")
    bench = Bench(place)
    yield bench
    bench.book.close()
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def ledger():
    return Ledger()


def without_noise(bench, operation, moved):
    """The changes that are not this operation's to make. Of a directory above, only times change."""
    own = [os.path.join(bench.place, path) for path in operation.changes]
    above = {os.path.dirname(path) for path in own}
    above |= {os.path.join(bench.place, *names) for names in (("near",), ("far",), ("near", NAME))}
    out = []
    for line in moved:
        path = path_of(line)
        if any(path == one or path.startswith(one + "/") for one in own):
            continue
        if path in above and line.startswith(("mtime of", "ctime of", "links of")):
            continue
        out.append(line)
    return out


def is_without_landlock(failed):
    """Was the sender told that the kernel has none? It then receives without a wall: wall.h."""
    return any(call.function == "wall_abi" for call in failed)


def judge(bench, operation, ending, moved):
    litter = bench.litter()
    wrong = []
    if ending.status is None:
        return ["hangs"]
    failed = [call for call in ending.calls if call.failed]
    if litter and not any((call.name, call.function) in MAY_LEAVE for call in failed):
        wrong.append("left %s" % litter)
    if ending.status not in STATUSES:
        wrong.append("status %s" % ending.status)
    if ending.left:
        wrong.append("left a process")
    if os.path.exists(os.path.join(bench.place, "far", "escaped")) and not is_without_landlock(failed):
        wrong.append("received without its wall")
    wrong += ["changed what is not its own: %s" % line for line in without_noise(bench, operation, moved)
              if "far/escaped" not in line and ".rssh-nova-send." not in line]
    done = operation.done(bench.place)
    if ending.status == 0 and not done:
        wrong.append("says that it is done, and it is not")
    if ending.status != 0 and operation.half and not done and not any(word in ending.err for word in LEFT_IS_SAID):
        if os.path.lexists(os.path.join(bench.place, operation.half)):
            wrong.append("leaves a half and does not say so")
    if operation.pull and not done and os.path.lexists(os.path.join(bench.place, "near/pulled")):
        wrong.append("half a file under its name")
    return wrong


# The janitor, a process of its own, deletes the private directory; if one of its few steps fails, nobody
# is left to do it, and what stays is an empty socket's place of mode 0700.
MAY_LEAVE = {
    ("dup2", "janitor_run"), ("open", "janitor_run"), ("chdir", "janitor_run"), ("execve", "janitor_run"),
    ("read", "janitor_run"), ("close_range", "janitor_run"),
}


def sweep(bench, ledger, operation):
    bench.prepare(operation)
    before = bench.look()
    plain = bench.run(operation)
    wrong = ["without a fault: %s" % what for what in judge(bench, operation, plain, changes(before, bench.look()))]
    assert plain.status == operation.status, (plain.status, plain.err, plain.out)
    assert wrong == []
    # Most of a run is the same for every operation: the connection, the private directory, the waiting.
    known = {place for place, names in ledger.places.items() if len(names) >= ENOUGH}
    for call, err, how in plan_faults(plain.calls, faults_of, FULL, lambda call: (call.name, call.place) in known):
        if changes(before, bench.look()):
            bench.prepare(operation)
            before = bench.look()
        ending = bench.run(operation, Fault(call, err, how))
        found = judge(bench, operation, ending, changes(before, bench.look()))
        failed = [one for one in ending.calls if one.failed]
        ledger.add(operation.name, failed, absorbed=ending.status == 0)
        name = fault_text(failed[0] if failed else call, err, how)
        if os.environ.get("FAULT_TALK"):
            print("%.2f" % ending.seconds, name, found, flush=True)
        wrong += ["%s: %s (status %s, %r)" % (name, what, ending.status, ending.err) for what in found]
        if sum("hangs" in what for what in wrong) >= HANGS_MAX:
            return wrong + ["and so on"]
    return wrong


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_it_ends_closed(bench, ledger, operation):
    wrong = sweep(bench, ledger, operation)
    ledger.forms.add(operation.name)
    assert wrong == [], "\n".join(wrong)


def test_a_directory_that_cannot_be_taken_back_is_all_that_is_left(bench):
    """rmdir(2) is called only where fork(2) failed."""
    operation = OPERATIONS[0]
    bench.prepare(operation)
    begun = [call for call in bench.run(operation).calls if call.function == "janitor_start" and call.name == "fork"]
    bench.prepare(operation)
    ending = bench.run(operation, Fault(begun[0], errno.EIO, also="rmdir"))
    assert [call.name for call in ending.calls if call.failed] == ["fork", "rmdir"]
    assert ending.status == 1 and not ending.left and not operation.done(bench.place)
    assert len(bench.litter()) == 1


@pytest.fixture
def build(bench):
    return bench.build


class TestOfAll(OfAll):
    part = "sender"
    forms = OPERATIONS
