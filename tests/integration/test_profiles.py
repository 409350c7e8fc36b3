# SPDX-License-Identifier: Apache-2.0
"""A key that is forced into a profile can do what the profile leaves and nothing else, with real sshd and
authorized_keys, and by each form of Nova's."""

import os

import pytest

from testbed import login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, IMAGE, LATER, PROBE, TENANT

pytestmark = needs_root
SHELL = login.Login("profile-login-shell", True, key_command=True)
KEY = login.Login("profile-key", False, key_command=True)
SUPERSEDED = login.Login("profile-superseded", True, force_command=True, key_command=True)
RECEIVE = "[profile one]\ndirection = receive\ninstances = %s\n" % COMING
SEND = "[profile one]\ndirection = send\n"


def configure(node, profiles, claims="mode = enforce"):
    """The profiles stand before everything that they are judged by."""
    node.write_config(text=profiles + node.default_config + "[claims]\n" + claims + "\n")


def let_in(node, which, name, *peers):
    """The keys of the peers, forced into the profile of that name."""
    for peer in peers:
        peer.enter(which)
    with open(os.path.join(node.ssh_directory, which.name + ".keys"), "w") as keys:
        for peer in peers:
            keys.write('restrict,command="%s --profile %s" %s\n' % (node.shell, name, peer.key))


@pytest.fixture(params=(SHELL, KEY), ids=lambda which: which.name)
def forced(request, node, tree, peer):
    """The way in of a key that is forced into the profile "one"."""
    let_in(node, request.param, "one", peer)
    return request.param


def ask(peer, which, line):
    return peer.run(which, ["ssh", "-T", "node", line])


def bring(peer, path):
    """The directory as the same peer brings it by a key without a profile."""
    run = peer.run(login.LOGIN_SHELL, ["ssh", "-T", "node", "mkdir -p " + path])
    assert run.status == 0, run.err


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_a_key_for_one_instance_brings_it(node, tree, peer, novas, forced, transport):
    configure(node, RECEIVE)
    nova = novas(peer, forced, transport)
    disk = peer.write("disk", b"disk " * 5000)
    run = nova.create_dir(tree.at(COMING))
    expect_done(node, run, profile="one")
    expect_done(node, nova.push(disk, tree.at(COMING, "disk")), profile="one")
    with open(tree.at(COMING, "disk"), "rb") as came:
        assert came.read() == b"disk " * 5000
    expect_done(node, nova.create_file(tree.at(COMING, PROBE)))
    expect_done(node, nova.remove_file(tree.at(COMING, PROBE)))
    expect_done(node, nova.remove_dir(tree.at(COMING)))
    assert not os.path.exists(tree.at(COMING))


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_a_key_for_one_instance_brings_no_other(node, tree, peer, novas, forced, transport):
    configure(node, RECEIVE, "mode = off")
    nova = novas(peer, forced, transport)
    disk = peer.write("disk", b"disk")
    for run in (nova.create_dir(tree.at(LATER)), nova.push(disk, tree.at(EMPTY, "disk")),
                nova.create_file(tree.at(EMPTY, PROBE)), nova.remove_file(tree.at(TENANT, "disk")),
                nova.remove_dir(tree.at(TENANT)), nova.remove_dir(tree.at(EMPTY))):
        assert run.status != 0
        # Over sftp the session itself is let in, and nothing in it.
        assert "not-in-profile" in [each["reason"] for each in run.decides] or \
            [each["form"] for each in run.decides] == ["sftp"], run.records
    assert os.listdir(tree.at(EMPTY)) == [] and not os.path.exists(tree.at(LATER))
    assert os.path.exists(tree.at(TENANT, "disk"))


def test_a_key_for_one_instance_writes_no_other_of_its_own_by_sftp(node, tree, peer, forced):
    """The peer has claimed both, and its other key may write both."""
    configure(node, RECEIVE)
    for instance in (COMING, LATER):
        bring(peer, tree.at(instance))
    disk = peer.write("disk", b"disk")
    assert peer.run(forced, ["scp", disk, "node:" + tree.at(LATER, "disk")]).status != 0
    assert os.listdir(tree.at(LATER)) == []
    assert peer.run(forced, ["scp", disk, "node:" + tree.at(COMING, "disk")]).status == 0
    assert os.listdir(tree.at(COMING)) == ["disk"]
    assert peer.run(login.LOGIN_SHELL, ["scp", disk, "node:" + tree.at(LATER, "disk")]).status == 0


@pytest.mark.parametrize("options", ([], ["-O"]), ids=("sftp", "scp"))
def test_a_key_to_receive_reads_nothing_back(node, tree, peer, forced, options):
    configure(node, "[profile one]\ndirection = receive\n")
    for source in (tree.at("_base", IMAGE), tree.at(TENANT, "kernel")):
        for which, status in ((forced, False), (login.LOGIN_SHELL, True)):
            target = peer.path("back-%s" % which.name)
            run = peer.run(which, ["scp", *options, "node:" + source, target])
            assert (run.status == 0) == status, (which, run.err)
            assert os.path.exists(target) == status
            if status:
                os.unlink(target)


def test_a_key_of_one_instance_reads_no_other_back(node, tree, peer, forced):
    """Nor the image cache, which is of no instance."""
    configure(node, "[profile one]\ninstances = %s\n" % TENANT)
    tree.write(tree.at(EMPTY, "kernel"), b"of another")
    for source, status in (
            (tree.at("_base", IMAGE), False), (tree.at(EMPTY, "kernel"), False), (tree.at(TENANT, "kernel"), True)):
        target = peer.path("back")
        assert (peer.run(forced, ["scp", "node:" + source, target]).status == 0) == status
        assert (peer.run(forced, ["scp", "-O", "node:" + source, target]).status == 0) == status
        assert os.path.exists(target) == status
    os.unlink(target)


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_a_key_to_send_changes_nothing(node, tree, peer, novas, forced, transport):
    configure(node, SEND)
    bring(peer, tree.at(COMING))
    nova = novas(peer, forced, transport)
    target = peer.path("image")
    run = nova.pull(tree.at("_base", IMAGE), target)
    assert run.status == 0 and os.path.exists(target), run.err
    os.unlink(target)
    for run in (nova.create_dir(tree.at(LATER)), nova.push(peer.write("disk", b"x"), tree.at(COMING, "disk")),
                nova.create_file(tree.at(COMING, PROBE)), nova.remove_dir(tree.at(COMING))):
        assert run.status != 0
    assert os.listdir(tree.at(COMING)) == [] and not os.path.exists(tree.at(LATER))


def test_a_key_of_some_addresses_comes_from_no_other(node, tree, peer, moved, forced):
    """The same key, at another address."""
    line = "mkdir -p " + tree.at(COMING)
    for peers, here, there in (("127.0.0.1", True, False), ("127.0.0.2/31", False, True),
                               ("127.0.0.0/8", True, True), ("::1, 192.0.2.0/24", False, False)):
        configure(node, "[profile one]\npeers = %s\n" % peers)
        for each, expected in ((peer, here), (moved, there)):
            tree.rebuild()
            each.enter(forced)
            let_in(node, forced, "one", peer)
            run = ask(each, forced, line)
            if expected:
                expect_done(node, run, peer=each.address)
            else:
                expect_refused(node, run, "not-in-profile")


def test_a_key_of_one_transport_has_no_other(node, tree, peer, forced):
    configure(node, "[profile one]\nremote_filesystem_transport = rsync\n")
    expect_refused(node, ask(peer, forced, "mkdir -p " + tree.at(COMING)), "transport")


def test_a_key_with_lower_limits_is_held_to_them(node, tree, peer, forced):
    configure(node, "[profile one]\nfile_size = 1M\n", "mode = off")
    for size, fits in ((1 << 20, True), ((1 << 20) + 1, False)):
        disk = peer.write("disk", os.urandom(size))
        for which, status in ((forced, fits), (login.LOGIN_SHELL, True)):
            run = peer.run(which, ["rsync", "-r", "--sparse", disk, "node:" + tree.at(EMPTY, "disk")])
            assert (run.status == 0) == status, (size, which, run.err)
            for name in os.listdir(tree.at(EMPTY)):
                os.unlink(tree.at(EMPTY, name))
    configure(node, "[profile one]\nfree_space = 900000T\n", "mode = off")
    expect_refused(node, ask(peer, forced, "scp -t " + tree.at(EMPTY)), "no-space")


@pytest.mark.parametrize("profiles", ("", "[profile two]\n", "[profile One]\ndirection = send\n"))
def test_a_key_whose_profile_is_not_there_gets_nothing(node, tree, peer, forced, profiles):
    configure(node, profiles)
    run = ask(peer, forced, "mkdir -p " + tree.at(COMING))
    expect_refused(node, run, "not-configured", status=78)
    assert "no such profile" in run.faults[0]["problem"]
    assert not os.path.exists(tree.at(COMING))


def test_a_profile_that_widens_voids_the_file_for_all(node, tree, peer, forced):
    configure(node, "[profile two]\nwall_time = 0\n" + RECEIVE)
    for which in (forced, login.LOGIN_SHELL):
        run = ask(peer, which, "mkdir -p " + tree.at(COMING))
        expect_refused(node, run, "not-configured", status=78)
        assert "may only narrow" in run.faults[0]["problem"]
        assert run.faults[0]["line"] == "2"


def test_who_names_a_profile_himself_gains_nothing(node, tree, peer):
    configure(node, SEND)
    for line in ("%s --profile one" % node.shell, "rssh-nova --profile one", "rssh-nova --profile two"):
        run = ask(peer, login.LOGIN_SHELL, line)
        expect_refused(node, run, ("no-command", "not-configured"), status=run.status)


def test_a_forced_command_of_sshd_supersedes_the_profile(node, tree, peer):
    """What the manual warns of."""
    configure(node, RECEIVE)
    let_in(node, SUPERSEDED, "one", peer)
    expect_done(node, ask(peer, SUPERSEDED, "mkdir -p " + tree.at(LATER)), profile="-")
