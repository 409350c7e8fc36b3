# SPDX-License-Identifier: Apache-2.0
"""The config drive that Nova up to 30 pulls from the source of a live migration: while the instance runs there."""

import os

import pytest

from testbed import claim, login
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import STOPPED, TENANT

pytestmark = needs_root
WAY = login.LOGIN_SHELL
DRIVE = b"passwords " * 1000
PULLS = {
    "sftp": ["scp", "-r"],
    "scp": ["scp", "-O", "-r"],
    "rsync": ["rsync", "-r", "--sparse", "--compress"],
}


@pytest.fixture
def drive(tree):
    tree.write(tree.at(TENANT, "disk.config"), DRIVE)
    return tree.at(TENANT, "disk.config")


def pull(peer, how, path):
    """What came, or None, and how the client ended."""
    target = peer.path("pulled")
    if os.path.exists(target):
        os.unlink(target)
    run = peer.run(WAY, [*PULLS[how], "node:" + path, target])
    if not os.path.exists(target):
        return None, run
    with open(target, "rb") as file:
        return file.read(), run


@pytest.mark.parametrize("how", PULLS)
def test_of_an_instance_that_runs(node, tree, peer, enforced, drive, how):
    with claim.locked(tree.at(TENANT, "disk")):
        got, run = pull(peer, how, drive)
    assert (got, run.status) == (DRIVE, 0), run.err
    expect_done(node, run)


@pytest.mark.parametrize("how", PULLS)
def test_of_an_instance_that_libvirt_has_taken(node, tree, peer, enforced, drive, how):
    os.chown(tree.at(TENANT, "disk"), claim.LIBVIRT, claim.LIBVIRT)
    assert pull(peer, how, drive)[0] == DRIVE


@pytest.mark.parametrize("how", PULLS)
def test_of_an_instance_that_is_shut_off(node, tree, peer, enforced, drive, how):
    got, run = pull(peer, how, drive)
    assert got is None and run.status != 0
    if how != "sftp":
        assert [record["reason"] for record in run.decides] == ["not-readable"]


@pytest.mark.parametrize("how", PULLS)
@pytest.mark.parametrize("name", ("disk", "disk.config.swtpm", "disk.info", "disk.config/x", "vtpm/tpm2-00.permall"))
def test_nothing_else_of_one_that_runs(node, tree, peer, enforced, drive, how, name):
    if not os.path.exists(tree.at(TENANT, name)) and name != "disk.config/x":
        tree.write(tree.at(TENANT, name), b"secret")
    with claim.locked(tree.at(TENANT, "disk")):
        assert pull(peer, how, tree.at(TENANT, name))[0] is None


@pytest.mark.parametrize("how", PULLS)
@pytest.mark.parametrize("what", ("symlink", "directory"))
def test_that_is_no_file(node, tree, peer, enforced, how, what):
    if what == "symlink":
        tree.link(tree.at(TENANT, "disk"), tree.at(TENANT, "disk.config"))
    else:
        tree.write(tree.at(TENANT, "disk.config", "disk"), b"secret")
    with claim.locked(tree.at(TENANT, "disk")):
        got, _ = pull(peer, how, tree.at(TENANT, "disk.config"))
    assert got is None and not os.path.exists(peer.path("pulled/disk"))


@pytest.mark.parametrize("how", PULLS)
def test_a_key_turns_it_off(node, tree, peer, drive, how):
    claim.configure(node, more="[paths]\nread_running =\n")
    with claim.locked(tree.at(TENANT, "disk")):
        assert pull(peer, how, drive)[0] is None


@pytest.mark.parametrize("names", (["ramdisk"], ["disk.config"], ["kernel", "disk.config"], ["ramdisk", "disk.config"]))
def test_sftp_reads_each_of_an_instance_s_files_that_is_there(node, tree, peer, enforced, names):
    """Of whichever of them are missing."""
    for name in names:
        tree.write(tree.at(STOPPED, name), name.encode())
    with claim.locked(tree.at(STOPPED, "disk")):
        for name in names:
            assert pull(peer, "sftp", tree.at(STOPPED, name))[0] == name.encode(), name
