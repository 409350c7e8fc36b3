# SPDX-License-Identifier: Apache-2.0
"""Each request that any release of Nova makes is let in, in Nova's order, with claims enforced."""

import pytest

from testbed import claim
from testbed.fixtures import needs_root
from testbed.tree import COMING, IMAGE, PROBE, TENANT
from nova_requests import REQUESTS

pytestmark = needs_root
SFTP = "/usr/lib/openssh/sftp-server"


@pytest.fixture
def running(tree, enforced):
    """An instance that lives here, from which a live migration pulls."""
    for name in ("disk.config", "kernel", "ramdisk"):
        tree.write(tree.at(TENANT, name), name.encode())
    with claim.locked(tree.at(TENANT, "disk")):
        yield


def spelled(line, tree):
    return line.format(I=tree.root, U=COMING, R=TENANT, P=PROBE, B=IMAGE, sftp=SFTP)


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_every_request_is_let_in(node, tree, running, transport):
    if transport == "rsync":  # there the stream makes the directory, which these bare lines have none of
        assert node.run("mkdir -p " + tree.at(COMING)).status == 0
    for request in REQUESTS:
        for line in request.lines[transport]:
            run = node.run(spelled(line, tree))
            assert [record["verdict"] for record in run.decides[:1]] == ["allow"], (request, line, run.records)
            assert run.faults == [], (request, line)
