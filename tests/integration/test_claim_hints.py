# SPDX-License-Identifier: Apache-2.0
"""The hints in .rssh-nova spare an SFTP session a look at every instance; they give nothing by themselves."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from testbed import claim, login
from testbed.audit import expect_done, expect_refused, is_kept_out
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, LATER, STOPPED, TENANT, changes, snapshot

pytestmark = needs_root
WAY = login.LOGIN_SHELL
on_each_transport = pytest.mark.parametrize("transport", ("ssh", "rsync"))


def hints(tree):
    path = tree.at(".rssh-nova")
    return sorted(os.listdir(path)) if os.path.isdir(path) else None


def put(tree, uuid):
    tree.make_directory(tree.at(".rssh-nova", uuid))


def push(peer, tree, uuid):
    return peer.run(WAY, ["scp", peer.write("file", b"new"), "node:" + tree.at(uuid, "file")])


@on_each_transport
def test_a_hint_comes_and_goes_with_the_instance(node, tree, peer, novas, enforced, transport):
    nova = novas(peer, WAY, transport)
    assert hints(tree) is None
    expect_done(node, nova.create_dir(tree.at(COMING)))
    expect_done(node, nova.create_dir(tree.at(LATER)))
    assert hints(tree) == sorted((COMING, LATER))
    expect_done(node, nova.remove_dir(tree.at(COMING)))
    assert hints(tree) == [LATER]


def test_without_claims_there_are_none(node, tree, peer):
    claim.configure(node, mode="off")
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)))
    assert hints(tree) is None


def test_a_hint_gives_nothing(node, tree, peer, other, enforced):
    """Not of what nobody claimed, nor of what another did, nor of what is not there."""
    peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    for uuid in (TENANT, STOPPED, EMPTY, COMING, LATER):
        put(tree, uuid)
    before = snapshot(tree.root, True)
    for uuid in (TENANT, STOPPED, EMPTY, COMING):
        assert is_kept_out(push(other, tree, uuid))
    hint = tree.at(".rssh-nova")
    assert [line for line in changes(before, snapshot(tree.root, True)) if hint not in line] == []
    assert hints(tree) == [COMING]


def test_a_hint_that_is_missing_costs_sftp_until_mkdir_again(node, tree, peer, other, enforced):
    peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    shutil.rmtree(tree.at(".rssh-nova"))
    assert is_kept_out(push(peer, tree, COMING))
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "file")), claim="own")
    expect_refused(node, other.ask(WAY, "mkdir -p " + tree.at(COMING)), "not-claimed")
    assert hints(tree) is None
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), claim="own")
    assert hints(tree) == [COMING]
    assert push(peer, tree, COMING).status == 0


def test_the_next_session_tidies_up(node, tree, peer, other, enforced):
    for who, uuid in ((peer, COMING), (other, LATER)):
        who.ask(WAY, "mkdir -p " + tree.at(uuid))
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 5))
    put(tree, TENANT)
    put(tree, "99999999-9999-4999-8999-999999999999")
    assert push(other, tree, LATER).status == 0
    assert hints(tree) == [LATER]


def test_a_link_in_their_place_leads_nowhere(node, tree, peer, enforced):
    outside = os.path.join(tree.home, "public")
    tree.link(outside, tree.at(".rssh-nova"))
    before = snapshot(outside, True)
    # How many claims the peer has cannot be told there, so it gets no more.
    run = peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    assert (run.status, run.decides[-1]["reason"]) == (77, "too-many-claims")
    assert not os.path.exists(tree.at(COMING))
    assert changes(before, snapshot(outside, True)) == []


@pytest.mark.parametrize("line", (
    "rm -rf {}", "mkdir -p {}/x", "touch {}/x", "rm {}/x", "scp -t {}", "rsync --server -rSe.iLsfxCIvu . {}"))
def test_no_peer_reaches_them(node, tree, peer, enforced, line):
    peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    expect_refused(node, peer.ask(WAY, line.format(tree.at(".rssh-nova"))), "bad-path")
    assert hints(tree) == [COMING]


def test_each_boot_file_is_read(node, tree, peer, enforced):
    tree.write(tree.at(STOPPED, "ramdisk"), b"of no kernel")
    for name, there in ((TENANT + "/kernel", True), (STOPPED + "/ramdisk", True), (STOPPED + "/kernel", False)):
        target = peer.path("pulled")
        if os.path.exists(target):
            os.unlink(target)
        run = peer.run(WAY, ["scp", "node:" + tree.at(name), target])
        assert (run.status == 0) == there, (name, run.err)
        assert os.path.exists(target) == there


# Instances that come and go, as fast as this can; a session may drop a hint first, as it tidies up. argv is the root and
# the value of a claim.
COME_AND_GO = """
import contextlib, os, sys
root, claim = sys.argv[1], sys.argv[2].encode()
hints = os.path.join(root, ".rssh-nova")
names = ["77777777-7777-4777-8777-%012d" % number for number in range(8)]
while True:
    for name in names:
        os.mkdir(os.path.join(root, name))
        os.setxattr(os.path.join(root, name), "user.rssh-nova.claim", claim)
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.makedirs(os.path.join(hints, name))
    for name in names:
        os.rmdir(os.path.join(root, name))
        with contextlib.suppress(OSError):
            os.rmdir(os.path.join(hints, name))
            os.rmdir(hints)
"""


@contextlib.contextmanager
def others_come_and_go(tree, value):
    words = [sys.executable, "-c", COME_AND_GO, tree.root, value]
    churn = subprocess.Popen(words, user=tree.uid, group=tree.gid, extra_groups=[], cwd="/")
    try:
        yield churn
        assert churn.poll() is None
    finally:
        churn.kill()
        churn.wait()


def test_what_others_remove_meanwhile_disturbs_no_session(node, tree, peer, enforced):
    """Each looks at every claim: a directory that is gone by then holds nothing, and is no failure."""
    empty, path = peer.path("empty") + "/", tree.at(COMING)
    os.makedirs(empty)
    file = peer.write("file", b"new")
    steps = (
        ["ssh", "-T", "node", "mkdir -p " + path],
        ["scp", file, "node:%s/file" % path],
        ["rsync", "-r", "--sparse", "--compress", file, "node:%s/file" % path],
        ["ssh", "-T", "node", "rm -rf " + path],
        ["rsync", "--archive", "--delete", "--include=" + LATER, "--exclude=*", empty, "node:" + tree.root],
    )
    with others_come_and_go(tree, claim.of(peer)):
        for _ in range(4):
            for words in steps:
                run = peer.run(WAY, words)
                assert run.status == 0, (words, run.err)
