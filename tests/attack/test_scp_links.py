# SPDX-License-Identifier: Apache-2.0
"""A symlink inside the instance, as leaf or as parent, that leads outside. Held by: Landlock, which is
granted on the instance alone; with Landlock out, these tests fail."""

import os

import pytest

from scp_source import Source
from test_scp_names import check
from testbed.tree import EMPTY, IMAGE, TENANT


def targets(node, tree):
    return {
        "canary": os.path.join(node.home, "canary"),
        "public": os.path.join(node.home, "public"),
        "other tenant": tree.at(TENANT, "disk"),
        "image": tree.at("_base", IMAGE),
        "new file": os.path.join(node.home, "public/new"),
        "home": node.home,
    }


@pytest.mark.parametrize("name", ("canary", "public", "other tenant", "image", "new file", "home"))
def test_writing_through_a_leaf(node, tree, name):
    before = node.snapshot()
    tree.link(targets(node, tree)[name], tree.at(EMPTY, "disk"))
    source = Source(node.start("scp -t " + tree.at(EMPTY, "disk")))
    source.file(b"disk", b"pwned")
    source.end()
    check(node, tree, before)


@pytest.mark.parametrize("name", ("public", "home"))
def test_writing_through_a_parent_in_the_stream(node, tree, name):
    before = node.snapshot()
    tree.link(targets(node, tree)[name], tree.at(EMPTY, "d"))
    source = Source(node.start("scp -r -t " + tree.at(EMPTY)))
    source.directory(b"d")
    source.file(b"canary", b"pwned")
    source.file(b"file", b"pwned")
    source.end()
    check(node, tree, before)


@pytest.mark.parametrize("name", ("public", "home"))
def test_writing_through_a_parent_in_the_line(node, tree, name):
    before = node.snapshot()
    tree.link(targets(node, tree)[name], tree.at(EMPTY, "d"))
    for path in (tree.at(EMPTY, "d", "canary"), tree.at(EMPTY, "d", "file"), tree.at(EMPTY, "d")):
        source = Source(node.start("scp -r -t " + path))
        source.file(b"canary", b"pwned")
        assert source.end() != 0
    check(node, tree, before)


@pytest.mark.parametrize("name", ("kernel", "ramdisk"))
@pytest.mark.parametrize("secret", ("../../secret.conf", "../%s/disk" % TENANT, "/etc/passwd", "."))
def test_reading_through_a_leaf(node, tree, name, secret):
    tree.link(secret, tree.at(EMPTY, name))
    tree.write(tree.at(EMPTY, "hidden"), b"hidden content")
    run = node.run("scp -r -f " + tree.at(EMPTY, name), input=b"\0" * 10)
    assert run.status != 0
    for text in (b"connection =", b"tenant disk", b"root:", b"hidden content"):
        assert text not in run.out


def test_reading_what_the_program_itself_may_read(node, tree):
    """Landlock lets scp at /etc/passwd and the libraries, so a link to one would be sent."""
    from testbed.audit import expect_refused
    from testbed.tree import EMPTY

    tree.link("/etc/passwd", tree.at(EMPTY, "kernel"))
    run = node.run("scp -f " + tree.at(EMPTY, "kernel"), input=b"\0" * 4)
    expect_refused(node, run, "not-readable")
    assert b"root:" not in run.out
