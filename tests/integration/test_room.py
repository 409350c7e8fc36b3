"""What brings data wants room on the file system of the instances; nothing else is kept waiting for it."""

import pytest

from bed import way
from bed.audit import expect_done, expect_refused
from bed.fixtures import needs_root
from bed.node import CLAIMS_OFF
from bed.tree import COMING

pytestmark = needs_root
WAY = way.LOGIN_SHELL
FULL = CLAIMS_OFF + "[limits]\nfree_space = 900000T\n"


@pytest.mark.parametrize("line", (
    "scp -r -t {path}", "/usr/lib/openssh/sftp-server", "rsync --server -rSe.iLsfxCIvu . {path}"))
def test_what_brings_data_is_refused_where_there_is_no_room(node, tree, peer, line):
    tree.make_directory(tree.at(COMING))
    node.write_config(more=FULL)
    expect_refused(node, peer.ask(WAY, line.format(path=tree.at(COMING, "disk"))), "no-space")


def test_what_brings_none_goes_on(node, tree, peer):
    node.write_config(more=FULL)
    for line in ("mkdir -p {i}", "touch {i}/x", "rm {i}/x", "rm -rf {i}"):
        expect_done(node, peer.ask(WAY, line.format(i=tree.at(COMING))))
