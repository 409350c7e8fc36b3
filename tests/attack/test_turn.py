# SPDX-License-Identifier: Apache-2.0
"""A peer that does not read what we tell it, while the operations of all peers take turns (shell/turn.h).
Held by: what is done in turn tells the peer nothing; it is told once the turn has been given on."""

import fcntl
import os
import struct

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING
from test_takeover import wait_until

pytestmark = needs_root
PROBE = "0123456789abcdef0123456789abcdef.tmp"
POLL = "7"  # poll(2), as /proc/PID/syscall shows it: shell/say waits for room
F_OFD_SETLK = 37


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
