# SPDX-License-Identifier: Apache-2.0
"""Arguments for sftp-server that the client chooses. Held by: the form table, which has none that would change what a
session may do, and the argument vector of our own, which drops the others."""

import os

import pytest

from testbed.audit import expect_refused
from testbed.fixtures import needs_root
from testbed.node import child_of

SERVERS = (
    "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server",
    "internal-sftp")
ARGUMENTS = (
    "-d /etc", "-u 0", "-u 0777", "-f AUTHX", "-l DEBUG4", "-e -e", "-l INFO -R", "-R", "-h", "-Q requests", "-P open", "-p open",
    "-p open,remove,rename", "--", "-", "/etc", ".", "-d/etc", "-c id")
# What is logged and where to, as the Subsystem line of a hardened node has it.
DROPPED = ("", " -l DEBUG3", " -f LOCAL7", " -e", " -f AUTHPRIV -l INFO", " -l verbose -e -f auth")


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_an_argument(node, tree, arguments, untouched):
    for server in SERVERS:
        for run in (node.run, node.run_forced):
            expect_refused(node, run("%s %s" % (server, arguments)), ("unknown-command", "unknown-form"))


@needs_root
@pytest.mark.parametrize("arguments", DROPPED)
def test_the_argument_vector_is_ours(node, tree, arguments):
    shell = node.start(SERVERS[0] + arguments)
    child = child_of(shell.pid)
    with open("/proc/%d/cmdline" % child, "rb") as file:
        words = file.read().split(b"\0")[:-1]
    assert os.readlink("/proc/%d/exe" % child) == SERVERS[0]
    assert words[:4] == [b"sftp-server", b"-l", b"QUIET", b"-p"] and len(words) == 5
    allowed = words[words.index(b"-p") + 1].split(b",")
    assert not {b"remove", b"rename", b"posix-rename", b"symlink", b"hardlink", b"rmdir",
                b"readlink", b"lsetstat", b"copy-data"} & set(allowed)
    shell.stdin.close()
    assert shell.wait(10) == 0
