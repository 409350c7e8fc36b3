# SPDX-License-Identifier: Apache-2.0
"""A command whose claim is ended between its look at the claim and its act. Held by: the claim is read again behind the
lock, for which a fence waits."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.node import children_of
from testbed.tree import COMING, SEAL

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
    os.removexattr(tree.at(COMING), SEAL)
    return tree.at(COMING)


@pytest.mark.parametrize("line", ("rm {}/disk", "touch {}/new", "mkdir -p {}/new", "rm -rf {}/disk", "scp -t {}/disk"))
def test_it_does_not_act_behind_a_fence(node, large, line):
    """As the fence does: the claim goes, then the lock is taken, and nobody waits any more."""
    saved = os.getxattr(large, claim.ATTRIBUTE)
    met = 0
    for _ in range(20):
        mark = node.syslog.mark()
        command = node.start(line.format(large))
        directory = os.open(large, os.O_RDONLY | os.O_DIRECTORY)
        with stopped_at_its_look(command, large + "/z"):
            between = locks(directory)
            if between:
                os.removexattr(large, claim.ATTRIBUTE)
            before = state(large)
            os.close(directory)
        command.communicate()
        if between:
            expect_refused(node, large, before, mark)
            met += 1
        restore(node, large, saved)
        if met == 3:
            break
    assert met > 0, "none was met between its look and its lock"


def expect_refused(node, large, before, mark):
    assert state(large) == before
    assert [each["reason"] for each in node.records(mark) if each["event"] == "decide"][-1:] == ["not-claimed"]


UNLINKER = """#include <poll.h>
#include <stdio.h>
#include <unistd.h>
int main(int count, char **words)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/disk", words[count - 1]);
	poll(NULL, 0, 300);
	return unlink(path) != 0;
}
"""
PROGRAM = "/opt/unlinker/rsync"


@pytest.fixture
def unlinker(node):
    """Stands for rsync: deletes the disk in the mirror, as rsync does for its peer."""
    os.makedirs(os.path.dirname(PROGRAM), mode=0o755)
    subprocess.run(["cc", "-x", "c", "-o", PROGRAM, "-"], input=UNLINKER.encode(), check=True)
    claim.configure(node, more="[programs]\nrsync = %s\n" % PROGRAM)
    yield
    shutil.rmtree(os.path.dirname(PROGRAM))


def test_stream_does_not_act_behind_a_fence(node, large, unlinker):
    """When rsync has ended, we look at the claim again, and do what it did to the mirror."""
    saved = os.getxattr(large, claim.ATTRIBUTE)
    met = 0
    for _ in range(20):
        mark = node.syslog.mark()
        command = node.start("rsync --server -logDtpre.iLsfxCIvu --delete . " + large)
        command.stdin.close()
        directory = os.open(large, os.O_RDONLY | os.O_DIRECTORY)
        while command.poll() is None and not is_running(PROGRAM):
            pass
        while is_running(PROGRAM):
            pass
        with stopped_at_its_look(command, large + "/z"):
            between = command.poll() is None and locks(directory)
            if between:
                os.removexattr(large, claim.ATTRIBUTE)
            before = state(large)
            os.close(directory)
        command.stdout.read()
        command.wait()
        if between:
            assert command.returncode == 77
            expect_refused(node, large, before, mark)
            met += 1
        restore(node, large, saved)
        if met == 3:
            break
    assert met > 0, "none was met between its look and its lock"


def is_running(program):
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.readlink(entry.path + "/exe") == program:
                return True
    return False


@contextlib.contextmanager
def stopped_at_its_look(command, path):
    """Stops the command when a process of it has the directory open, which it walks through after it has read the claim;
    not if it ends before. There is no time to sleep in between."""
    pids, found = [], False
    while command.poll() is None and not found:
        pids = [command.pid, *children_of(command.pid)]
        found = any(map(lambda pid: has_open(pid, path), pids))
    for pid in pids if found else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids if found else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def restore(node, large, saved):
    """The directory as it was, claimed, and without a seal, which our changes would break."""
    open(large + "/disk", "ab").close()
    os.chown(large + "/disk", node.uid, node.gid)
    if os.path.isdir(large + "/new"):
        os.rmdir(large + "/new")
    elif os.path.exists(large + "/new"):
        os.unlink(large + "/new")
    os.setxattr(large, claim.ATTRIBUTE, saved)
    with contextlib.suppress(OSError):
        os.removexattr(large, SEAL)


def has_open(pid, path):
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc/%d/fd" % pid):
            with contextlib.suppress(OSError):
                if os.readlink(entry.path) == path:
                    return True
    return False


def locks(directory):
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def state(path):
    return {name: os.stat(os.path.join(path, name)).st_ino for name in os.listdir(path)}
