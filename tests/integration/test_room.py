# SPDX-License-Identifier: Apache-2.0
"""What brings data wants room on the file system of the instances; nothing else is kept waiting for it."""

import os

import pytest

from testbed import login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, PROBE, TENANT

pytestmark = needs_root
WAY = login.LOGIN_SHELL
FULL = CLAIMS_OFF + "[limits]\nfree_space = 900000T\n"


@pytest.mark.parametrize("line", (
    "scp -r -t {path}", "/usr/lib/openssh/sftp-server", "rsync --server -rSe.iLsfxCIvu . {path}"))
def test_what_brings_data_is_refused_where_there_is_no_room(node, tree, peer, line):
    tree.make_directory(tree.at(COMING))
    node.write_config(more=FULL)
    expect_refused(node, peer.ask(WAY, line.format(path=tree.at(COMING, "disk"))), "no-space")


def test_what_brings_none_goes_on(node, tree, peer):
    tree.make_directory(tree.at(COMING))
    node.write_config(more=FULL)
    for line in ("touch {i}/x", "rm {i}/x", "rm -rf {i}"):
        expect_done(node, peer.ask(WAY, line.format(i=tree.at(COMING))))


@pytest.mark.parametrize("there", (False, True))
@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_the_directory_is_refused_as_the_copy_would_be(node, tree, peer, novas, transport, there):
    """Nova asks for it before it powers the guest off."""
    nova = novas(peer, WAY, transport)
    if there:
        tree.make_directory(tree.at(COMING))
    node.write_config(more=FULL)
    run = nova.create_dir(tree.at(COMING))
    assert run.status != 0 and b"rssh-nova: refused: no-space (ref " in run.err
    assert (run.decides[-1]["op"], run.decides[-1]["reason"]) == ("mkdir", "no-space")
    assert os.path.exists(tree.at(COMING)) == there


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_the_probe_of_an_instance_that_is_here_needs_no_room(node, tree, peer, novas, transport):
    nova = novas(peer, WAY, transport)
    node.write_config(more=FULL)
    expect_done(node, nova.create_file(tree.at(TENANT, PROBE)))
    expect_done(node, nova.remove_file(tree.at(TENANT, PROBE)))
