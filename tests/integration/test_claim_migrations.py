# SPDX-License-Identifier: Apache-2.0
"""Nova's own drivers do whole migrations with claims enforced, there and back, also after a failed one."""

import os
import shutil

import pytest

from testbed import claim, login
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, IMAGE, PROBE

pytestmark = needs_root
in_each_way = pytest.mark.parametrize(
    "which", (login.LOGIN_SHELL, login.FORCED_COMMAND), ids=lambda each: each.name)
on_each_transport = pytest.mark.parametrize("transport", ("ssh", "rsync"))
FILES = ("disk", "disk.config", "disk.info")


def content(path):
    with open(path, "rb") as file:
        return file.read()


def source_of(peer, name):
    return peer.write("instance/" + name, name.encode() * 30000)


def probe(nova, node, tree):
    """Nova's test for shared storage; by ssh it fails when the instance is not here, as Nova expects."""
    made = nova.create_file(tree.at(COMING, PROBE))
    if nova.transport == "ssh" and not os.path.isdir(tree.at(COMING)):
        assert made.status == 1
        return
    expect_done(node, made)
    expect_done(node, nova.remove_file(tree.at(COMING, PROBE)))


def begin(nova, node, tree):
    """Up to the first disk: where a migration may fail."""
    probe(nova, node, tree)
    expect_done(node, nova.create_dir(tree.at(COMING)))
    expect_done(node, nova.push(source_of(nova.peer, "disk"), tree.at(COMING, "disk")))


def migrate(nova, node, tree):
    """In the order of migrate_disk_and_power_off()."""
    begin(nova, node, tree)
    for name in FILES[1:]:
        run = nova.push(source_of(nova.peer, name), tree.at(COMING, name), compression=False)
        expect_done(node, run)
    nova.peer.write("swtpm/tpm2/tpm2-00.permall", b"state of the tpm")
    expect_done(node, nova.push(nova.peer.path("swtpm"), tree.at(COMING)))
    for name in FILES:
        assert content(tree.at(COMING, name)) == name.encode() * 30000
    assert content(tree.at(COMING, "swtpm/tpm2/tpm2-00.permall")) == b"state of the tpm"
    expect_done(node, nova.pull(tree.at("_base", IMAGE), nova.peer.path("image")))


def lives_here(tree):
    """What libvirt does when it starts the domain; the lock is QEMU's."""
    os.chown(tree.at(COMING, "disk"), claim.LIBVIRT, claim.LIBVIRT)
    return claim.locked(tree.at(COMING, "disk"))


def resize_away_and_confirm(node, tree):
    """What Nova does here by itself when the instance goes to another node, and then stays there."""
    os.chown(tree.at(COMING, "disk"), node.uid, node.gid)
    os.rename(tree.at(COMING), tree.at(COMING + "_resize"))
    shutil.rmtree(tree.at(COMING + "_resize"))


def resize_reverted_to_the_peer(node, tree):
    """What Nova does here when it goes back to where it came from: driver.destroy(), delete_instance_files()."""
    os.chown(tree.at(COMING, "disk"), node.uid, node.gid)
    os.rename(tree.at(COMING), tree.at(COMING + "_del"))
    shutil.rmtree(tree.at(COMING + "_del"))


def resize_away_reverted_and_confirmed(node, tree):
    """It leaves, comes home because the resize is reverted, with the claim that it had, and leaves again."""
    os.chown(tree.at(COMING, "disk"), node.uid, node.gid)
    os.rename(tree.at(COMING), tree.at(COMING + "_resize"))
    os.rename(tree.at(COMING + "_resize"), tree.at(COMING))
    with lives_here(tree):
        pass
    resize_away_and_confirm(node, tree)


def expect_no_way_in(nova, tree):
    """The peer can neither write nor remove it."""
    before = content(tree.at(COMING, "disk"))
    source = nova.peer.write("evil", b"evil")
    assert nova.push(source, tree.at(COMING, "disk")).status != 0
    assert nova.push(source, tree.at(COMING, "evil")).status != 0
    # By rsync the file cannot be named: as for one that does not exist, rsync succeeds. What is left is judged below.
    assert (nova.remove_file(tree.at(COMING, "disk.info")).status == 0) == (nova.transport == "rsync")
    assert nova.remove_dir(tree.at(COMING)).status != 0
    assert content(tree.at(COMING, "disk")) == before
    assert sorted(os.listdir(tree.at(COMING))) == sorted(FILES + ("swtpm",))


@in_each_way
@on_each_transport
def test_a_migration(node, tree, peer, other, novas, enforced, which, transport):
    migrate(novas(peer, which, transport), node, tree)
    expect_no_way_in(novas(other, which, transport), tree)


@in_each_way
@on_each_transport
def test_a_failed_one_is_removed_and_done_again(node, tree, peer, novas, enforced, which, transport):
    nova = novas(peer, which, transport)
    begin(nova, node, tree)
    expect_done(node, nova.remove_dir(tree.at(COMING)))
    assert not os.path.lexists(tree.at(COMING))
    migrate(nova, node, tree)


@on_each_transport
def test_a_failed_one_is_done_again_by_another_peer(node, tree, peer, other, novas, enforced, transport):
    """The instance was evacuated meanwhile, and comes from elsewhere."""
    begin(novas(peer, login.LOGIN_SHELL, transport), node, tree)
    expect_done(node, novas(peer, login.LOGIN_SHELL, transport).remove_dir(tree.at(COMING)))
    migrate(novas(other, login.LOGIN_SHELL, transport), node, tree)
    expect_no_way_in(novas(peer, login.LOGIN_SHELL, transport), tree)


@on_each_transport
def test_a_failed_one_goes_on_where_it_stopped(node, tree, peer, novas, enforced, transport):
    """Without a remove_dir between, as when nova-compute was restarted."""
    nova = novas(peer, login.LOGIN_SHELL, transport)
    begin(nova, node, tree)
    migrate(nova, node, tree)


@on_each_transport
def test_it_lives_here_once_it_runs(node, tree, peer, novas, enforced, transport):
    nova = novas(peer, login.LOGIN_SHELL, transport)
    migrate(nova, node, tree)
    with lives_here(tree):
        expect_no_way_in(nova, tree)


@on_each_transport
def test_it_may_come_back_after_the_resize_is_confirmed(node, tree, peer, other, novas, enforced, transport):
    """Born here, gone to the second peer, confirmed, and home again."""
    for name in FILES:
        tree.write(tree.at(COMING, name), b"born here")
    resize_away_and_confirm(node, tree)
    nova = novas(other, login.LOGIN_SHELL, transport)
    migrate(nova, node, tree)
    expect_no_way_in(novas(peer, login.LOGIN_SHELL, transport), tree)


@on_each_transport
def test_it_may_come_and_go_and_come(node, tree, peer, other, novas, enforced, transport):
    """From the first peer, gone to the second, and back: only the one that brought it last has a claim."""
    first, second = (novas(each, login.LOGIN_SHELL, transport) for each in (peer, other))
    migrate(first, node, tree)
    with lives_here(tree):
        expect_no_way_in(first, tree)
    resize_away_and_confirm(node, tree)
    migrate(second, node, tree)
    expect_no_way_in(first, tree)
    expect_done(node, second.remove_dir(tree.at(COMING)))


@on_each_transport
@pytest.mark.parametrize(
    "end", (resize_away_and_confirm, resize_reverted_to_the_peer, resize_away_reverted_and_confirmed),
    ids=lambda end: end.__name__)
def test_it_may_go_back_and_forth(node, tree, peer, novas, enforced, transport, end):
    """A to B to A to B to A to B, as B sees it, whichever way each resize ends."""
    nova = novas(peer, login.LOGIN_SHELL, transport)
    for _ in range(3):
        migrate(nova, node, tree)
        with lives_here(tree):
            expect_no_way_in(nova, tree)
        end(node, tree)
        assert not os.path.lexists(tree.at(COMING))


@on_each_transport
def test_nova_is_told_before_the_guest_is_off(node, tree, peer, other, novas, enforced, transport):
    """The leftover of another node's failed migration: its create_dir fails, and nothing of it is touched."""
    begin(novas(other, login.LOGIN_SHELL, transport), node, tree)
    nova = novas(peer, login.LOGIN_SHELL, transport)
    assert nova.create_file(tree.at(COMING, PROBE)).status != 0  # which Nova takes for no shared storage
    before = content(tree.at(COMING, "disk"))
    run = nova.create_dir(tree.at(COMING))
    assert run.status != 0 and b"rssh-nova: refused: not-claimed (ref " in run.err
    assert content(tree.at(COMING, "disk")) == before


@on_each_transport
@pytest.mark.parametrize("identity", ("key", "address+key"))
def test_a_migration_by_the_other_identities(node, tree, peer, other, novas, transport, identity):
    claim.configure(node, identity=identity)
    migrate(novas(peer, login.LOGIN_SHELL, transport), node, tree)
    expect_no_way_in(novas(other, login.LOGIN_SHELL, transport), tree)
