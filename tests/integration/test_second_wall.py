# SPDX-License-Identifier: Apache-2.0
"""[sandbox] namespaces: each child form with its real client, where the node allows the second wall, where it
refuses it, and where the operator forbids it. What a taken-over child meets behind it: tests/attack."""

import os
import uuid

import pytest

from testbed import refusal, login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.node import children_of
from testbed.tree import COMING, EMPTY, IMAGE, LATER, PROBE, STOPPED, TENANT, changes

pytestmark = needs_root
CREATE = "cd %s && rsync --archive --relative --no-implied-dirs .%s node:/"
SFTP = "/usr/lib/openssh/sftp-server"
LETTERS = "iLsfxCIvu"


def scp_push(peer, tree):
    return ["scp", peer.write("a/disk", b"by sftp"), "node:" + tree.at(EMPTY, "disk")]


def scp_pull(peer, tree):
    return ["scp", "node:" + tree.at(TENANT, "kernel"), peer.path("kernel")]


def old_scp_push(peer, tree):
    return ["scp", "-O", "-r", peer.write("a/disk", b"by scp"), "node:" + tree.at(EMPTY, "disk")]


def old_scp_pull(peer, tree):
    return ["scp", "-O", "node:" + tree.at("_base", IMAGE), peer.path("image")]


def rsync_push(peer, tree):
    return ["rsync", "-r", "--sparse", peer.write("a/disk", b"by rsync"), "node:" + tree.at(EMPTY, "disk")]


def rsync_pull(peer, tree):
    return ["rsync", "-r", "--sparse", "node:" + tree.at("_base", IMAGE), peer.path("image")]


def rsync_create(peer, tree):
    peer.write("c%s/%s" % (tree.at(LATER), PROBE), b"")
    return ["sh", "-c", CREATE % (peer.path("c"), tree.at(LATER, PROBE))]


def rsync_empty(peer, tree):
    peer.write("e/none", b"")  # as Nova's directory, e is not of root
    return ["rsync", "--archive", "--delete-excluded", "--exclude", "*", peer.path("e") + "/",
            "node:" + tree.at(STOPPED)]


def rsync_remove(peer, tree):
    peer.write("r/none", b"")
    return ["rsync", "--archive", "--delete", "--include", "kernel", "--exclude", "*", peer.path("r") + "/",
            "node:" + tree.at(TENANT)]


# What a client does: (the form of it, a place on the node that it changes and what is there afterwards)
CLIENTS = {
    scp_push: ("sftp", (EMPTY, "disk"), b"by sftp"),
    scp_pull: ("sftp", None, None),
    old_scp_push: ("scp-to", (EMPTY, "disk"), b"by scp"),
    old_scp_pull: ("scp-from", None, None),
    rsync_push: ("rsync-push", (EMPTY, "disk"), b"by rsync"),
    rsync_pull: ("rsync-pull", None, None),
    rsync_create: ("rsync-create", (LATER, PROBE), b""),
    rsync_empty: ("rsync-empty", (STOPPED, "disk"), None),
    rsync_remove: ("rsync-remove", (TENANT, "kernel"), None),
}
each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)


@pytest.fixture(autouse=True)
def nothing_mounted(node, tree):
    """On the node itself."""
    def mounts():
        with open("/proc/self/mountinfo") as file:
            return file.read()

    before = mounts()
    yield
    assert mounts() == before


def configure(node, setting):
    """Under [sandbox]; what is here already may be written."""
    text = node.default_config + "[claims]\nmode = off\n"
    node.write_config(text + ("" if setting is None else "[sandbox]\nnamespaces = %s\n" % setting))


def content(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def expect_served(node, tree, peer, which, client):
    """Gives the walls that the record names."""
    form, place, left = CLIENTS[client]
    run = peer.run(which, client(peer, tree))
    expect_done(node, run, form=form)
    if place is not None:
        path = tree.at(*place)
        assert content(path) == left
        if left is not None:
            status = os.stat(path)
            assert (status.st_uid, status.st_gid) == (node.uid, node.gid)
    return run.decides[0]["confine"].split(",")


@each_client
@pytest.mark.parametrize("setting", (None, "auto", "required"))
def test_it_stands_where_the_node_allows_it(node, tree, peer, setting, client):
    configure(node, setting)
    assert expect_served(node, tree, peer, login.LOGIN_SHELL, client)[0] == "namespaces"


@each_client
def test_a_client_that_is_served_has_no_call_refused(node, tree, peer, client):
    configure(node, None)
    run = peer.run(login.LOGIN_SHELL, client(peer, tree))
    assert run.dones
    assert [done["denied"] for done in run.dones] == ["-"] * len(run.dones)


@each_client
@pytest.mark.parametrize("which", (login.LOGIN_SHELL, login.NO_NAMESPACES), ids=lambda which: which.name)
def test_it_does_not_stand_where_it_is_off(node, tree, peer, which, client):
    configure(node, "off")
    assert "namespaces" not in expect_served(node, tree, peer, which, client)


@each_client
def test_a_node_that_refuses_it_serves_without(node, tree, peer, client):
    configure(node, "auto")
    walls = expect_served(node, tree, peer, login.NO_NAMESPACES, client)
    assert "namespaces" not in walls and "seccomp" in walls


@each_client
def test_a_node_that_refuses_what_is_required_serves_nobody(node, tree, peer, client):
    configure(node, "required")
    before = node.snapshot()
    run = peer.run(login.NO_NAMESPACES, client(peer, tree))
    assert run.status != 0
    if CLIENTS[client][0] != "sftp":  # scp drops what it says
        assert b"rssh-nova: refused: not-confined" in run.err
    assert [record["verdict"] for record in run.decides] == ["deny"]
    assert run.decides[0]["reason"] == "not-confined"
    assert run.faults[0]["problem"] == "the user and mount namespaces: No space left on device"
    assert run.dones == []
    assert changes(before, node.snapshot()) == []


def lines(tree):
    return {
        "sftp": SFTP, "scp-to": "scp -t " + tree.at(EMPTY), "scp-from": "scp -f " + tree.at("_base", IMAGE),
        "rsync-push": "rsync --server -rSe.%s . %s" % (LETTERS, tree.at(EMPTY, "disk")),
        "rsync-pull": "rsync --server --sender -rSe.%s . %s" % (LETTERS, tree.at("_base", IMAGE)),
        "rsync-create": "rsync --server -logDtprRe.%s --no-implied-dirs . /" % LETTERS,
    }


def test_required_means_78(node, tree):
    configure(node, "required")
    for line in lines(tree).values():
        run = node.run(line, prepare=refusal.as_in_a_container)
        expect_refused(node, run, "not-confined", status=78)
        assert run.faults[0]["problem"] == "the user and mount namespaces: Operation not permitted"


@pytest.mark.parametrize("setting", ("auto", "required"))
def test_it_ends_closed_when_it_fails_half_way(node, tree, setting):
    """There is no way back out of a namespace."""
    configure(node, setting)
    before = node.snapshot()
    for form, line in lines(tree).items():
        run = node.run(line, prepare=refusal.half_way)
        assert run.status == 78, (form, run.err)
        assert run.out == b""
        assert b"rssh-nova: refused: not-confined" in run.err
        assert run.decides[0]["confine"].startswith("namespaces,")
        assert "Operation not permitted" in run.faults[0]["problem"]
        assert [record["status"] for record in run.dones] == ["78"], form
    assert changes(before, node.snapshot()) == []


def test_a_container_goes_on_without(node, tree):
    configure(node, "auto")
    run = node.run(SFTP, prepare=refusal.as_in_a_container)
    expect_done(node, run)
    assert "namespaces" not in run.decides[0]["confine"]


def test_what_we_do_ourselves_needs_none(node, tree):
    configure(node, "required")
    run = node.run("touch " + tree.at(TENANT, PROBE), prepare=refusal.as_in_a_container)
    expect_done(node, run, op="touch")
    assert "namespaces" not in run.decides[0]["confine"]


@pytest.mark.parametrize("count", (58, 59, 60, 61, 62, 63, 64, 300))
def test_a_node_of_many_instances(node, tree, peer, count):
    """Below and above what is shown one by one (VIEW_GRANTED_MAX): with the four that the tree has already."""
    configure(node, "required")
    names = [str(uuid.UUID(int=number << 64 | 1)) for number in range(count)]
    for name in names:
        tree.write(tree.at(name, "kernel"), name.encode())
    for name in (names[0], names[-1]):
        push = peer.run(login.LOGIN_SHELL, ["scp", peer.write("a/disk", b"of many"), "node:" + tree.at(name, "disk")])
        expect_done(node, push)
        assert content(tree.at(name, "disk")) == b"of many"
        pull = peer.run(login.LOGIN_SHELL, ["scp", "node:" + tree.at(name, "kernel"), peer.path("kernel")])
        expect_done(node, pull)
        assert content(peer.path("kernel")) == name.encode()


def test_a_claimed_instance_among_many_with_boot_files(node, tree, peer):
    """More to be read than is shown one by one; one to be written."""
    node.write_config(node.default_config + "[claims]\nmode = enforce\n[sandbox]\nnamespaces = required\n")
    for number in range(200):
        tree.write(tree.at(str(uuid.UUID(int=number << 64 | 1)), "kernel"), b"of another")
    expect_done(node, peer.ask(login.LOGIN_SHELL, "mkdir -p " + tree.at(COMING)))
    push = peer.run(login.LOGIN_SHELL, ["scp", peer.write("a/disk", b"mine"), "node:" + tree.at(COMING, "disk")])
    expect_done(node, push)
    assert content(tree.at(COMING, "disk")) == b"mine"
    other = tree.at(str(uuid.UUID(int=5 << 64 | 1)))
    stolen = peer.run(login.LOGIN_SHELL, ["scp", peer.path("a/disk"), "node:" + other + "/disk"])
    assert stolen.status != 0
    assert os.listdir(other) == ["kernel"]
    pull = peer.run(login.LOGIN_SHELL, ["scp", "node:" + other + "/kernel", peer.path("kernel")])
    expect_done(node, pull)


def test_a_mount_below_the_instance_is_shown_too(node, tree, peer):
    """As it is without the wall."""
    configure(node, "required")
    tree.make_directory(tree.at(EMPTY, "below"))
    assert os.system("mount -t tmpfs -o mode=0777 below " + tree.at(EMPTY, "below")) == 0
    try:
        run = peer.run(login.LOGIN_SHELL, ["rsync", "-r", "--sparse", peer.write("a/disk", b"below"),
                                           "node:" + tree.at(EMPTY, "below/disk")])
        expect_done(node, run)
        assert content(tree.at(EMPTY, "below/disk")) == b"below"
    finally:
        assert os.system("umount " + tree.at(EMPTY, "below")) == 0


def test_what_is_mounted_later_is_not_shown(node, tree):
    """Neither to a child that runs already, where the node lets mounts go on to other namespaces."""
    configure(node, "required")
    below = tree.at(EMPTY, "below")
    tree.make_directory(below)
    assert os.system("mount --bind {0} {0} && mount --make-shared {0}".format(tree.root)) == 0
    shell = node.start("scp -t " + tree.at(EMPTY))
    try:
        assert shell.stdout.read(1) == b"\0"
        child = children_of(*children_of(shell.pid))
        assert os.system("mount -t tmpfs later " + below) == 0
        with open("/proc/%d/mountinfo" % child[0]) as file:
            shown = [line.split()[4] for line in file]
        assert tree.at(EMPTY) in shown and below not in shown
    finally:
        shell.communicate(b"")
        os.system("umount --recursive " + tree.root)
