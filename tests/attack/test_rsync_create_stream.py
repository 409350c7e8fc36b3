# SPDX-License-Identifier: Apache-2.0
"""What is behind "rsync --server ... --no-implied-dirs . /": any path, any kind of file.
Held by: the mirror, which is all that the receiving rsync can reach (Landlock), and by the second
decision on what it left there."""

import os
import stat

import pytest

from rsync_client import Stage
from testbed import login
from testbed.audit import expect_done, ops
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, IMAGE, LATER, PROBE, TENANT

WAY = login.FORCED_COMMAND if os.geteuid() != 0 else login.LOGIN_SHELL


@pytest.fixture
def stage(peer):
    return Stage(peer)


def expect_nothing(node, run):
    """The client sees a failure; the audit a denial, or a run that failed."""
    assert run.status != 0, run.err
    if node.is_root:
        assert [each["verdict"] for each in run.decides][-1] == "deny" or any(
            each["status"] != "0" for each in run.dones), run.records
        refs = {each["ref"] for each in run.decides}
        assert len(refs) == 1 and refs == {each["ref"] for each in run.dones}, run.records


OUTSIDE = (
    "/etc/cron.d/evil", "/tmp/rssh-nova-evil", "{H}/evil", "{H}/public/evil", "{H}/.ssh/authorized_keys",
    "{I}/evil", "{I}/_base/evil", "{I}/_base/{B}", "{I}/locks/evil", "{I}/compute_nodes", "{I}/{T}_resize/evil",
    "{I}2/{U}", "{I}/{U}/disk", "{I}/{U}/a/b", "{I}/{E}/disk", "{I}/{E}/evil.tmp", "{I}/{T}/disk",
    "{I}/{U}/{X}/{X}", "{I}/{X}", "{I}/{U}.tmp", "{I}/{UP}", "/proc/self/evil", "/dev/evil", "/evil",
)


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("kind", ("file", "full", "directory"))
def test_a_path_that_is_no_instance_and_no_probe(node, tree, stage, path, kind, untouched):
    path = path.format(H=node.home, I=tree.root, B=IMAGE, T=TENANT, U=COMING, E=EMPTY, X=PROBE,
                       UP=COMING.upper().replace("4", "A"))
    if kind == "directory":
        stage.directory(path)
    else:
        stage.file(path, b"content" if kind == "full" else b"")
    expect_nothing(node, stage.create(WAY, path))


def test_a_probe_with_content(node, tree, stage, untouched):
    path = tree.at(EMPTY, PROBE)
    expect_nothing(node, stage.file(path, b"content").create(WAY, path))


def test_a_probe_that_is_a_directory(node, tree, stage, untouched):
    path = tree.at(EMPTY, PROBE)
    expect_nothing(node, stage.directory(path).create(WAY, path))


def test_the_root_alone(node, tree, stage, untouched):
    expect_nothing(node, stage.directory(tree.root).create(WAY, tree.root))


def test_nothing_at_all(node, tree, stage, untouched):
    expect_nothing(node, stage.create(WAY, ""))


def test_a_source_that_is_not_there(node, tree, stage, untouched):
    assert stage.create(WAY, tree.at(COMING)).status != 0


def pairs(tree):
    return {
        "two instances": (tree.at(COMING), tree.at(LATER)),
        "an instance and a file outside": (tree.at(COMING), "/etc/cron.d/evil"),
        "an instance and an image": (tree.at(COMING), tree.at("_base/evil")),
        "two probes": (tree.at(EMPTY, PROBE), tree.at(EMPTY, "f" * 32 + ".tmp")),
        "a probe and a disk": (tree.at(EMPTY, PROBE), tree.at(EMPTY, "disk")),
        "a probe in each of two": (tree.at(EMPTY, PROBE), tree.at(COMING, PROBE)),
        "the root and an instance": (tree.at("locks"), tree.at(COMING)),
    }


@pytest.mark.parametrize("name", (
    "two instances", "an instance and a file outside", "an instance and an image", "two probes",
    "a probe and a disk", "a probe in each of two", "the root and an instance"))
def test_more_than_one(node, tree, stage, name, untouched):
    paths = pairs(tree)[name]
    for path in paths:
        stage.file(path) if path.endswith((".tmp", "disk", "evil")) else stage.directory(path)
    expect_nothing(node, stage.create(WAY, *paths))


def test_an_instance_that_is_a_link(node, tree, stage, untouched):
    stage.link(tree.at(COMING), "/etc")
    expect_nothing(node, stage.create(WAY, tree.at(COMING)))


def test_a_probe_that_is_a_link(node, tree, stage, untouched):
    stage.link(tree.at(EMPTY, PROBE), node.home + "/canary")
    expect_nothing(node, stage.create(WAY, tree.at(EMPTY, PROBE)))


def test_a_link_among_the_parents(node, tree, stage, untouched):
    """The client streams the link as a link; -R makes it a parent of what follows."""
    stage.link(os.path.join(node.home, "way"), "/etc")
    stage.directory(tree.at(COMING))
    expect_nothing(node, stage.create(WAY, node.home + "/way", tree.at(COMING)))


@needs_root
@pytest.mark.parametrize("kind", (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK))
@pytest.mark.parametrize("name", (COMING, EMPTY + "/" + PROBE))
def test_a_special_file(node, tree, root_peer, kind, name, untouched):
    stage = Stage(root_peer)
    stage.node(tree.at(name), kind | 0o666, os.makedev(1, 3))
    run = stage.create(WAY, tree.at(name))
    if run.status == 0:
        # An rsync that is not root passes over a device or a socket by itself: what is left in the
        # mirror are the directories above it, which is Nova's create_dir of an instance that is here.
        assert kind != stat.S_IFIFO and b"skipping" in run.out + run.err
        assert ops(run)[-1] == ("allow", "mkdir", tree.at(EMPTY))
    else:
        expect_nothing(node, run)


@pytest.mark.parametrize("mode", (0o4755, 0o2777, 0o7777, 0o0777, 0o0000))
def test_modes_and_times_of_the_stream_do_not_count(node, tree, stage, mode):
    """-a carries them for every directory on the way; those that exist here are nova's own."""
    path = tree.at(COMING)
    stage.directory(path, 0o755)
    os.utime(stage.at(path), (1, 1))
    before = {each: os.stat(each).st_mode for each in ("/", "/var", node.home, tree.root)}
    stage.directory(tree.root, 0o777)
    if mode & 0o500 == 0o500:
        stage.directory(path, mode)
    run = stage.create(WAY, path)
    assert before == {each: os.stat(each).st_mode for each in before}
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o755
    assert os.stat(path).st_mtime > 1
    expect_done(node, run)


def test_ten_thousand_directories(node, tree, stage, untouched):
    for number in range(5000):
        os.makedirs(stage.at(tree.at("%08x-0000-4000-8000-000000000000" % number)))
    for directory, names, files in os.walk(stage.path):
        os.chown(directory, stage.peer.uid, stage.peer.gid)
    expect_nothing(node, stage.create(WAY, tree.root))


def test_a_deep_path(node, tree, stage, untouched):
    path = tree.at(COMING) + "/d" * 200
    expect_nothing(node, stage.directory(path).create(WAY, path))


def test_a_big_file_does_not_fill_the_mirror(node, tree, stage, untouched):
    path = tree.at(EMPTY, PROBE)
    stage.file(path)
    os.truncate(stage.at(path), 1 << 30)
    with open(stage.at(path), "r+b") as file:
        file.write(os.urandom(1 << 20))
    expect_nothing(node, stage.create(WAY, path))


@pytest.mark.parametrize("options", (
    ("--backup", "--suffix=.b"), ("--partial",), ("--inplace",), ("--delay-updates",), ("--append",),
    ("--remove-source-files",), ("--existing",), ("--ignore-existing",), ("--fake-super",), ("-H",), ("-A",),
    ("-X",), ("-z",), ("-c",), ("-y",), ("--iconv=utf-8,latin1",), ("-s",), ("--inc-recursive",),
    ("--no-inc-recursive",), ("--protocol=29",), ("--protocol=30",), ("--numeric-ids",), ("--chmod=a=rwx,F+s",)),
    ids=lambda options: options[0])
def test_a_client_that_thinks_it_asked_for_more(node, tree, stage, options):
    """Options that only the client knows of change the stream, never what may come of it."""
    before = node.snapshot()
    stage.directory(tree.at(COMING))
    run = stage.create(WAY, tree.at(COMING), options=options)
    after = node.snapshot()
    for path in before.keys() | after.keys():
        if path not in (tree.root, tree.at(COMING)):
            assert before.get(path) == after.get(path), path
    if node.is_root and run.decides:
        assert {each["ref"] for each in run.decides} == {each["ref"] for each in run.dones}


def test_what_nova_sends_goes_through(node, tree, stage):
    """The stage works: else the refusals prove nothing."""
    run = stage.directory(tree.at(COMING)).create(WAY, tree.at(COMING))
    expect_done(node, run, form="rsync-create", op="stream")
    if node.is_root:
        assert ops(run)[-1] == ("allow", "mkdir", tree.at(COMING))
    run = stage.file(tree.at(EMPTY, PROBE)).create(WAY, tree.at(EMPTY, PROBE))
    expect_done(node, run)
    assert os.path.exists(tree.at(EMPTY, PROBE))


@needs_root
def test_each_act_that_a_stream_asks_for_is_decided_and_recorded(node, tree, stage):
    """The directory of a probe as well, where it is not here yet."""
    run = stage.file(tree.at(LATER, PROBE)).create(WAY, tree.at(LATER, PROBE))
    expect_done(node, run)
    assert ops(run)[1:] == [("allow", "mkdir", tree.at(LATER)), ("allow", "touch", tree.at(LATER, PROBE))]
