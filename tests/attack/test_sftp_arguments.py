"""Arguments for sftp-server that the client chooses. Held by: the form table, which has none, and the
argument vector of our own."""

import os

import pytest

from bed.audit import expect_refused
from bed.fixtures import needs_root
from bed.node import child_of

SERVERS = (
    "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server",
    "internal-sftp")
ARGUMENTS = (
    "-d /etc", "-u 0", "-u 0777", "-f AUTH", "-l DEBUG3", "-e", "-R", "-h", "-Q requests", "-P open", "-p open",
    "-p open,remove,rename", "--", "-", "/etc", ".", "-d/etc", "-c id")


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_an_argument(node, tree, arguments, untouched):
    for server in SERVERS:
        for run in (node.run, node.run_forced):
            expect_refused(node, run("%s %s" % (server, arguments)), ("unknown-command", "unknown-form"))


@needs_root
def test_the_argument_vector_is_ours(node, tree):
    shell = node.start(SERVERS[0])
    child = child_of(shell.pid)
    with open("/proc/%d/cmdline" % child, "rb") as file:
        words = file.read().split(b"\0")[:-1]
    assert os.readlink("/proc/%d/exe" % child) == SERVERS[0]
    assert words[0] == b"sftp-server"
    allowed = words[words.index(b"-p") + 1].split(b",")
    assert not {b"remove", b"rename", b"posix-rename", b"symlink", b"hardlink", b"rmdir",
                b"readlink", b"lsetstat", b"copy-data"} & set(allowed)
    shell.stdin.close()
    assert shell.wait(10) == 0
