# SPDX-License-Identifier: Apache-2.0
"""A set-id bit asked for in the stream of scp. Held twice: scp takes such bits only with -p, which our
argument vector never has, and seccomp lets no creating or mode-setting call through with them. That the
second holds alone is for test_sftp_requests.py to show: sftp-server takes any mode from its client."""

import os
import stat

import pytest

from scp_source import Source
from testbed.tree import COMING, EMPTY

# Without the owner's write bit scp sets the mode a second time, behind the content.
MODES = ("4755", "2755", "6755", "7777", "04755", "4555", "2555", "6555", "4000", "1755")
# Writing to a file takes the bits from it again (inode(7)): an empty one keeps them.
CONTENTS = pytest.mark.parametrize("content", (b"", b"#!/bin/sh\n"), ids=("empty", "full"))


def odd_bits(root):
    found = []
    for directory, names, files in os.walk(root):
        for name in names + files:
            mode = os.lstat(os.path.join(directory, name)).st_mode
            if mode & (stat.S_ISUID | stat.S_ISGID):
                found.append((name, oct(mode)))
    return found


@pytest.mark.parametrize("mode", MODES)
@CONTENTS
def test_a_file_with_a_set_id_mode(node, tree, mode, content):
    source = Source(node.start("scp -r -t " + tree.at(EMPTY)))
    source.file(b"disk", content, mode)
    source.end()
    assert odd_bits(tree.root) == []


@pytest.mark.parametrize("mode", MODES)
@CONTENTS
def test_a_file_that_is_there_already(node, tree, mode, content):
    tree.write(tree.at(EMPTY, "disk"), b"old")
    source = Source(node.start("scp -t " + tree.at(EMPTY, "disk")))
    source.file(b"disk", content, mode)
    source.end()
    assert odd_bits(tree.root) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_directory_with_a_set_id_mode(node, tree, mode):
    tree.make_directory(tree.at(COMING))
    source = Source(node.start("scp -r -t " + tree.at(COMING)))
    source.directory(b"d", mode)
    source.file(b"f", b"", mode)
    source.send(b"E\n")
    source.end()
    assert odd_bits(tree.root) == []


def test_the_source_can_send_a_file(node, tree):
    """The generator works: a plain file arrives."""
    source = Source(node.start("scp -t " + tree.at(EMPTY, "disk")))
    assert source.file(b"disk", b"content") == b""
    assert source.end() == 0
    assert open(tree.at(EMPTY, "disk"), "rb").read() == b"content"
