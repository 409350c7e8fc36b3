# SPDX-License-Identifier: Apache-2.0
"""Instances directories as nodes have them: mounted, in part mounted, and reached through symlinks."""

import os
import shutil
import subprocess

import pytest

from testbed import login
from testbed.audit import expect_done, expect_failed, expect_refused
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, EMPTY, IMAGE, PROBE

pytestmark = needs_root

WAY = login.LOGIN_SHELL
BOTH = pytest.mark.parametrize("wall", ("off", "required"))


def configure(node, wall):
    node.write_config(more=CLAIMS_OFF + "[sandbox]\nnamespaces = %s\n" % wall)


def enforce(node, wall):
    node.write_config(more="[sandbox]\nnamespaces = %s\n" % wall)


@pytest.fixture
def mounted(node, tree):
    """Mounts another file system's directory, with what was there, in the place of each path."""
    taken = []

    def mount(path):
        other = os.path.join(node.base, "other-%d" % len(taken))
        subprocess.run(["cp", "-a", path, other], check=True)
        subprocess.run(["mount", "--bind", other, path], check=True)
        taken.append((path, other))

    yield mount
    for path, other in reversed(taken):
        subprocess.run(["umount", path], check=True)
        shutil.rmtree(other)


def send(peer, tree, transport, *words):
    if transport == "rsync":
        return peer.run(WAY, ["rsync", "-r", "--sparse", *words])
    return peer.run(WAY, ["scp", "-r", *words])


def come_and_go(node, tree, peer, transport, disk):
    """What Nova does with an instance, by the forms of its transport."""
    at = tree.at(COMING)
    if transport == "ssh":
        expect_done(node, peer.ask(WAY, "mkdir -p " + at))
        expect_done(node, send(peer, tree, transport, disk, "node:" + at + "/disk"))
        expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, PROBE)))
        expect_done(node, peer.ask(WAY, "rm " + tree.at(COMING, PROBE)))
        expect_done(node, peer.ask(WAY, "rm -rf " + at))
        return
    os.makedirs(peer.path("c" + at), exist_ok=True)
    os.makedirs(peer.path("none"), exist_ok=True)
    for words in (("-a", "--relative", "--no-implied-dirs", "c/." + at, "node:/"),
                  ("-r", "--sparse", disk, "node:" + at + "/disk"),
                  ("-a", "--delete-excluded", "none/", "node:" + at),
                  ("-a", "--delete", "--include", COMING, "--exclude", "*", "none/", "node:" + tree.root)):
        expect_done(node, peer.run(WAY, ["rsync", *words]))


@BOTH
@pytest.mark.parametrize("transport", ("ssh", "rsync"))
@pytest.mark.parametrize("places", (("",), ("_base", EMPTY), ("", "_base", EMPTY)), ids=("whole", "parts", "all"))
def test_what_is_mounted_is_used(node, tree, peer, mounted, places, transport, wall):
    for place in places:
        mounted(tree.at(place) if place else tree.root)
    configure(node, wall)
    disk = peer.write("disk", b"disk")
    expect_done(node, send(peer, tree, transport, disk, "node:" + tree.at(EMPTY, "disk")))
    with open(tree.at(EMPTY, "disk"), "rb") as file:
        assert file.read() == b"disk"
    expect_done(node, send(peer, tree, transport, "node:" + tree.at("_base", IMAGE), peer.path("image")))
    assert os.path.getsize(peer.path("image")) > 0
    enforce(node, wall)
    come_and_go(node, tree, peer, transport, disk)
    assert not os.path.exists(tree.at(COMING))


@BOTH
def test_an_instance_that_is_a_mount_is_emptied_and_stays(node, tree, peer, mounted, wall):
    """As rm(1) does it: nobody can remove what something is mounted on."""
    mounted(tree.at(EMPTY))
    tree.write(tree.at(EMPTY, "disk"), b"disk")
    configure(node, wall)
    run = peer.ask(WAY, "rm -rf " + tree.at(EMPTY))
    expect_failed(node, run)
    assert run.err.decode() == "rm: cannot remove '%s': Device or resource busy\n" % tree.at(EMPTY)
    assert os.listdir(tree.at(EMPTY)) == []


@pytest.fixture
def linked(node, tree):
    """Puts a symlink in the place of path, to what was there."""
    taken = []

    def link(path, owner=0):
        other = os.path.join(node.base, "other-%d" % len(taken))
        subprocess.run(["mv", path, other], check=True)
        os.symlink(other, path)
        os.chown(path, owner, owner, follow_symlinks=False)
        taken.append((path, other))

    yield link
    for path, other in reversed(taken):
        os.unlink(path)
        subprocess.run(["mv", other, path], check=True)


@pytest.mark.parametrize("line", (
    "mkdir -p {I}/{U}", "/usr/lib/openssh/sftp-server", "rsync --server -rSe.iLsfxCIvu . {I}/{E}/disk"))
@pytest.mark.parametrize("which", ("itself", "above"))
def test_a_symlink_to_the_instances_directory_is_told_of(node, tree, linked, which, line):
    place = tree.root if which == "itself" else os.path.dirname(tree.root)
    linked(place)
    run = node.run(line.format(I=tree.root, U=COMING, E=EMPTY))
    expect_refused(node, run, "not-configured", 78)
    assert [record["problem"] for record in run.faults] == [
        "instances_path leads through a symlink: mount what it points to there instead: " + tree.root]


@pytest.mark.parametrize("transport, wall", (("ssh", "required"), ("ssh", "off"), ("rsync", "required")))
def test_a_symlink_to_the_image_cache_is_refused(node, tree, peer, linked, transport, wall):
    linked(tree.at("_base"))
    configure(node, wall)
    run = send(peer, tree, transport, "node:" + tree.at("_base", IMAGE), peer.path("image"))
    if transport == "rsync":
        expect_refused(node, run, "not-readable")
    else:
        expect_failed(node, run)


@pytest.mark.parametrize("slash", ("/", "//"))
def test_a_slash_behind_the_instances_directory(node, tree, slash):
    node.write_config(node.default_config.replace(tree.root, tree.root + slash) + CLAIMS_OFF)
    run = node.run("mkdir -p " + tree.at(COMING))
    if slash == "/":
        expect_done(node, run, path=tree.at(COMING))
    else:
        expect_refused(node, run, "not-configured", 78)
