# SPDX-License-Identifier: Apache-2.0
"""SFTP requests that scp has no need of: what renames, removes, links, or sets by path.
Held by: sftp-server's own request list (-p); behind it Landlock and seccomp, which have no rename and no
link either, and let no setstat by path do anything."""

import os
import stat
import struct

import pytest

import sftp_client as sftp
from sftp_client import Client, attributes, string
from testbed.tree import COMING, EMPTY, IMAGE, TENANT

SERVER = "/usr/lib/openssh/sftp-server"


@pytest.fixture
def client(node, tree):
    tree.write(tree.at(EMPTY, "file"), b"mine")
    client = Client(node.start(SERVER))
    yield client
    client.end()


def refused_requests(tree):
    mine, new = tree.at(EMPTY, "file"), tree.at(EMPTY, "new")
    empty = tree.at(COMING)
    mode = attributes(mode=0o777)
    return {
        "setstat size": lambda c: c.status(sftp.SETSTAT, string(mine) + attributes(size=0)),
        "setstat times": lambda c: c.status(sftp.SETSTAT, string(mine) + attributes(times=(1, 1))),
        "setstat owner": lambda c: c.status(sftp.SETSTAT, string(mine) + attributes(owner=(0, 0))),
        "remove": lambda c: c.status(sftp.REMOVE, string(mine)),
        "rmdir": lambda c: c.status(sftp.RMDIR, string(empty)),
        "rename": lambda c: c.status(sftp.RENAME, string(mine) + string(new)),
        "readlink": lambda c: c.status(sftp.READLINK, string(mine)),
        "symlink": lambda c: c.status(sftp.SYMLINK, string("/etc/passwd") + string(new)),
        "posix-rename": lambda c: c.extended("posix-rename@openssh.com", string(mine) + string(new)),
        "hardlink": lambda c: c.extended("hardlink@openssh.com", string(mine) + string(new)),
        "hardlink outside": lambda c: c.extended(
            "hardlink@openssh.com", string(tree.home + "/canary") + string(new)),
        "lsetstat": lambda c: c.extended("lsetstat@openssh.com", string(mine) + mode),
        "statvfs": lambda c: c.extended("statvfs@openssh.com", string(mine)),
        "copy-data": lambda c: c.extended(
            "copy-data", string(b"\0\0\0\0") + struct.pack(">QQ", 0, 0) + string(b"\0\0\0\1") + b"\0" * 8),
        "home-directory": lambda c: c.extended("home-directory", string("nova")),
        "users-groups": lambda c: c.extended("users-groups-by-id@openssh.com", string(b"") + string(b"")),
        "unknown extension": lambda c: c.extended("rm-rf@example.org", string("/")),
    }


NAMES = (
    "setstat size", "setstat times", "setstat owner", "remove", "rmdir", "rename", "readlink",
    "symlink", "posix-rename", "hardlink", "hardlink outside", "lsetstat", "statvfs", "copy-data",
    "home-directory", "users-groups", "unknown extension")


@pytest.mark.parametrize("name", NAMES)
def test_a_request_that_is_not_there(node, tree, client, name):
    tree.make_directory(tree.at(COMING))
    before = node.snapshot()
    assert refused_requests(tree)[name](client) in (sftp.PERMISSION_DENIED, sftp.UNSUPPORTED)
    assert node.snapshot() == before


@pytest.mark.parametrize("path", ("own", "tenant", "outside"))
def test_setting_a_mode_by_path_is_answered_and_does_nothing(node, tree, client, path):
    """scp -r asks for it behind each directory, and warns where it is refused."""
    place = {"own": tree.at(EMPTY, "file"), "tenant": tree.at(TENANT, "disk"), "outside": node.home + "/canary"}[path]
    before = node.snapshot()
    for mode, answer in ((0o777, sftp.OK), (0, sftp.OK), (0o4755, sftp.PERMISSION_DENIED)):
        assert client.status(sftp.SETSTAT, string(place) + attributes(mode=mode)) == answer
    assert node.snapshot() == before


@pytest.mark.parametrize("mode", (0o4755, 0o2755, 0o6777, 0o104755))
def test_a_set_id_bit(node, tree, client, mode):
    """By open, by mkdir and by fsetstat. Held by seccomp alone."""
    write = sftp.FLAG_WRITE | sftp.FLAG_CREATE
    handle = client.open(tree.at(EMPTY, "a"), write, mode=mode)
    if handle is not None:
        client.write(handle, b"#!/bin/sh\n")
        client.status(sftp.FSETSTAT, string(handle) + attributes(mode=mode))
        client.close(handle)
    plain = client.open(tree.at(EMPTY, "b"), write, mode=0o644)
    assert plain is not None
    client.status(sftp.FSETSTAT, string(plain) + attributes(mode=mode))
    client.close(plain)
    client.status(sftp.MKDIR, string(tree.at(EMPTY, "d")) + attributes(mode=mode))
    for name in os.listdir(tree.at(EMPTY)):
        assert os.lstat(tree.at(EMPTY, name)).st_mode & (stat.S_ISUID | stat.S_ISGID) == 0, name


@pytest.mark.parametrize("what", ("mode", "times", "size", "owner"))
@pytest.mark.parametrize("name", ("_base/" + IMAGE, TENANT + "/kernel", "_base"))
def test_what_may_be_read_cannot_be_changed_through_its_handle(node, tree, client, name, what):
    """fsetstat on a handle that was opened for reading: fchmod(2) and futimens(3) need no write."""
    before = node.snapshot()
    path = tree.at(name)
    handle = client.opendir(path) if os.path.isdir(path) else client.open(path)
    assert handle is not None
    values = {"mode": 0o777, "times": (1, 1), "size": 0, "owner": (node.uid, node.gid)}
    client.status(sftp.FSETSTAT, string(handle) + attributes(**{what: values[what]}))
    assert node.snapshot() == before


@pytest.mark.parametrize("packet", (
    b"\0\0\0\0", b"\xff\xff\xff\xff", struct.pack(">IB", 5, 99) + b"\0\0\0\1", b"\0\0\0\5\3\0\0\0\1",
    struct.pack(">IB", 9, 3) + b"\0\0\0\1" + b"\xff\xff\xff\xff", struct.pack(">I", 262145),
    b"GET / HTTP/1.0\r\n\r\n", bytes(range(256)) * 64), ids=range(8))
def test_a_packet_that_is_none(node, tree, packet):
    before = node.snapshot()
    child = node.start(SERVER)
    try:
        child.stdin.write(packet)
        child.stdin.flush()
    except BrokenPipeError:
        pass
    out, err = child.communicate(timeout=10)
    assert node.snapshot() == before


def test_a_thousand_handles(node, tree, client):
    """sftp-server gives out handles until it has no descriptor left; the rest is refused."""
    handles = [client.open(tree.at("_base", IMAGE)) for _ in range(1100)]
    assert handles[0] is not None and handles[-1] is None


def test_the_client_works(node, tree, client):
    """What scp does goes through: else the refusals prove nothing."""
    handle = client.open(tree.at(EMPTY, "disk"), sftp.FLAG_WRITE | sftp.FLAG_CREATE, mode=0o644)
    assert client.write(handle, b"content") == sftp.OK
    assert client.close(handle) == sftp.OK
    assert open(tree.at(EMPTY, "disk"), "rb").read() == b"content"
    handle = client.open(tree.at("_base", IMAGE))
    assert client.read(handle).startswith(b"image image")
    assert client.names(tree.at("_base")) == [IMAGE]
