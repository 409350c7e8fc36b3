# SPDX-License-Identifier: Apache-2.0
"""A command whose claim is ended between its look at the claim and its act. Held by: the claim is read again behind the
lock, for which a fence waits."""

import fcntl
import os
import time

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING
from test_takeover import wait_until

pytestmark = needs_root
FILES = 15000  # what it takes time to look at


@pytest.fixture
def large(node, tree):
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    tree.write(tree.at(COMING, "disk"), b"disk")
    os.mkdir(tree.at(COMING, "z"))
    for number in range(FILES):
        open(tree.at(COMING, "z", str(number)), "w").close()
    os.chown(tree.at(COMING, "z"), node.uid, node.gid)
    for number in range(FILES):
        os.chown(tree.at(COMING, "z", str(number)), node.uid, node.gid)
    return tree.at(COMING)


@pytest.mark.parametrize("line", ("rm {}/disk", "touch {}/new", "mkdir -p {}/new", "rm -rf {}/disk", "scp -t {}/disk"))
def test_it_does_not_act_behind_a_fence(node, large, line):
    """As the fence does: the claim goes, then the lock is taken, and nobody waits any more."""
    saved = os.getxattr(large, claim.ATTRIBUTE)
    late = 0
    for delay in (0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.032):
        mark = node.syslog.mark()
        command = node.start(line.format(large))
        time.sleep(delay)
        os.removexattr(large, claim.ATTRIBUTE)
        directory = os.open(large, os.O_RDONLY | os.O_DIRECTORY)
        assert wait_until(lambda: locks(directory), 8)
        before = state(large)
        os.close(directory)
        command.communicate()
        assert state(large) == before, delay
        late += [record["reason"] for record in node.records(mark) if record["event"] == "decide"][-1:] == ["not-claimed"]
        open(large + "/disk", "ab").close()
        os.chown(large + "/disk", node.uid, node.gid)
        for name in ("new",):
            if os.path.isdir(large + "/" + name):
                os.rmdir(large + "/" + name)
            elif os.path.exists(large + "/" + name):
                os.unlink(large + "/" + name)
        os.setxattr(large, claim.ATTRIBUTE, saved)
    assert late > 0, "none was met between its look and its act"


def locks(directory):
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def state(path):
    return {name: os.stat(os.path.join(path, name)).st_ino for name in os.listdir(path)}
