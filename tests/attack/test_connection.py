# SPDX-License-Identifier: Apache-2.0
"""A client that goes away, says nothing, does not read, or comes in crowds. Held by: the supervisor, which
ends its child when the peer is gone; the tree fixture fails when a process of nova's is left."""

import os
import signal
import subprocess
import time

import pytest

from testbed import login
from testbed.fixtures import needs_root
from testbed.node import child_of
from testbed.tree import COMING, EMPTY, IMAGE, PROBE

SFTP = "/usr/lib/openssh/sftp-server"


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def lines(tree):
    return {
        "sftp": SFTP,
        "scp -t": "scp -r -t " + tree.at(COMING),
        "scp -f": "scp -f " + tree.at("_base", IMAGE),
        "push": "rsync --server -rSe.iLsfxCIvu . " + tree.at(COMING, "disk"),
        "pull": "rsync --server --sender -rSe.iLsfxCIvu . " + tree.at("_base", IMAGE),
        "create": "rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . /",
        "remove": "rsync --server -logDtpre.iLsfxCIvu --delete . " + tree.root,
        "empty": "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . " + tree.at(COMING),
    }


NAMES = ("sftp", "scp -t", "scp -f", "push", "pull", "create", "remove", "empty")


@needs_root
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ("closed", "killed", "terminated"))
def test_a_session_that_is_cut(node, tree, name, how):
    """closed: the pipes, as when sshd dies; killed, terminated: the shell itself."""
    tree.make_directory(tree.at(COMING))
    before = node.snapshot()
    mark = node.syslog.mark()
    shell = node.start(lines(tree)[name])
    child_of(shell.pid)
    if how == "closed":
        for pipe in (shell.stdin, shell.stdout, shell.stderr):
            pipe.close()
    else:
        shell.send_signal(signal.SIGKILL if how == "killed" else signal.SIGTERM)
    shell.wait(10)
    wait_until(lambda: node.processes() == {})
    if how != "killed":
        assert len([each for each in node.records(mark) if each["event"] == "done"]) == 1
        assert node.snapshot() == before


@needs_root
@pytest.mark.parametrize("program", ("rsync", "scp", "sftp"))
def test_a_connection_that_is_cut_in_the_middle(node, tree, peer, program):
    """The ssh client is killed while data flows: sshd hangs up on the shell."""
    tree.make_directory(tree.at(COMING))
    source = peer.write("big", b"")
    os.truncate(source, 4 << 30)
    target = "node:" + tree.at(COMING, "disk")
    arguments = {
        "rsync": ["rsync", "-r", "--sparse", source, target],
        "scp": ["scp", "-O", "-l", "200000", source, target],
        "sftp": ["scp", "-l", "200000", source, target],
    }[program]
    client = peer.popen(login.LOGIN_SHELL, arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                        start_new_session=True)
    wait_until(lambda: len(os.listdir(tree.at(COMING))) > 0)
    os.killpg(client.pid, signal.SIGKILL)
    client.wait()
    client.stdin.close()
    wait_until(lambda: node.processes() == {}, 15)


@needs_root
def test_a_client_that_does_not_read(node, tree, peer):
    """The child blocks on its output; it ends when the client does."""
    shell = node.start("scp -f " + tree.at("_base", IMAGE))
    tree.write(tree.at("_base", "big"), b"x" * (4 << 20))
    other = node.start("scp -f " + tree.at("_base", "big"))
    other.stdin.write(b"\0\0\0\0")
    other.stdin.flush()
    child_of(other.pid)
    for child in (shell, other):
        for pipe in (child.stdin, child.stdout, child.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        child.wait(10)
    wait_until(lambda: node.processes() == {})


@needs_root
def test_a_crowd(node, tree):
    """Two hundred at once: each is answered, and none of them hangs."""
    children = []
    for number in range(200):
        line = ("id", "touch " + tree.at(EMPTY, PROBE), "mkdir -p " + tree.at(COMING), SFTP)[number % 4]
        children.append((line, node.start(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    for line, child in children:
        assert child.wait(60) == (77 if line == "id" else 0), line


@needs_root
def test_a_signal_is_handed_on_at_once(node, tree):
    """Not by SIGKILL, which a child cannot clear up after."""
    mark = node.syslog.mark()
    shell = node.start(SFTP)
    child_of(shell.pid)
    shell.terminate()
    shell.wait(10)  # before its input ends, which ends it too
    shell.communicate()
    assert [record["signal"] for record in node.records(mark) if record["event"] == "done"] == ["15"]
