# SPDX-License-Identifier: Apache-2.0
"""Names in the stream of scp that lead out of the directory it was started for (CVE-2018-20685 turned
round). Held by: scp's own check for the plain cases, Landlock for all of them."""

import os

import pytest

from scp_source import Source
from testbed.tree import EMPTY, TENANT

NAMES = (
    b"..", b".", b"../canary", b"../../canary", b"/etc/passwd", b"a/b", b"../" + TENANT.encode() + b"/disk",
    b"", b"..\\canary", b"%2e%2e/canary", b"\xc0\xae\xc0\xae/canary", b"x\0../canary", b"-oX", b"a" * 4000,
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_elsewhere(node, tree, name):
    before = node.snapshot()
    source = Source(node.start("scp -r -t " + tree.at(EMPTY)))
    source.file(name, b"pwned")
    source.end()
    check(node, tree, before)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_directory_elsewhere(node, tree, name):
    before = node.snapshot()
    source = Source(node.start("scp -r -t " + tree.at(EMPTY)))
    source.directory(name)
    source.file(b"canary", b"pwned")
    source.directory(b"..")
    source.file(b"canary", b"pwned")
    source.end()
    check(node, tree, before)


def check(node, tree, before):
    """Whatever changed lies in the one instance."""
    after = node.snapshot()
    for path in before.keys() | after.keys():
        if not (path + "/").startswith(tree.at(EMPTY) + "/"):
            assert before.get(path) == after.get(path), path


@pytest.mark.parametrize("line", (
    b"X\n", b"C\n", b"C0644\n", b"C0644 -1 x\n", b"C0644 99999999999999999999 x\n", b"C9999 1 x\n", b"T\n",
    b"T-1 0 -1 0\n", b"T99999999999999999999 0 0 0\n", b"E\n" * 50, b"\1message\n", b"\2fatal\n",
    b"C0644 5 \n", b"\0" * 5000, b"C" * 100000 + b"\n", b"C0644 18446744073709551615 x\n"), ids=range(16))
def test_a_line_that_is_no_line(node, tree, line):
    before = node.snapshot()
    source = Source(node.start("scp -r -t " + tree.at(EMPTY)))
    source.say(line)
    source.end()
    check(node, tree, before)


def test_times_of_what_lies_outside(node, tree):
    """A T line sets times by path; the path is below the directory."""
    before = node.snapshot()
    tree.link(os.path.join(node.home, "public/file"), tree.at(EMPTY, "link"))
    source = Source(node.start("scp -t " + tree.at(EMPTY, "link")))
    source.send(b"T1 0 1 0\n")
    source.file(b"link", b"pwned")
    source.end()
    check(node, tree, before)
