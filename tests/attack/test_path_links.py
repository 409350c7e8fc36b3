# SPDX-License-Identifier: Apache-2.0
"""The root, an instance or something in it being a link to elsewhere. Held by: openat2(2) with
RESOLVE_NO_SYMLINKS from a root that is opened once; for children, Landlock."""

import os

import pytest

from rsync_client import EMPTY as EMPTY_LINE
from rsync_client import PUSH, Stage
from scp_source import Source
from test_rsync_create_stream import WAY
from testbed.audit import expect_done
from testbed.tree import COMING, EMPTY, PROBE, TENANT


@pytest.fixture
def linked(node, tree):
    """The coming instance is a link to a directory that nova owns."""
    tree.write(node.home + "/public/" + PROBE, b"")
    tree.link(node.home + "/public", tree.at(COMING))
    return tree.at(COMING)


LINES = (
    "touch {P}/file", "touch {P}/new", "touch {P}/%s" % PROBE, "rm {P}/file", "rm {P}/%s" % PROBE,
    "mkdir -p {P}/d",
    "rm -rf {P}/file", "scp -r -t {P}", "scp -t {P}/file", "scp -t {P}/new", "scp -f {P}/kernel")


@pytest.mark.parametrize("line", LINES)
def test_an_instance_that_is_a_link(node, tree, linked, line, untouched):
    child = node.start(line.format(P=linked))
    if " -t " in line:
        source = Source(child)
        source.file(b"file", b"pwned")
        assert source.end() != 0
        return
    child.communicate(b"\0" * 4, 20)
    assert child.returncode != 0 or "rm -rf" in line


def test_mkdir_of_an_instance_that_is_a_link(node, tree, linked, untouched):
    """mkdir -p finds no directory there, whatever the link leads to."""
    node.run("mkdir -p " + linked)


def test_a_tree_removed_is_the_link_and_not_what_it_leads_to(node, tree, linked):
    node.run("rm -rf " + linked)
    assert sorted(os.listdir(node.home + "/public")) == sorted(["file", PROBE])


def test_rsync_into_an_instance_that_is_a_link(node, tree, peer, linked, untouched):
    stage = Stage(peer).file("file", b"pwned")
    for line, options in ((PUSH, ["-rS"]), (EMPTY_LINE, ["-a", "--delete-excluded"])):
        run = stage.send(WAY, line.format(linked), options, [stage.path + "/"], "node:" + linked)
        assert run.status != 0
    before = stage.remove(WAY, tree.root, ["--delete", "--include=" + COMING, "--exclude=*"])
    expect_done(node, before, op="stream")  # rsync is not shown the link: it removes nothing
    assert len(before.decides) == (1 if node.is_root else 0), before.records
    inside = stage.remove(WAY, linked, ["--delete", "--include=file", "--exclude=*"])
    assert inside.status != 0


def test_a_link_deeper_down(node, tree):
    tree.link(node.home + "/public", tree.at(EMPTY, "d"))
    before = node.snapshot()
    for line in ("touch {P}/d/new", "touch {P}/d/file", "rm {P}/d/file", "mkdir -p {P}/d/new"):
        assert node.run(line.format(P=tree.at(EMPTY))).status != 0, line
    node.run("rm -rf %s" % tree.at(EMPTY, "d/file"))
    assert node.snapshot() == before
    node.run("rm -rf " + tree.at(EMPTY, "d"))
    assert os.path.exists(node.home + "/public/file")


def test_touch_of_a_link(node, tree):
    for target in (node.home + "/canary", node.home + "/new", "/dev/full"):
        tree.link(target, tree.at(EMPTY, PROBE))
        before = node.snapshot()
        assert node.run("touch " + tree.at(EMPTY, PROBE)).status != 0
        assert node.snapshot() == before
        node.run("rm " + tree.at(EMPTY, PROBE))
        if os.path.lexists(tree.at(EMPTY, PROBE)):
            os.unlink(tree.at(EMPTY, PROBE))
        assert os.path.exists(node.home + "/canary")


@pytest.mark.parametrize("name", ("file", PROBE))
def test_touch_of_a_fifo_does_not_wait(node, tree, name):
    """An open for writing waits for a reader, who never comes."""
    os.mkfifo(tree.at(EMPTY, name))
    tree.own(tree.at(EMPTY, name))
    run = node.run("touch " + tree.at(EMPTY, name), timeout=5)
    assert run.status == 1, run.err


def test_the_root_is_a_link(node, tree):
    """A root that anybody could turn round is no root: refused, or at least nothing followed after."""
    os.rename(tree.root, tree.root + ".real")
    tree.link(node.home + "/public", tree.root)
    before = node.snapshot()
    for line in ("mkdir -p " + tree.at(COMING), "touch " + tree.at(EMPTY, PROBE), "rm -rf " + tree.at(TENANT),
                 "/usr/lib/openssh/sftp-server"):
        run = node.run(line)
        assert run.status == 78, (line, run.status, run.err)
    assert node.snapshot() == before


def test_a_hard_link_to_something_outside(node, tree):
    """Nobody can make one through us; one that is there is not written through."""
    canary = node.home + "/canary"
    for name in ("disk", PROBE):
        os.link(canary, tree.at(EMPTY, name))
    with open(canary, "rb") as file:
        content = file.read()
    times = os.stat(canary).st_mtime_ns
    for name in ("disk", PROBE):
        assert node.run("touch " + tree.at(EMPTY, name)).status != 0
    source = Source(node.start("scp -t " + tree.at(EMPTY, "disk")))
    source.file(b"disk", b"pwned")
    assert source.end() != 0
    with open(canary, "rb") as file:
        assert file.read() == content
    assert os.stat(canary).st_mtime_ns == times
    assert node.run("rm -rf " + tree.at(EMPTY)).status == 0
    assert os.path.exists(canary)


def test_a_hard_link_and_sftp(node, tree):
    import sftp_client as sftp

    canary = node.home + "/canary"
    os.link(canary, tree.at(EMPTY, "disk"))
    with open(canary, "rb") as file:
        content = file.read()
    client = sftp.Client(node.start("/usr/lib/openssh/sftp-server"))
    handle = client.open(tree.at(EMPTY, "disk"), sftp.FLAG_WRITE)
    if handle is not None:
        client.write(handle, b"pwned")
    client.end()
    with open(canary, "rb") as file:
        assert file.read() == content
