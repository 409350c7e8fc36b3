# SPDX-License-Identifier: Apache-2.0
"""One of our processes is killed: sshd lets a client do that to a shell that is not forced (SSH's "signal KILL"), and
so may the OOM killer. Held by: the keeper and the supervisor, each of which ends the child when the other dies."""

import os
import random
import signal
import time

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.node import children_of
from testbed.tree import COMING
from rsync_client import REMOVE
from test_takeover import (  # noqa: F401  fixtures
    FORMS, mirrors, said, takeover, wait_until, what_others_left)

pytestmark = needs_root
WALLS = ("required", "off")
SOON = 3  # seconds; it takes milliseconds, unless the machine has other work


def family(node, shell):
    """The processes by what they are: the keeper, the supervisor, the child, and its other half if it has one."""
    found, pids = {}, [shell.pid]
    for name in ("keeper", "supervisor", "child", "half"):
        if pids:
            found[name], = pids
            pids = children_of(found[name])
    assert set(found.values()) == set(node.processes())
    return found


def size_of(path):
    return os.stat(path).st_size if os.path.exists(path) else 0


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("whom", ("keeper", "supervisor", "child"))
def test_nothing_outlives_any_of_them(node, takeover, form, wall, whom):  # noqa: F811
    takeover.configure(wall)
    mark = node.syslog.mark()
    shell = takeover.start(form, "beat")
    assert said(shell) == "beating"
    pids = family(node, shell)
    assert ("half" in pids) == (FORMS[form][1] in "RM")
    os.kill(pids[whom], signal.SIGKILL)
    assert wait_until(lambda: node.processes() == {}, SOON)
    beaten = size_of(takeover.own + "/beats")
    status = shell.wait(5)
    # If its beats are in the mirror of rsync-remove already, they are refused, and a refusal ends with its status.
    assert status == -signal.SIGKILL or (status == 77 and (whom, form) == ("child", "rsync-remove"))
    dones = [record for record in node.records(mark) if record["event"] == "done"]
    assert [record["signal"] for record in dones] == ["9"]
    assert size_of(takeover.own + "/beats") == beaten
    assert mirrors(node) == []


def test_the_child_does_not_outlive_both(node, takeover):  # noqa: F811
    """As when memory ends. There is nobody left to record it."""
    takeover.configure("off")
    shell = takeover.start("scp-to", "beat")
    assert said(shell) == "beating"
    pids = family(node, shell)
    os.kill(pids["keeper"], signal.SIGSTOP)
    for whom in ("supervisor", "keeper"):
        os.kill(pids[whom], signal.SIGKILL)
    assert wait_until(lambda: node.processes() == {}, SOON)


@pytest.mark.parametrize("whom", ("keeper", "supervisor", "child"))
def test_a_removal_that_is_killed_is_recorded(node, tree, whom):
    """A pipe that nobody reads holds rm -rf up: it complains of each file that it may not remove."""
    node.write_config()
    for number in range(2000):
        tree.write(tree.at(COMING, "d%d/file" % number), b"x")
        os.chown(tree.at(COMING, "d%d" % number), 0, 0)
    mark = node.syslog.mark()
    shell = node.start("rm -rf " + tree.at(COMING))
    assert wait_until(lambda: len(node.processes()) == 3, 5)
    pids = family(node, shell)
    os.kill(pids[whom], signal.SIGKILL)
    assert wait_until(lambda: node.processes() == {}, SOON)
    assert shell.wait(5) == -signal.SIGKILL
    shell.communicate()
    assert [record["signal"] for record in node.records(mark) if record["event"] == "done"] == ["9"]


def test_a_client_cannot_kill_the_supervisor(node, takeover):  # noqa: F811
    """sshd sends the signal to the process group of the shell that it started."""
    mark = node.syslog.mark()
    shell = takeover.start("rsync-push", "beat")
    assert said(shell) == "beating"
    pids = family(node, shell)
    assert os.getpgid(shell.pid) not in {os.getpgid(pids[name]) for name in ("supervisor", "child", "half")}
    os.killpg(os.getpgid(shell.pid), signal.SIGKILL)
    assert wait_until(lambda: node.processes() == {}, SOON)
    assert [record["signal"] for record in node.records(mark) if record["event"] == "done"] == ["9"]


@pytest.mark.parametrize("wall", ("auto", "off"))
def test_one_that_is_killed_before_its_program_starts_is_recorded(node, tree, wall):
    """While names are put into the mirror."""
    claim.configure(node, more="[sandbox]\nnamespaces = %s\n" % wall)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    for number in range(4000):
        with open(tree.at(COMING, "f%04d" % number), "wb"):
            pass
        os.chown(tree.at(COMING, "f%04d" % number), node.uid, node.gid)
    tree.seal(tree.at(COMING))
    lost = 0
    for _ in range(2):
        mark = node.syslog.mark()
        shell = node.start(REMOVE.format(tree.at(COMING)))
        assert wait_until(lambda: any(r["event"] == "decide" for r in node.syslog.settled(mark)), 5)
        os.kill(shell.pid, signal.SIGKILL)
        shell.communicate()
        assert wait_until(lambda: node.processes() == {}, 5)
        lost += [r["status"] == "0" for r in node.records(mark) if r["event"] == "done"] != [False]
    assert (lost, mirrors(node)) == (0, [])


def test_any_command_that_is_killed_at_its_start_is_recorded(node, tree):
    """At any moment of its first milliseconds, with its process group, as sshd kills."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    decided = lost = 0
    for _ in range(100):
        mark = node.syslog.mark()
        shell = node.start("rsync --server -rSe.iLsfxCIvu . " + tree.at(COMING, "disk"))
        end = time.monotonic() + random.uniform(0.001, 0.025)
        while time.monotonic() < end:
            pass
        os.killpg(shell.pid, signal.SIGKILL)
        shell.communicate()
        assert wait_until(lambda: node.processes() == {}, 5)
        records = node.records(mark)
        decides = [record for record in records if record["event"] == "decide"]
        decided += len(decides)
        lost += len(decides) > len([record for record in records if record["event"] == "done"])
    assert lost == 0, "%d of %d" % (lost, decided)
