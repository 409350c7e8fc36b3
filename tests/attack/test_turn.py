# SPDX-License-Identifier: Apache-2.0
"""A peer that does not read what we tell it, while the operations of all peers take turns (shell/turn.h).
Held by: what is done in turn tells the peer nothing; it is told once the turn has been given on."""

import fcntl
import hashlib
import os
import struct

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, LATER
from test_takeover import wait_until

pytestmark = needs_root
PROBE = "0123456789abcdef0123456789abcdef.tmp"
POLL = "7"  # poll(2), as /proc/PID/syscall shows it: shell/say waits for room
F_OFD_SETLK = 37
TURN, SESSIONS_MAX = 1 << 60, 4096
THIRD = "66666666-6666-4666-8666-666666666666"


@pytest.fixture
def full():
    """Both ends of a pipe that has no room."""
    ends = os.pipe()
    os.set_blocking(ends[1], False)
    for size in (4096, 1):
        try:
            while True:
                os.write(ends[1], b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(ends[1], True)
    yield ends
    for end in ends:
        os.close(end)


def is_held_up(node):
    for pid in node.processes():
        try:
            with open("/proc/%d/syscall" % pid) as now:
                if now.read().split()[0] == POLL:
                    return True
        except FileNotFoundError:
            pass
    return False


def turn_is_free(tree):
    """No process has a lock of the file: this one, which counts no session, could only have the turn."""
    with open(tree.at(".rssh-nova.sessions"), "r+b") as file:
        try:
            fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        except BlockingIOError:
            return False
    return True


def lock(file, at, kind=fcntl.F_WRLCK):
    fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhxxxxqqixxxx", kind, os.SEEK_SET, at, 1, 0))


def byte_of_waiting(peer):
    """As shell/slot.c: the first slot of a count of this name."""
    return int.from_bytes(hashlib.sha256(b"waiting " + peer.encode()).digest()[:5], "big") * SESSIONS_MAX


def of_peer(address):
    return {"SSH_CONNECTION": "%s 50000 192.0.2.8 22" % address}


def is_taken(tree, at):
    with open(tree.at(".rssh-nova.sessions"), "r+b") as file:
        try:
            lock(file, at)
        except BlockingIOError:
            return True
        return False


def test_one_process_of_a_peer_waits(node, tree):
    """While one waits for the turn, the others of its peer wait for that one, and do not compete with other peers."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    first, other = "192.0.2.7", "192.0.2.99"
    with open(tree.at(".rssh-nova.sessions"), "r+b") as file:
        lock(file, TURN)
        waiting = node.start("mkdir -p " + tree.at(LATER), environment=of_peer(first))
        assert wait_until(lambda: is_taken(tree, byte_of_waiting(first)), 20)
        assert not is_taken(tree, byte_of_waiting(other))
        lock(file, TURN, fcntl.F_UNLCK)
        assert waiting.wait(20) == 0
        waiting.communicate()
        assert not is_taken(tree, byte_of_waiting(first))
        lock(file, byte_of_waiting(first))
        held_up = node.start("rm -rf " + tree.at(LATER), environment=of_peer(first))
        assert wait_until(lambda: is_held_up(node), 20)
        expect_done(node, node.run("mkdir -p " + tree.at(THIRD), environment=of_peer(other)))
        assert held_up.poll() is None and os.path.isdir(tree.at(LATER))
    assert held_up.wait(20) == 0 and not os.path.exists(tree.at(LATER))
    held_up.communicate()


def test_a_peer_that_reads_nothing_keeps_nobody_waiting(node, tree, full):
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING, PROBE)))
    shell = node.start("touch " + tree.at(COMING, PROBE), stderr=full[1])
    assert wait_until(lambda: is_held_up(node), 20)
    free = turn_is_free(tree)
    assert is_held_up(node), "it was too fast to be looked at"
    assert free
    assert shell.wait(20) == 1
    shell.communicate()
