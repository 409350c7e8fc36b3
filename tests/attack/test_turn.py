"""A peer that does not read what we tell it, while the operations of all peers take turns (shell/turn.h).
Held by: what is done in turn tells the peer nothing; it is told once the turn has been given on."""

import os

import pytest

from bed import claim
from bed.audit import expect_done
from bed.fixtures import needs_root
from bed.tree import COMING, LATER
from test_takeover import wait_until

pytestmark = needs_root
PROBE = "0123456789abcdef0123456789abcdef.tmp"
OTHER = {"SSH_CONNECTION": "192.0.2.9 50000 192.0.2.8 22"}
WRITES_AN_ERROR = ["1", "0x2"]  # write(2) to descriptor 2, as /proc/PID/syscall shows it


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
                if now.read().split()[:2] == WRITES_AN_ERROR:
                    return True
        except FileNotFoundError:
            pass
    return False


def test_a_peer_that_reads_nothing_keeps_nobody_waiting(node, tree, full):
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING, PROBE)))
    shell = node.start("touch " + tree.at(COMING, PROBE), stderr=full[1])
    assert wait_until(lambda: is_held_up(node), 20)
    expect_done(node, node.run("mkdir -p " + tree.at(LATER), OTHER))
    assert is_held_up(node)
    os.read(full[0], 65536)
    assert shell.wait(20) == 1
    shell.communicate()
