# SPDX-License-Identifier: Apache-2.0
"""/dev/log missing, full, slow, or something else. Held by: base/audit: what cannot be recorded is not
done, and nothing waits for ever."""

import os
import socket
import time

import pytest

from testbed.audit import REFUSAL
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, EMPTY, PROBE

SFTP = "/usr/lib/openssh/sftp-server"


def run(node, line):
    """Without the audit, which is not there. Gives status, stderr, seconds."""
    start = time.monotonic()
    child = node.start(line)
    out, err = child.communicate(b"", 30)
    return child.returncode, err, time.monotonic() - start


def expect_not_recorded(node, tree, seconds):
    for line in ("mkdir -p " + tree.at(COMING), "touch " + tree.at(EMPTY, PROBE), SFTP, "id"):
        status, err, took = run(node, line)
        assert status == 78, (line, status, err)
        assert REFUSAL.fullmatch(err).group(1) == b"not-recorded", err
        assert took < seconds, took
    assert not os.path.exists(tree.at(COMING))
    assert os.listdir(tree.at(EMPTY)) == []


def a_file():
    open("/dev/log", "w").close()


def a_directory():
    os.mkdir("/dev/log")


def a_link():
    os.symlink("/nowhere", "/dev/log")


def a_dead_socket():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind("/dev/log")
    os.chmod("/dev/log", 0o666)


def not_ours_to_write():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind("/dev/log")
    os.chmod("/dev/log", 0o600)


@needs_root
@pytest.mark.parametrize("make", (lambda: None, a_file, a_directory, a_link, a_dead_socket, not_ours_to_write),
                         ids=("missing", "file", "directory", "link", "dead", "forbidden"))
def test_no_syslog(node, tree, no_listener, make):
    make()
    expect_not_recorded(node, tree, 10)
    if os.path.isdir("/dev/log"):
        os.rmdir("/dev/log")


@needs_root
def test_a_syslog_that_does_not_read(node, tree, no_listener):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    filler.sendto(b"x" * 1000, "/dev/log")
            expect_not_recorded(node, tree, 20)


@needs_root
def test_a_stream_socket(node, tree, no_listener):
    """Some daemons listen on a stream; a record ends with a NUL there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        listener.listen(5)
        child = node.start("mkdir -p " + tree.at(COMING))
        listener.settimeout(10)
        connection, _ = listener.accept()
        child.communicate(b"", 30)
        text = b""
        connection.settimeout(10)
        while not text.endswith(b"\0") or text.count(b"\0") < 2:
            more = connection.recv(65536)
            assert more != b"", text
            text += more
        connection.close()
    assert child.returncode == 0
    assert [b"event=decide" in part or b"event=done" in part for part in text.split(b"\0")[:2]] == [True, True]


@needs_root
def test_a_syslog_that_is_not_required(node, tree, no_listener):
    """The documented choice of an operator: audit.required = no."""
    node.write_config(more=CLAIMS_OFF + "[audit]\nrequired = no\n")
    assert run(node, "mkdir -p " + tree.at(COMING))[0] == 0
    assert os.path.isdir(tree.at(COMING))
    assert run(node, "id")[0] == 77
