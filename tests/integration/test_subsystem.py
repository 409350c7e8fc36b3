# SPDX-License-Identifier: Apache-2.0
"""scp, which is SFTP, through each form that the Subsystem line of sshd_config may have on a node."""

import dataclasses

import pytest

from testbed import login
from testbed.audit import expect_done, is_kept_out
from testbed.fixtures import needs_root
from testbed.tree import COMING

SERVER = "/usr/lib/openssh/sftp-server"
LINES = {
    "plain": SERVER,
    "log-options": SERVER + " -l INFO -f AUTHPRIV",
    "log-options-turned": SERVER + " -f AUTHPRIV -l VERBOSE",
    "stderr": SERVER + " -e -l debug3",
    "old-place": "/usr/lib/sftp-server -f LOCAL3",
    "internal": "internal-sftp -l INFO -f AUTHPRIV",
}
FORCED = (login.BOTH, login.KEY_COMMAND, login.FORCED_COMMAND)
LOGINS = [pytest.param(dataclasses.replace(each, name="%s-%s" % (each.name, name), subsystem=line), id="%s-%s" % (each.name, name))
          for name, line in LINES.items() for each in (login.LOGIN_SHELL, *FORCED) if each.forced or name != "internal"]


def made(peer, tree, which):
    assert peer.run(which, ["ssh", "node", "mkdir -p " + tree.at(COMING)]).status == 0


@needs_root
@pytest.mark.parametrize("which", LOGINS)
def test_scp_copies(node, peer, tree, which):
    made(peer, tree, which)
    peer.write("disk", b"bytes of a disk" * 1000)
    run = peer.run(which, ["scp", "disk", "node:" + tree.at(COMING, "disk")])
    expect_done(node, run, form="sftp", op="sftp")
    with open(tree.at(COMING, "disk"), "rb") as disk:
        assert disk.read() == b"bytes of a disk" * 1000


@needs_root
@pytest.mark.parametrize("options", ("-d /tmp", "-u 0077", "-R", "-P remove", "-p open,close"))
@pytest.mark.parametrize("kind", (login.LOGIN_SHELL, login.FORCED_COMMAND), ids=("login-shell", "forced-command"))
def test_an_option_whose_loss_would_matter_is_refused(node, peer, tree, kind, options):
    """sshd sends the line of its configuration; the client's would look the same."""
    which = dataclasses.replace(kind, name=kind.name + options.replace(" ", "").replace(",", "").replace("/", ""),
                                subsystem="%s %s" % (SERVER, options))
    made(peer, tree, which)
    peer.write("disk", b"bytes")
    run = peer.run(which, ["scp", "disk", "node:" + tree.at(COMING, "disk")])
    assert run.status != 0 and not is_kept_out(run)
    assert [(each["verdict"], each["reason"]) for each in run.decides] == [("deny", "unknown-form")]
