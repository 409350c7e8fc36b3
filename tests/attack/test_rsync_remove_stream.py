# SPDX-License-Identifier: Apache-2.0
"""What is behind "rsync --server ... --delete . DIRECTORY": without filters in the stream rsync deletes
everything there. Held by: the mirror of empty placeholders for what may be removed, and the second decision on what vanished."""

import os

import pytest

from rsync_client import EMPTY as EMPTY_LINE
from rsync_client import Stage
from test_rsync_create_stream import WAY, expect_nothing
from testbed.audit import expect_done, ops
from testbed.tree import COMING, EMPTY, LOCKS, STOPPED, TENANT


@pytest.fixture
def stage(peer):
    return Stage(peer)


def only(*names):
    """Filters as Nova's for these names."""
    return ["--delete"] + ["--include=" + name for name in names] + ["--exclude=*"]


@pytest.fixture
def two_empty(tree):
    """A second instance that could be removed: of two, none is."""
    tree.make_directory(tree.at(COMING))


def expect_unnamed(node, run, path, *then):
    """Nothing there has that name: rsync succeeds, as for one that does not exist, and nothing is decided but then."""
    expect_done(node, run, form="rsync-remove", op="stream")
    if node.is_root:
        assert ops(run) == [("allow", "stream", path), *then]


def test_no_filters_at_all(node, tree, stage, two_empty, untouched):
    """The one that removed every instance of a node."""
    expect_nothing(node, stage.remove(WAY, tree.root, ["--delete"]))


NAMES = {
    "a full instance": (TENANT,), "another": (STOPPED,), "the image cache": ("_base",), "the locks": ("locks",),
    "the nodes": ("compute_nodes",), "a resize": (TENANT + "_resize",), "snapshots": ("snapshots",),
    "the sessions": (LOCKS,), "two": (STOPPED, TENANT), "the image cache and the locks": ("_base", "locks"),
    "all of a pattern": ("*_*",), "one and what is in it": (TENANT, TENANT + "/***"),
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_may_not_be_removed(node, tree, stage, name, untouched):
    expect_unnamed(node, stage.remove(WAY, tree.root, only(*NAMES[name])), tree.root)


@pytest.mark.parametrize("names", ((EMPTY, TENANT), (EMPTY, "locks"), ("*-*",)), ids=str)
def test_what_may_not_be_removed_beside_what_may(node, tree, stage, names):
    before = set(os.listdir(tree.root))
    run = stage.remove(WAY, tree.root, only(*names))
    expect_unnamed(node, run, tree.root, ("allow", "rmdir", tree.at(EMPTY)))
    assert set(os.listdir(tree.root)) == before - {EMPTY}


def test_two_empty_ones(node, tree, stage):
    tree.make_directory(tree.at(COMING))
    run = stage.remove(WAY, tree.root, only(EMPTY, COMING))
    expect_nothing(node, run)
    assert os.path.isdir(tree.at(EMPTY)) and os.path.isdir(tree.at(COMING))


def test_a_stream_that_also_brings_something(node, tree, stage, untouched):
    stage.file("evil", b"content")
    expect_nothing(node, stage.remove(WAY, tree.root, ["--delete", "--include=" + EMPTY, "--include=evil",
                                                       "--exclude=*"]))


def test_a_stream_that_also_brings_what_has_no_content(node, tree, stage, untouched):
    """No limit on files meets it; the one that goes alone would be Nova's."""
    stage.directory("evil")
    expect_nothing(node, stage.remove(WAY, tree.root, ["--delete", "--include=" + EMPTY, "--include=evil/",
                                                       "--exclude=*"]))


def test_a_stream_that_replaces_a_directory_by_a_file(node, tree, stage, untouched):
    stage.file(EMPTY, b"content")
    expect_nothing(node, stage.remove(WAY, tree.root, ["--delete", "--force"]))


def test_a_stream_that_replaces_a_directory_by_a_link(node, tree, stage, untouched):
    stage.link(EMPTY, "/etc")
    expect_nothing(node, stage.remove(WAY, tree.root, only(EMPTY)))


@pytest.mark.parametrize("names", (("disk", "disk.info"), ("*",), ("disk*",)), ids=str)
def test_more_than_one_file_of_an_instance(node, tree, stage, names, untouched):
    expect_nothing(node, stage.remove(WAY, tree.at(TENANT), only(*names)))


def test_a_directory_of_an_instance(node, tree, stage, untouched):
    expect_unnamed(node, stage.remove(WAY, tree.at(TENANT), only("vtpm")), tree.at(TENANT))


@pytest.mark.parametrize("rule", (
    "--filter=merge /etc/passwd", "--filter=dir-merge .rsync-filter", "--exclude-from=/etc/hostname", "-F", "-C",
    "--filter=:e /etc/shadow", "--filter=protect *", "--filter=risk *"))
def test_filter_rules(node, tree, stage, rule, two_empty, untouched):
    """Rules that name files are read on the side that sends them, or in the mirror: never here."""
    run = stage.remove(WAY, tree.root, ["--delete", rule, "--include=" + TENANT, "--exclude=*"])
    if run.status == 0 and node.is_root:
        assert [op for _, op, _ in ops(run)] == ["stream"], "something was done"


def test_the_empty_form_brings_nothing(node, tree, stage):
    """--delete-excluded may empty its instance; a file in the stream must not come to be."""
    before = set(os.listdir(tree.root))
    stage.file("evil", b"content").link("link", "/etc/passwd").directory("d")
    run = stage.remove(WAY, tree.at(EMPTY), ["--delete-excluded"], line=EMPTY_LINE)
    assert run.status != 0
    assert os.listdir(tree.at(EMPTY)) == []
    assert set(os.listdir(tree.root)) == before


def test_the_empty_form_does_not_change_modes_and_times(node, tree, stage):
    before = os.stat(tree.at(TENANT)).st_mode
    os.chmod(stage.path, 0o700)
    expect_done(node, stage.remove(WAY, tree.at(TENANT), ["--delete-excluded"], line=EMPTY_LINE))
    assert os.stat(tree.at(TENANT)).st_mode == before
    assert os.listdir(tree.at(TENANT)) == []


def test_the_empty_form_does_not_follow_links(node, tree, stage):
    tree.link(node.home + "/public", tree.at(EMPTY, "d"))
    tree.link(node.home, tree.at(EMPTY, "h"))
    run = stage.remove(WAY, tree.at(EMPTY), ["--delete-excluded"], line=EMPTY_LINE)
    assert os.path.exists(node.home + "/public/file") and os.path.exists(node.home + "/canary")
    expect_done(node, run)
    assert os.listdir(tree.at(EMPTY)) == []


def test_what_nova_sends_goes_through(node, tree, stage):
    run = stage.remove(WAY, tree.root, only(EMPTY))
    expect_done(node, run, form="rsync-remove", op="stream")
    assert not os.path.exists(tree.at(EMPTY))
    if node.is_root:
        assert ops(run)[-1] == ("allow", "rmdir", tree.at(EMPTY))
    run = stage.remove(WAY, tree.at(TENANT), only("disk.info"))
    expect_done(node, run)
    assert not os.path.exists(tree.at(TENANT, "disk.info"))
