# SPDX-License-Identifier: Apache-2.0
"""Nova's own drivers, unmodified, do a whole migration through the shell, on both transports and in
every way in; a plain /bin/sh in its place shows what they do without it."""

import os
import stat

import pytest

from testbed import login
from testbed.audit import expect_done, expect_failed, ops
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, IMAGE, PROBE, STOPPED, TENANT, changes

SIZE = 8 << 20


def case(which, transport, client="peer"):
    name = "%s-%s%s" % (which.name, transport, "-as-root" if client == "root_peer" else "")
    return pytest.param(
        (which, transport, client), id=name,
        marks=() if which is login.FORCED_COMMAND and client == "peer" else needs_root)


RESTRICTED = [case(each, transport) for each in login.RESTRICTED for transport in ("ssh", "rsync")]
RESTRICTED += [case(login.LOGIN_SHELL, transport, "root_peer") for transport in ("ssh", "rsync")]
PLAIN = [case(login.PLAIN, "ssh"), case(login.PLAIN, "rsync")]

by_every_login = pytest.mark.parametrize("nova", PLAIN + RESTRICTED, indirect=True)
in_restricted_ways = pytest.mark.parametrize("nova", RESTRICTED, indirect=True)


@pytest.fixture
def nova(request, node, tree, novas):
    which, transport, client = request.param
    return novas(request.getfixturevalue(client), which, transport)


def sparse_disk(peer, name="disk"):
    """A file of the peer's with data at both ends and a hole between."""
    path = peer.write(name, b"")
    with open(path, "r+b") as file:
        file.write(b"begin" * 1000)
        file.seek(SIZE - 5000)
        file.write(b"end!!" * 1000)
    return path


def content(path):
    with open(path, "rb") as file:
        return file.read()


def expect(nova, run, **first):
    if nova.login is login.PLAIN:
        assert run.status == 0, run.err
    else:
        expect_done(nova.peer.node, run, **first)


def expect_ops(nova, run, *expected):
    """What the audit names in the end. Plain sh and a run without root have no audit."""
    if nova.login is not login.PLAIN and nova.peer.node.is_root:
        assert ops(run) == [("allow",) + each for each in expected]


@by_every_login
def test_create_dir_makes_it_and_does_it_again(nova, tree):
    path = tree.at(COMING)
    for _ in range(2):
        run = nova.create_dir(path)
        expect(nova, run)
        if nova.transport == "ssh":
            expect_ops(nova, run, ("mkdir", path))
        else:
            expect_ops(nova, run, ("stream", "-"), ("mkdir", path))
        assert stat.S_ISDIR(os.lstat(path).st_mode)
        assert os.listdir(path) == []


@by_every_login
def test_the_probe_of_an_instance_that_is_here_comes_and_goes(nova, tree):
    path = tree.at(EMPTY, PROBE)
    made = nova.create_file(path)
    expect(nova, made)
    assert content(path) == b""
    removed = nova.remove_file(path)
    expect(nova, removed)
    assert not os.path.lexists(path)
    if nova.transport == "ssh":
        expect_ops(nova, made, ("touch", path))
        expect_ops(nova, removed, ("remove", path))
    else:
        expect_ops(nova, made, ("stream", "-"), ("touch", path))
        expect_ops(nova, removed, ("stream", tree.at(EMPTY)), ("remove", path))


@pytest.mark.parametrize(
    "nova", [each for each in PLAIN + RESTRICTED if each.values[0][1] == "ssh"], indirect=True)
def test_the_failing_probe_has_the_message_and_status_of_touch(nova, tree, untouched):
    path = tree.at(COMING, PROBE)
    run = nova.create_file(path)
    assert run.status == 1
    assert run.err.decode() == "touch: cannot touch '%s': No such file or directory\n" % path
    if nova.login is not login.PLAIN:
        expect_failed(nova.peer.node, run)


@pytest.mark.parametrize(
    "nova", [each for each in PLAIN + RESTRICTED if each.values[0][1] == "rsync"], indirect=True)
def test_the_probe_by_rsync_makes_the_instance_as_nova_expects(nova, tree):
    path = tree.at(COMING, PROBE)
    expect(nova, nova.create_file(path))
    assert content(path) == b""
    expect(nova, nova.remove_file(path))
    assert os.listdir(tree.at(COMING)) == []


@by_every_login
@pytest.mark.parametrize("compression", (True, False), ids=("compressed", "uncompressed"))
def test_a_sparse_disk_arrives_whole(nova, tree, compression):
    tree.make_directory(tree.at(COMING))
    source, target = sparse_disk(nova.peer), tree.at(COMING, "disk")
    run = nova.push(source, target, compression=compression)
    expect(nova, run)
    assert content(target) == content(source)
    if nova.transport == "rsync":
        expect_ops(nova, run, ("receive", target))
        assert os.stat(target).st_blocks * 512 < SIZE / 2, "the hole was filled"


@by_every_login
def test_a_second_copy_replaces_the_first(nova, tree):
    target = tree.at(COMING, "disk.info")
    tree.write(target, b"old, and longer than what comes")
    expect(nova, nova.push(nova.peer.write("disk.info", b"new"), target))
    assert content(target) == b"new"


@by_every_login
def test_a_directory_arrives_with_what_is_in_it(nova, tree):
    tree.make_directory(tree.at(COMING))
    nova.peer.write("swtpm/tpm2/tpm2-00.permall", b"state of the tpm")
    nova.peer.write("swtpm/tpm2/.lock", b"")
    expect(nova, nova.push(nova.peer.path("swtpm"), tree.at(COMING)))
    assert content(tree.at(COMING, "swtpm/tpm2/tpm2-00.permall")) == b"state of the tpm"
    assert content(tree.at(COMING, "swtpm/tpm2/.lock")) == b""


@by_every_login
@pytest.mark.parametrize("name,compression", (
    pytest.param("_base/" + IMAGE, True, id="image-compressed"),
    pytest.param("_base/" + IMAGE, False, id="image"),
    pytest.param(TENANT + "/kernel", False, id="kernel"),
    pytest.param(TENANT + "/ramdisk", True, id="ramdisk-compressed")))
def test_a_pull_of_what_may_be_read(nova, tree, untouched, name, compression):
    target = nova.peer.path("pulled")
    if os.path.exists(target):
        os.unlink(target)
    run = nova.pull(tree.at(name), target, compression=compression)
    expect(nova, run)
    assert content(target) == content(tree.at(name))
    if nova.transport == "rsync":
        expect_ops(nova, run, ("send", tree.at(name)))


@in_restricted_ways
@pytest.mark.parametrize("name", (TENANT + "/disk", STOPPED + "/disk", TENANT + "/console.log"))
def test_a_pull_of_a_disk_is_refused(nova, tree, untouched, name):
    target = nova.peer.path("stolen")
    run = nova.pull(tree.at(name), target)
    assert run.status != 0
    assert not os.path.lexists(target)
    if nova.peer.node.is_root and nova.transport == "rsync":
        assert [(each["verdict"], each["reason"]) for each in run.decides] == [("deny", "not-readable")]


@by_every_login
def test_remove_dir_removes_it_and_nothing_else(nova, node, tree):
    path = tree.at(COMING)
    tree.write(tree.at(COMING, "disk"), b"x" * 5000)
    tree.write(tree.at(COMING, "swtpm/tpm2/state"), b"y")
    tree.make_directory(tree.at(COMING, "empty"))
    others = node.snapshot()
    run = nova.remove_dir(path)
    expect(nova, run)
    assert not os.path.lexists(path)
    if nova.login is not login.PLAIN:
        lines = [line for line in changes(others, node.snapshot()) if "/" + COMING not in line]
        assert [line for line in lines if not line.startswith(("mtime", "ctime", "links"))] == []
        assert all((" of %s: " % tree.root) in line for line in lines), lines
    if nova.transport == "ssh":
        expect_ops(nova, run, ("remove-tree", path))
    else:
        expect_ops(nova, run, ("empty", path), ("stream", tree.root), ("rmdir", path))


@by_every_login
def test_remove_dir_of_what_is_not_there_succeeds(nova, tree):
    before = sorted(os.listdir(tree.root))
    expect(nova, nova.remove_dir(tree.at(COMING)))
    assert sorted(os.listdir(tree.root)) == before


@in_restricted_ways
def test_a_migration_rolled_back_and_done_again_leaves_the_root_as_it_was(nova, node, tree):
    """With claims enforced, as they are where the configuration says nothing."""
    node.write_config(more="")
    before = os.stat(tree.root)
    disk = sparse_disk(nova.peer)
    info = nova.peer.write("disk.info", b"{}")
    path = tree.at(COMING)
    for _ in range(2):
        if nova.transport == "ssh":
            assert nova.create_file(os.path.join(path, PROBE)).status == 1
        expect(nova, nova.create_dir(path))
        expect(nova, nova.create_file(os.path.join(path, PROBE)))
        expect(nova, nova.remove_file(os.path.join(path, PROBE)))
        expect(nova, nova.push(disk, os.path.join(path, "disk")))
        expect(nova, nova.push(info, os.path.join(path, "disk.info"), compression=False))
        assert sorted(os.listdir(path)) == ["disk", "disk.info"]
        assert content(os.path.join(path, "disk")) == content(disk)
        expect(nova, nova.remove_dir(path))
        assert not os.path.lexists(path)
        after = os.stat(tree.root)
        assert (after.st_mode, after.st_uid, after.st_gid) == (
            before.st_mode, before.st_uid, before.st_gid)


@in_restricted_ways
def test_what_arrives_belongs_to_nova_and_has_no_odd_mode(nova, node, tree):
    expect(nova, nova.create_dir(tree.at(COMING)))
    expect(nova, nova.push(sparse_disk(nova.peer), tree.at(COMING, "disk")))
    for path in (tree.at(COMING), tree.at(COMING, "disk")):
        status = os.lstat(path)
        assert (status.st_uid, status.st_gid) == (node.uid, node.gid)
        assert status.st_mode & 0o7022 == 0, oct(status.st_mode)
