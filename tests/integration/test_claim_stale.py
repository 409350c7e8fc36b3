# SPDX-License-Identifier: Apache-2.0
"""Names are not held for ever: an empty directory whose claim is old is taken over, and a peer has few of them."""

import contextlib
import os

import pytest

from testbed import claim, login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, LATER, TENANT, changes, snapshot

pytestmark = needs_root
WAY = login.LOGIN_SHELL
OLD = 600 + 5
on_each_transport = pytest.mark.parametrize("transport", ("ssh", "rsync"))


def reserve(peer, tree, age=0, uuid=COMING):
    """What a peer leaves that makes the directory and goes away."""
    assert peer.ask(WAY, "mkdir -p " + tree.at(uuid)).status == 0
    if age != 0:
        claim.write(tree.at(uuid), claim.of(peer, age))


def owner(tree, uuid=COMING):
    return claim.read(tree.at(uuid))[3]


def expect_no(run, reason, state):
    assert run.status != 0 and b"rssh-nova: refused: %s (ref " % reason.encode() in run.err, run.err
    assert (run.decides[-1]["reason"], run.decides[-1]["claim"]) == (reason, state)


@on_each_transport
@pytest.mark.parametrize("age", (OLD, 86400 + 5, 86400 + 901), ids=("old", "in the grace", "expired"))
@pytest.mark.parametrize("whose", ("another's", "its own"))
def test_an_empty_one_is_taken_over(node, tree, peer, other, novas, enforced, transport, age, whose):
    reserve(other if whose == "another's" else peer, tree, age)
    old = os.stat(tree.at(COMING)).st_ino
    nova = novas(peer, WAY, transport)
    run = nova.create_dir(tree.at(COMING))
    expect_done(node, run)
    assert run.decides[-1]["claim"] == "stale"
    words, now = claim.read(tree.at(COMING)), claim.of(peer).split(" ")
    assert words[3:] == [peer.address, peer.fingerprint] and 0 <= int(now[1]) - int(words[1]) < 60
    assert os.stat(tree.at(COMING)).st_ino != old and os.listdir(tree.at(".rssh-nova")) == [COMING]
    expect_done(node, nova.push(peer.write("disk", b"disk"), tree.at(COMING, "disk")))
    expect_no(novas(other, WAY, transport).create_dir(tree.at(COMING)), "not-claimed", "other")
    assert not [name for name in os.listdir(tree.root) if name.startswith(".rssh-nova.0")]


@contextlib.contextmanager
def young(tree, other):
    claim.write(tree.at(COMING), claim.of(other, 500))
    yield "not-claimed", "other"


@contextlib.contextmanager
def unclaimed(tree, other):
    """Nova of this node has just made it."""
    os.removexattr(tree.at(COMING), claim.ATTRIBUTE)
    yield "not-claimed", "none"


@contextlib.contextmanager
def unreadable(tree, other):
    claim.write(tree.at(COMING), "x" + claim.of(other, OLD))
    yield "not-claimed", "other"


@contextlib.contextmanager
def with_a_file(tree, other):
    tree.write(tree.at(COMING, "disk"), b"")
    yield "not-claimed", "other"


@contextlib.contextmanager
def with_a_directory(tree, other):
    tree.make_directory(tree.at(COMING, "d"))
    yield "not-claimed", "other"


@contextlib.contextmanager
def with_a_hidden_link(tree, other):
    tree.link("nowhere", tree.at(COMING, ".x"))
    yield "not-claimed", "other"


@contextlib.contextmanager
def of_another_user(tree, other):
    os.chown(tree.at(COMING), claim.LIBVIRT, claim.LIBVIRT)
    yield "not-claimed", "other"
    os.chown(tree.at(COMING), tree.uid, tree.gid)


@on_each_transport
@pytest.mark.parametrize("stands", (
    young, unclaimed, unreadable, with_a_file, with_a_directory, with_a_hidden_link, of_another_user),
    ids=lambda stands: stands.__name__)
def test_nothing_else_is(node, tree, peer, other, novas, enforced, transport, stands):
    reserve(other, tree, OLD)
    with stands(tree, other) as (reason, state):
        before = snapshot(tree.at(COMING), True), claim.read(tree.at(COMING))
        expect_no(novas(peer, WAY, transport).create_dir(tree.at(COMING)), reason, state)
        assert (snapshot(tree.at(COMING), True), claim.read(tree.at(COMING))) == before


def test_the_owner_s_own_that_is_another_user_s_by_now_is_busy(node, tree, peer, enforced):
    reserve(peer, tree, OLD)
    os.chown(tree.at(COMING), claim.LIBVIRT, claim.LIBVIRT)
    run = peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    expect_refused(node, run, "busy")


def test_an_old_one_is_its_owner_s_until_it_is_taken_over(node, tree, peer, other, enforced):
    """A guest may take long to power off."""
    reserve(peer, tree, OLD)
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "disk")), claim="own")
    expect_refused(node, other.ask(WAY, "mkdir -p " + tree.at(COMING)), "not-claimed")


@pytest.mark.parametrize("line", ("touch {}/x", "rm {}/x", "rm -rf {}", "mkdir -p {}/x", "scp -t {}",
                                  "rsync --server -rSe.iLsfxCIvu . {}"))
def test_no_other_command_takes_over(node, tree, peer, other, enforced, line):
    reserve(other, tree, OLD)
    expect_refused(node, peer.ask(WAY, line.format(tree.at(COMING))), "not-claimed")
    assert owner(tree) == other.address


def test_the_times_are_the_configured_ones(node, tree, peer, other):
    for window, empty_window, least in (("24h", "90s", 90), ("60s", "10m", 60), ("2h", "2h", 7200)):
        claim.configure(node, window=window, empty_window=empty_window)
        tree.rebuild()
        reserve(other, tree, least - 30)
        expect_refused(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), "not-claimed")
        claim.write(tree.at(COMING), claim.of(other, least + 1))
        expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), claim="stale")


def test_one_that_is_taken_over_is_no_longer_open_to_its_owner(node, tree, peer, other, enforced):
    """What the owner still has open is a directory without a name."""
    reserve(other, tree, OLD)
    held = os.open(tree.at(COMING), os.O_PATH)
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), claim="stale")
    with pytest.raises(FileNotFoundError):
        os.open("disk", os.O_WRONLY | os.O_CREAT, dir_fd=held)
    os.close(held)


# How many.

def uuid_of(number):
    return "99999999-9999-4999-8999-%012d" % number


@on_each_transport
def test_a_peer_has_so_many_empty_ones_and_no_more(node, tree, peer, other, novas, transport):
    claim.configure(node, empty_max=3)
    nova = novas(peer, WAY, transport)
    for number in range(3):
        expect_done(node, nova.create_dir(tree.at(uuid_of(number))))
    before = set(os.listdir(tree.root))
    expect_no(nova.create_dir(tree.at(COMING)), "too-many-claims", "none")
    assert set(os.listdir(tree.root)) == before
    expect_done(node, nova.create_dir(tree.at(uuid_of(1))))
    expect_done(node, novas(other, WAY, transport).create_dir(tree.at(LATER)))
    expect_done(node, nova.push(peer.write("disk", b"x"), tree.at(uuid_of(0), "disk")))
    expect_done(node, nova.create_dir(tree.at(COMING)))


def test_one_that_is_taken_over_counts(node, tree, peer, other):
    claim.configure(node, empty_max=1)
    reserve(other, tree, OLD)
    reserve(peer, tree, uuid=LATER)
    run = peer.ask(WAY, "mkdir -p " + tree.at(COMING))
    expect_no(run, "too-many-claims", "stale")
    assert run.status == 77 and owner(tree) == other.address
    claim.write(tree.at(LATER), claim.of(peer, 86400 + 5))
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), claim="stale")


def test_its_own_old_one_does_not_count_twice(node, tree, peer):
    claim.configure(node, empty_max=1)
    reserve(peer, tree, OLD)
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING)), claim="stale")


@pytest.mark.parametrize("keys", ({"empty_max": 0}, {"empty_max": 2, "mode": "audit"}, {"empty_max": 2, "mode": "off"}))
def test_without_a_bound_there_is_none(node, tree, peer, keys):
    claim.configure(node, **keys)
    for number in range(5):
        expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(uuid_of(number))))


@on_each_transport
def test_an_instance_holds_few_probes(node, tree, peer, other, novas, enforced, transport):
    """Of whomever: nobody needs a claim to make one."""
    def probe(number):
        return tree.at(TENANT, "%032x.tmp" % number)

    for number in range(4):
        expect_done(node, novas((peer, other)[number % 2], WAY, transport).create_file(probe(number)))
    nova = novas(peer, WAY, transport)
    run = nova.create_file(probe(4))
    expect_no(run, "too-many-probes", "probe")
    assert not os.path.exists(probe(4))
    expect_done(node, nova.create_file(probe(3)))
    expect_done(node, nova.remove_file(probe(0)))
    expect_done(node, nova.create_file(probe(4)))


@on_each_transport
def test_probes_that_were_left_make_room(node, tree, peer, novas, enforced, transport):
    """They are deleted for a new one: only empty ones of that name, and no younger than a minute."""
    names = ["%032x.tmp" % number for number in range(4)]
    for name in names:
        tree.write(tree.at(TENANT, name), b"" if name != names[1] else b"content")
        os.utime(tree.at(TENANT, name), (1, 1) if name != names[2] else None)
    expect_done(node, novas(peer, WAY, transport).create_file(tree.at(TENANT, "f" * 32 + ".tmp")))
    left = {name for name in os.listdir(tree.at(TENANT)) if name.endswith(".tmp")}
    assert left == {names[1], names[2], "f" * 32 + ".tmp"}


def test_what_is_here_is_left_alone(node, tree, peer, other, enforced):
    """Through all of it: the instances of the node."""
    before = {name: snapshot(tree.at(name), True) for name in (TENANT, EMPTY)}
    for who in (peer, other):
        for uuid in (TENANT, EMPTY):
            expect_refused(node, who.ask(WAY, "mkdir -p " + tree.at(uuid)), "not-claimed")
    assert all(changes(entry, snapshot(tree.at(name), True)) == [] for name, entry in before.items())
