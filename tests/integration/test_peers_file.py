# SPDX-License-Identifier: Apache-2.0
"""A peer with several addresses is one peer where [claims] peers_file says so, and nowhere else."""

import os

import pytest

from testbed import claim, untrusted
from testbed.audit import expect_done, expect_refused, refusal
from testbed.fixtures import needs_root
from testbed.tree import COMING, LATER
from testbed.login import LOGIN_SHELL

pytestmark = needs_root
PATH = "/etc/rssh-nova.peers"
LINE = "compute1 127.0.0.1 127.0.0.2 2001:db8::1\n"
OTHER_PEER = "compute2 127.0.0.3\n"


@pytest.fixture
def peers(node, tree):
    def write(text=LINE + OTHER_PEER, **keys):
        with open(PATH, "w", encoding="latin-1") as file:
            file.write(text)
        claim.configure(node, peers_file=PATH, **keys)
    yield write
    for path in (PATH, PATH + ".real"):
        if os.path.lexists(path):
            os.unlink(path)


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_a_migration_goes_on_by_another_address(node, tree, peer, other, moved, novas, peers, transport):
    peers()
    first, second, third = (novas(who, LOGIN_SHELL, transport) for who in (peer, other, moved))
    expect_done(node, first.create_dir(tree.at(COMING)), peer="127.0.0.1", peer_name="compute1")
    assert claim.read(tree.at(COMING))[3] == "compute1"
    run = second.push(other.write("disk", b"disk"), tree.at(COMING, "disk"))
    expect_done(node, run, peer="127.0.0.2", peer_name="compute1")
    # The same key at the address of another peer.
    run = third.push(moved.write("disk", b"disk"), tree.at(COMING, "disk"))
    assert run.status != 0 and {each["peer_name"] for each in run.decides} == {"compute2"}
    expect_done(node, second.remove_dir(tree.at(COMING)))


def test_without_the_file_an_address_is_a_peer(node, tree, peer, other, peers):
    claim.configure(node)
    assert peer.ask(LOGIN_SHELL, "mkdir -p " + tree.at(COMING)).status == 0
    run = other.ask(LOGIN_SHELL, "touch " + tree.at(COMING, "disk"))
    expect_refused(node, run, "not-claimed")
    assert b"or by another address" in run.err and run.decides[0]["peer_name"] == "-"
    # The claim is older than the line; both the line's peer and the address have it, others of the line do not.
    peers()
    expect_done(node, peer.ask(LOGIN_SHELL, "touch " + tree.at(COMING, "disk")), claim="own")
    expect_refused(node, other.ask(LOGIN_SHELL, "touch " + tree.at(COMING, "disk")), "not-claimed")


def test_a_key_of_its_own_is_still_asked_for(node, tree, peer, other, peers):
    peers(identity="address+key")
    assert peer.ask(LOGIN_SHELL, "mkdir -p " + tree.at(COMING)).status == 0
    expect_refused(node, other.ask(LOGIN_SHELL, "touch " + tree.at(COMING, "disk")), "not-claimed")


def test_a_name_has_as_many_empty_directories_as_one_peer(node, tree, peer, other, moved, peers):
    peers(empty_max=1)
    assert peer.ask(LOGIN_SHELL, "mkdir -p " + tree.at(COMING)).status == 0
    assert b"refused: too-many-claims" in other.ask(LOGIN_SHELL, "mkdir -p " + tree.at(LATER)).err
    assert moved.ask(LOGIN_SHELL, "mkdir -p " + tree.at(LATER)).status == 0


def test_a_name_has_as_many_transfers_as_one_peer(node, tree, peers):
    peers("compute1 192.0.2.7 192.0.2.8\n", mode="off", more="[limits]\npeer_sessions = 1\n")
    line = "scp -t " + tree.at(COMING)
    os.mkdir(tree.at(COMING))
    tree.own(tree.at(COMING))
    first = node.start(line)
    try:
        assert first.stdout.read(1) == b"\0"
        by = {"SSH_CONNECTION": "192.0.2.8 50000 192.0.2.9 22"}
        expect_refused(node, node.run(line, environment=by), "too-many-sessions")
        by = {"SSH_CONNECTION": "192.0.2.10 50000 192.0.2.9 22"}
        expect_done(node, node.run(line, environment=by))
    finally:
        first.communicate(b"")


def too_large(path, node):
    with open(path, "a", encoding="ascii") as file:
        file.write("#\n" * 300000)


def broken(path, node):
    with open(path, "a", encoding="ascii") as file:
        file.write("compute3 compute3.example\n")


def its_address_twice(path, node):
    with open(path, "a", encoding="ascii") as file:
        file.write("compute4 127.0.0.1\n")


FAULTS = {
    "missing": (untrusted.missing, "No such file"),
    "of_another": (untrusted.of_another, "owned by root"),
    "for_the_group": (untrusted.with_mode(0o664), "writable by group"),
    "for_all": (untrusted.with_mode(0o646), "writable by group"),
    "unreadable": (untrusted.with_mode(0o600), "Permission denied"),
    "a_link": (untrusted.a_link, "must not be a symlink"),
    "a_fifo": (untrusted.a_fifo, "not a regular file"),
    "too_large": (too_large, "512 KiB"),
    "broken": (broken, "addresses alone"),
    "its_address_twice": (its_address_twice, "belongs to one peer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_trusted_refuses_everything(node, tree, peer, peers, fault):
    spoil, text = FAULTS[fault]
    peers()
    spoil(PATH, node)
    run = peer.ask(LOGIN_SHELL, "mkdir -p " + tree.at(COMING))
    assert (run.status, refusal(run)[0]) == (78, "not-configured")
    assert text in run.faults[0]["problem"] and PATH in run.faults[0]["problem"]
    assert (run.faults[0]["line"] == "3") == (fault in ("broken", "its_address_twice"))
    assert not os.path.exists(tree.at(COMING))


def test_another_peer_s_address_twice_refuses_that_peer_alone(node, tree, peer, moved, peers):
    peers(LINE + OTHER_PEER + "compute3 127.0.0.3\n")
    assert peer.ask(LOGIN_SHELL, "mkdir -p " + tree.at(COMING)).status == 0
    assert refusal(moved.ask(LOGIN_SHELL, "mkdir -p " + tree.at(LATER)))[0] == "not-configured"


def test_what_is_named_in_a_typed_line_is_root_s(node, tree, peers):
    """As the configuration: a client could have typed the line, and nova could have written the file."""
    peers()
    untrusted.of_nova(PATH, node)
    line = node.shell + " --config /etc/rssh-nova.conf"
    run = node.run(line, environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    assert refusal(run)[0] == "not-configured" and "owned by root" in run.faults[0]["problem"]
