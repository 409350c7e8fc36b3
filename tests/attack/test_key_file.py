"""SSH_USER_AUTH naming a file of the client's. sshd sets it only with ExposeAuthInfo, and a node that
lets clients set variables hands theirs through. Held by: what shell/key reads and how."""

import os
import subprocess

import pytest

from bed.audit import expect_done
from bed.fixtures import needs_root
from bed.tree import EMPTY, PROBE


def places(node, tree):
    key = os.path.join(node.ssh_directory, "host_key.pub")
    with open(key) as file:
        line = b"publickey " + file.read().strip().encode() + b"\n"
    inside = tree.at(EMPTY, "auth")
    tree.write(inside, line)
    tree.link(inside, tree.at(EMPTY, "auth-link"))
    os.mkfifo(tree.at(EMPTY, "fifo"))
    tree.own(tree.at(EMPTY, "fifo"))
    tree.write(tree.at(EMPTY, "huge"), b"publickey ssh-ed25519 " + b"A" * 3000000)
    tree.write(tree.at(EMPTY, "binary"), bytes(range(256)) * 20)
    return {
        "a file in an instance": inside, "a link": tree.at(EMPTY, "auth-link"),
        "a fifo": tree.at(EMPTY, "fifo"), "huge": tree.at(EMPTY, "huge"), "zero": "/dev/zero",
        "tty": "/dev/tty", "directory": node.home, "binary": tree.at(EMPTY, "binary"),
        "empty": "", "relative": "x", "missing": "/tmp/no-such-file", "long": "/" + "a" * 5000,
        "passwd": "/etc/passwd", "log": "/dev/log", "stdin": "/dev/stdin", "fd": "/proc/self/fd/0",
        "traversal": "/tmp/../" + inside,
    }


NAMES = (
    "a file in an instance", "a link", "a fifo", "huge", "zero", "tty", "directory", "binary", "empty",
    "relative", "missing", "long", "passwd", "log", "stdin", "fd", "traversal")


@needs_root
@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_sshd_did_not_write_is_no_key(node, tree, name):
    where = places(node, tree)[name]
    run = node.run("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": where}, timeout=10)
    expect_done(node, run, key="-")


@needs_root
def test_a_file_that_hangs_does_not_hang_us(node, tree, peer):
    """An open without O_NONBLOCK on a fifo would wait for ever."""
    where = places(node, tree)["a fifo"]
    child = node.start("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": where})
    try:
        assert child.wait(5) == 0
    except subprocess.TimeoutExpired:
        child.kill()
        raise
