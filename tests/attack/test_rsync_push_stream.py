# SPDX-License-Identifier: Apache-2.0
"""What is behind "rsync --server -rSe... . P": files of any kind and name for one instance.
Held by: Landlock, which is granted on that instance alone and knows no links and devices; seccomp for
modes."""

import os
import re
import stat

import pytest

from rsync_client import PULL, PUSH, Stage
from test_rsync_create_stream import WAY
from test_scp_names import check
from testbed.fixtures import needs_root
from testbed.tree import EMPTY, IMAGE, TENANT


@pytest.fixture
def stage(peer):
    return Stage(peer)


def push(stage, tree, options=(), path=None):
    path = path or tree.at(EMPTY)
    return stage.send(WAY, PUSH.format(path), ["-rS", *options], [stage.path + "/"], "node:" + path)


def odd_files(root):
    found = []
    for directory, names, files in os.walk(root):
        for name in names + files:
            status = os.lstat(os.path.join(directory, name))
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)) or status.st_mode & 0o6000:
                found.append((name, oct(status.st_mode)))
    return found


@needs_root
def test_special_files_and_links(node, tree, root_peer):
    before = node.snapshot()
    stage = Stage(root_peer)
    stage.link("link", "/etc/passwd").link("up", "../" + TENANT + "/disk").node("fifo", stat.S_IFIFO | 0o666)
    stage.node("device", stat.S_IFCHR | 0o666, os.makedev(1, 5)).node("socket", stat.S_IFSOCK | 0o666)
    stage.file("plain", b"content")
    for options in ([], ["-l"], ["-D"], ["-lD"], ["-a"], ["-aH"], ["-L"], ["--copy-devices"]):
        push(stage, tree, options)
        assert odd_files(tree.root) == []
    check(node, tree, before)


def figure(run, name):
    """A line of rsync --stats."""
    found = re.search(rb"^%s: ([\d,]+)" % name.encode(), run.out, re.M)
    return int(found.group(1).replace(b",", b""))


@pytest.mark.parametrize("options", (
    [], ["--no-whole-file"], ["-z", "--no-whole-file"], ["--no-whole-file", "--block-size=131072"],
    ["--no-whole-file", "--inplace"], ["--no-whole-file", "--append"], ["--no-whole-file", "--fuzzy"]), ids=str)
def test_no_checksum_of_what_is_there_is_sent(node, tree, peer, stage, options):
    """By them what is there could be told: a guess be confirmed, a known block be found. Held by --whole-file on our
    side. With it a push of the very same disk finds nothing to match, and hears next to nothing."""
    size = 8 << 20
    content = os.urandom(1 << 16) * (size >> 16)
    stage.file("disk", content)
    tree.write(tree.at(EMPTY, "disk"), content)
    os.utime(tree.at(EMPTY, "disk"), (1, 1))
    line = PUSH.replace("-rS", "-rSz") if "-z" in options else PUSH
    where = tree.at(EMPTY, "disk")
    run = stage.send(WAY, line.format(where), ["-rS", "--stats", *options], [stage.at("disk")], "node:" + where)
    assert run.status == 0, run.err
    assert figure(run, "Matched data") == 0, run.out
    assert figure(run, "Literal data") == size
    assert figure(run, "Total bytes received") < 2000, run.out
    with open(where, "rb") as file:
        assert file.read() == content


def test_set_id_modes(node, tree, stage):
    for number, mode in enumerate((0o4755, 0o2755, 0o6777, 0o7777)):
        stage.file("f%d" % number, b"#!/bin/sh\n", mode)
        stage.directory("d%d" % number, mode)
    for options in ([], ["-p"], ["-a"], ["--chmod=a=rwxs"]):
        push(stage, tree, options)
        assert odd_files(tree.root) == []


@pytest.mark.parametrize("options", ([], ["-K"], ["--inplace"], ["-a"], ["--append"]), ids=str)
def test_links_that_are_there(node, tree, stage, options):
    before = node.snapshot()
    tree.link(node.home + "/public", tree.at(EMPTY, "d"))
    tree.link(node.home + "/canary", tree.at(EMPTY, "f"))
    tree.link(node.home + "/new", tree.at(EMPTY, "n"))
    stage.file("d/file", b"pwned").file("f", b"pwned").file("n", b"pwned").file("d/new", b"pwned")
    push(stage, tree, options)
    check(node, tree, before)


@pytest.mark.parametrize("name", ("d", "d/file", "d/new"))
def test_a_link_in_the_line(node, tree, stage, name):
    before = node.snapshot()
    tree.link(node.home + "/public", tree.at(EMPTY, "d"))
    stage.file("file", b"pwned").file("new", b"pwned")
    push(stage, tree, path=tree.at(EMPTY, name))
    check(node, tree, before)


@pytest.mark.parametrize("options", (
    ["--delete"], ["--delete-excluded"], ["--remove-source-files"], ["--backup", "--backup-dir=/tmp"],
    ["--temp-dir=/tmp"], ["--link-dest=/etc"], ["-R"], ["--files-from=-"], ["-z"], ["-x"]), ids=str)
def test_options_that_only_the_client_knows(node, tree, stage, options):
    before = node.snapshot()
    stage.file("disk", b"content").directory("d")
    push(stage, tree, options)
    check(node, tree, before)


@pytest.mark.parametrize("name", (
    TENANT + "/disk", TENANT + "/console.log", TENANT + "/vtpm", TENANT, "locks", "compute_nodes", "", "../canary",
    "_base/../" + TENANT + "/disk"))
def test_a_pull_of_something_else(node, tree, peer, stage, name, untouched):
    path = tree.at(name)
    run = stage.send(WAY, PULL.format(path), ["-rS"], ["node:" + path], stage.path + "/out")
    assert run.status != 0
    assert os.listdir(stage.path) == []


@pytest.mark.parametrize("secret", ("../../secret.conf", "../%s/disk" % TENANT, "/etc/passwd"))
@pytest.mark.parametrize("options", (["-rS"], ["-rSL"], ["-aL"]), ids=str)
def test_a_pull_through_a_link(node, tree, stage, secret, options):
    tree.link(secret, tree.at(EMPTY, "kernel"))
    path = tree.at(EMPTY, "kernel")
    stage.send(WAY, PULL.format(path), options, ["node:" + path], stage.path + "/out")
    out = stage.path + "/out"
    assert not os.path.isfile(out) or open(out, "rb").read() == b""


def test_a_pull_changes_nothing_here(node, tree, stage, untouched):
    path = tree.at("_base", IMAGE)
    for options in (["-rS", "--remove-source-files"], ["-aS", "--delete"], ["-rS", "--chmod=a=rwx"]):
        stage.send(WAY, PULL.format(path), options, ["node:" + path], stage.path + "/out")


def test_the_stage_can_push(node, tree, stage):
    stage.file("disk", b"content")
    assert push(stage, tree).status == 0
    assert open(tree.at(EMPTY, "disk"), "rb").read() == b"content"
