# SPDX-License-Identifier: Apache-2.0
"""What the audit says of a transfer that names no file, or many: what it was given, what not, and what it wrote."""

import os

import pytest

import sftp_client as sftp
from testbed import claim, login
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, LATER
from scp_source import Source

pytestmark = needs_root
WAY = login.LOGIN_SHELL
SENDER = {"SSH_CONNECTION": "127.0.0.1 5000 127.0.0.1 22"}
FLAGS = sftp.FLAG_WRITE | sftp.FLAG_CREATE
CLIENTS = {
    "sftp": ["scp", "-r"], "scp": ["scp", "-O", "-r"], "rsync": ["rsync", "-r", "--sparse"],
}


def done(run):
    record, = run.dones
    return record


def wrote(record):
    return {} if record["wrote"] == "-" else dict(word.rsplit(":", 1) for word in record["wrote"].split(","))


@pytest.fixture
def coming(node, tree, peer, enforced):
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)))
    return tree.at(COMING)


@pytest.mark.parametrize("how", CLIENTS)
def test_each_file_that_came(node, tree, peer, coming, how):
    tree.write(coming + "/old", b"was here before")
    peer.write("d/disk", b"d" * 70000)
    peer.write("d/disk.info", b"{}")
    run = peer.run(WAY, [*CLIENTS[how], peer.path("d"), "node:" + coming])
    assert run.status == 0, run.err
    assert wrote(done(run)) == {COMING + "/d/disk": "70000", COMING + "/d/disk.info": "2"}
    assert [record["given"] for record in run.decides] == [COMING if how == "sftp" else "-"]


@pytest.mark.parametrize("how", CLIENTS)
def test_a_file_that_was_written_again_with_what_it_had(node, tree, peer, coming, how):
    tree.write(coming + "/disk", b"d" * 5000)
    os.utime(peer.write("disk", b"d" * 5000), (0, 0))  # else rsync passes it over
    run = peer.run(WAY, [*CLIENTS[how], peer.path("disk"), "node:" + coming + "/disk"])
    assert run.status == 0, run.err
    assert wrote(done(run)) == {COMING + "/disk": "5000"}


def test_what_was_only_read_is_not_written(node, tree, peer, coming):
    run = peer.run(WAY, ["scp", "node:" + tree.at("_base", os.listdir(tree.at("_base"))[0]), peer.path("image")])
    assert wrote(done(run)) == {}


def test_more_files_than_have_room_are_counted(node, tree, peer, coming):
    for number in range(200):
        peer.write("many/a-file-with-a-rather-long-name-%03d" % number, b"x")
    record = done(peer.run(WAY, ["scp", "-r", peer.path("many"), "node:" + coming]))
    named = wrote(record)
    assert int(named.pop("more")) + len(named) == 200 and len(named) > 10


def chain(top, name, count):
    """Directories in each other, which together may have a longer path than one call takes."""
    at = os.open(top, os.O_RDONLY)
    for _ in range(count):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("hidden", os.O_WRONLY | os.O_CREAT, dir_fd=at))
    os.close(at)


def deep(top):
    chain(top, "d", 66)


def of_a_long_path(top):
    chain(top, "d" * 250, 20)


def of_a_mode(mode):
    def make(top):
        chain(top, "d", 1)
        os.chmod(top + "/d", mode)
    make.__name__ = "of_mode_%o" % mode
    return make


@pytest.mark.parametrize(
    "make", (deep, of_a_long_path, of_a_mode(0o700), of_a_mode(0o733), of_a_mode(0o744)), ids=lambda make: make.__name__)
def test_where_nobody_can_look_is_counted(node, tree, coming, make):
    """We make it while the session lasts, as a program that has been taken over would. It is root's: nova is no owner."""
    mark = node.syslog.mark()
    source = Source(node.start("scp -r -t " + coming, SENDER))
    make(coming)
    assert source.file(b"seen") == b""
    source.end()
    record, = [each for each in node.records(mark) if each["event"] == "done"]
    assert wrote(record) == {COMING + "/seen": "1", "more": "1"}


def test_where_nobody_can_look_hides_no_name(node, tree, coming):
    """In whichever order the file system has them."""
    mark = node.syslog.mark()
    source = Source(node.start("scp -r -t " + coming, SENDER))
    for number in range(10):
        assert source.file(b"seen-%d" % number) == b""
        os.mkdir(coming + "/shut-%d" % number, 0o700)
    source.end()
    record, = [each for each in node.records(mark) if each["event"] == "done"]
    assert wrote(record) == {"more": "10", **{COMING + "/seen-%d" % number: "1" for number in range(10)}}


@pytest.mark.parametrize("name", ("a,b:1", "x=y z", "new\nline", "\x1b[31m", "q\"'\\"))
def test_no_name_forges_an_entry(node, tree, coming, name):
    mark = node.syslog.mark()
    client = sftp.Client(node.start("/usr/lib/openssh/sftp-server", SENDER))
    handle = client.open(coming + "/" + name, FLAGS, mode=0o644)
    assert handle is not None and client.write(handle, b"12345") == sftp.OK
    client.end()
    record, = [each for each in node.records(mark) if each["event"] == "done"]
    shown, size = record["wrote"].rsplit(":", 1)
    assert size == "5" and shown.startswith(COMING + "/") and "," not in shown
    assert set(shown[37:]) <= set("abcdefghijklmnopqrstuvwxyz0123456789._/+-?")


def test_what_is_left_out_is_named_with_its_reason(node, tree, peer, coming):
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(LATER)))
    for uuid in (COMING, LATER):
        tree.write(tree.at(uuid, "disk"), b"x")
    with claim.locked(tree.at(LATER, "disk")):
        os.link(coming + "/disk", coming + "/second")
        tree.seal(coming)
        run = peer.run(WAY, ["scp", peer.write("file", b"x"), "node:" + coming + "/file"])
    record, = run.decides
    assert record["given"] == "-"
    assert sorted(record["left_out"].split(",")) == sorted([COMING + ":hard-link", LATER + ":busy"])
    assert run.status != 0


def test_another_peer_s_instances_are_not_named(node, tree, peer, other, coming):
    expect_done(node, other.ask(WAY, "mkdir -p " + tree.at(LATER)))
    run = peer.run(WAY, ["scp", peer.write("file", b"x"), "node:" + coming + "/file"])
    record, = run.decides
    assert (record["given"], record["left_out"]) == (COMING, "-")


@pytest.mark.parametrize("age,state", ((86400 + 60, "grace"), (90000, "expired")))
def test_an_expired_claim_is_named(node, tree, peer, coming, age, state):
    made = claim.read(coming)
    claim.write(coming, " ".join([made[0], *map(str, claim.of_now(age)), *made[3:]]))
    run = peer.run(WAY, ["scp", peer.write("file", b"x"), "node:" + coming + "/file"])
    record, = run.decides
    assert (record["given"], record["left_out"]) == ("-", "%s:%s" % (COMING, state))
