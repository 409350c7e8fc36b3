# SPDX-License-Identifier: Apache-2.0
"""An instance that another peer is migrating here, or that lives here. Held by: the claim on the directory
and what policy/verdict makes of it; for sftp-server, Landlock, which is granted on claimed ones alone."""

import fcntl
import os
import struct

import pytest

import sftp_client as sftp
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, LOCKS, PROBE, TENANT

A = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.8 22"}
B = {"SSH_CONNECTION": "192.0.2.2 50000 192.0.2.8 22"}
WRITING = (
    "mkdir -p {P}", "touch {P}/file", "rm {P}/file", "rm -rf {P}", "rm -rf {P}/file", "mkdir -p {P}/d", "scp -t {P}",
    "scp -t {P}/disk", "scp -r -t {P}/d", "rsync --server -rSe.iLsfxCIvu . {P}/disk", "rsync --server -rSe.iLsfxCIvu . {P}",
    "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . {P}")


@pytest.fixture
def claimed(node, tree):
    """An instance that A brought."""
    node.write_config(more="")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    tree.write(tree.at(COMING, "file"), b"A's")
    return tree.at(COMING)


@needs_root
@pytest.mark.parametrize("line", WRITING)
def test_another_peer_s_instance(node, tree, claimed, line, untouched):
    expect_refused(node, node.run(line.format(P=claimed), environment=B), "not-claimed")


@needs_root
@pytest.mark.parametrize("line", WRITING)
def test_an_instance_that_nobody_brought(node, tree, line):
    node.write_config(more="")
    before = node.snapshot()
    expect_refused(node, node.run(line.format(P=tree.at(TENANT)), environment=A), "not-claimed")
    assert node.snapshot() == before


@needs_root
@pytest.mark.parametrize("line", WRITING)
def test_an_instance_that_lives_here(node, tree, claimed, line):
    """QEMU holds a lock on a disk of it."""
    tree.write(tree.at(COMING, "disk"), b"running")
    before = node.snapshot()
    with open(tree.at(COMING, "disk"), "r+b") as disk:
        fcntl.fcntl(disk, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 100, 1, 0))
        expect_refused(node, node.run(line.format(P=claimed), environment=A), "busy")
    assert node.snapshot() == before


@needs_root
@pytest.mark.parametrize("line", WRITING)
def test_an_instance_of_another_user(node, tree, claimed, line):
    tree.write(tree.at(COMING, "disk"), b"running")
    os.chown(tree.at(COMING, "disk"), 0, 0)
    before = node.snapshot()
    expect_refused(node, node.run(line.format(P=claimed), environment=A), "busy")
    assert node.snapshot() == before


@needs_root
def test_a_claim_that_is_over(node, tree, claimed):
    value = os.getxattr(claimed, "user.rssh-nova.claim").split(b" ")
    for back in (25 * 3600, 10 * 86400):
        old = [value[0], b"%d" % (int(value[1]) - back), b"%d" % (int(value[2]) - back)] + value[3:]
        os.setxattr(claimed, "user.rssh-nova.claim", b" ".join(old))
        expect_refused(node, node.run("touch %s/file" % claimed, environment=A), "not-claimed")


@needs_root
@pytest.mark.parametrize("ahead", (3600, 10 * 86400))
def test_a_clock_that_went_back(node, tree, claimed, ahead):
    """A claim of the future is none, whichever of the two clocks says so."""
    value = os.getxattr(claimed, "user.rssh-nova.claim").split(b" ")
    ahead_of_both = [value[0], b"%d" % (int(value[1]) + ahead), b"%d" % (int(value[2]) + ahead)] + value[3:]
    os.setxattr(claimed, "user.rssh-nova.claim", b" ".join(ahead_of_both))
    expect_refused(node, node.run("touch %s/file" % claimed, environment=A), "not-claimed")


@needs_root
@pytest.mark.parametrize("text", (
    b"", b"1", b"2 1 1 192.0.2.2 -", b"1 1 1 192.0.2.2", b"x" * 500, b"\0\0", b"1 -1 -1 192.0.2.2 -",
    b"1 99999999999999999999 1 192.0.2.2 -"))
def test_an_attribute_that_is_no_claim(node, tree, claimed, text):
    os.setxattr(claimed, "user.rssh-nova.claim", text)
    for who in (A, B):
        expect_refused(node, node.run("touch %s/file" % claimed, environment=who), "not-claimed")


@needs_root
def test_mkdir_of_what_is_here_is_refused_and_claims_nothing(node, tree, claimed):
    before = node.snapshot()
    for path, who in ((claimed, B), (tree.at(TENANT), B), (tree.at(EMPTY), A)):
        for line in ("mkdir -p %s", "touch %s/file"):
            expect_refused(node, node.run(line % path, environment=who), "not-claimed")
    assert node.snapshot() == before
    expect_done(node, node.run("touch %s/file" % claimed, environment=A))


@needs_root
def test_the_probe_needs_no_claim_and_is_a_way_to_nothing_else(node, tree):
    node.write_config(more="")
    probe = tree.at(TENANT, PROBE)
    expect_done(node, node.run("touch " + probe, environment=B))
    expect_done(node, node.run("rm " + probe, environment=B))
    assert not os.path.exists(probe)
    tree.write(probe, b"no longer empty")
    assert node.run("rm " + probe, environment=B).status != 0
    assert os.path.exists(probe)
    for line in ("mkdir -p ", "rm -rf ", "scp -t ", "rsync --server -rSe.iLsfxCIvu . "):
        assert node.run(line + probe, environment=B).status == 77
    assert os.path.exists(probe)


@needs_root
def test_two_that_make_it_at_once(node, tree):
    """One of them has it: what the other writes is refused."""
    node.write_config(more="")
    for _ in range(50):
        children = [node.start("mkdir -p " + tree.at(COMING), environment=who) for who in (A, B, A, B)]
        ends = [(child.communicate(b"", 20)[1], child.returncode) for child in children]
        won = {number % 2 for number, (_, status) in enumerate(ends) if status == 0}
        assert len(won) == 1, ends
        assert all(status == (0 if number % 2 in won else 77) for number, (_, status) in enumerate(ends)), ends
        statuses = {
            node.run("mkdir -p " + tree.at(COMING, "d"), environment=who).status for who in (A, B)}
        assert statuses == {0, 77}
        winner = A if node.run("rm -rf " + tree.at(COMING), environment=A).status == 0 else B
        if winner is B:
            assert node.run("rm -rf " + tree.at(COMING), environment=B).status == 0
        assert [name for name in os.listdir(tree.root) if name.startswith(".")] == [LOCKS]


@needs_root
def test_sftp_reaches_what_is_claimed_and_no_more(node, tree, claimed):
    write = sftp.FLAG_WRITE | sftp.FLAG_CREATE
    for who, may in ((A, True), (B, False)):
        client = sftp.Client(node.start("/usr/lib/openssh/sftp-server", environment=who))
        assert (client.open(claimed + "/disk", write, mode=0o644) is not None) == may
        assert client.open(tree.at(TENANT, "disk"), sftp.FLAG_WRITE) is None
        assert client.open(tree.at(EMPTY, "disk"), write, mode=0o644) is None
        client.end()


@needs_root
def test_a_claim_planted_by_a_transfer(node, tree, peer):
    """rsync -X carries extended attributes; the server's line has no X, and seccomp no setxattr."""
    from rsync_client import PUSH, Stage
    from test_rsync_create_stream import WAY

    node.write_config(more="")
    assert peer.ask(WAY, "mkdir -p " + tree.at(COMING)).status == 0
    stage = Stage(peer).directory("d").file("file", b"x")
    claim = os.getxattr(tree.at(COMING), "user.rssh-nova.claim")
    for name in ("d", "file", ""):
        other = claim.replace(b"127.0.0.1", b"192.0.2.2")
        os.setxattr(os.path.join(stage.path, name), "user.rssh-nova.claim", other)
    for options in (["-rS"], ["-rSX"], ["-rS", "--fake-super"]):
        stage.send(WAY, PUSH.format(tree.at(COMING)), options, [stage.path + "/"], "node:" + tree.at(COMING))
    assert os.getxattr(tree.at(COMING), "user.rssh-nova.claim") == claim
    for name in os.listdir(tree.at(COMING)):
        assert os.listxattr(tree.at(COMING, name)) == []
