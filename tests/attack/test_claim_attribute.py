# SPDX-License-Identifier: Apache-2.0
"""A taken-over rsync, scp or sftp-server tries to plant, change and remove claims. Held by: wall/filters.def,
which lets no child set or remove an attribute."""

import os
import shutil
import subprocess

import pytest

from testbed import claim
from testbed.fixtures import needs_root
from testbed.tree import COMING, TENANT, changes, snapshot

pytestmark = needs_root
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "taken_over.c")
PLACE = "/opt/taken-over"
OWN = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.8 22"}
CALLS = 14
ROLES = {
    "rsync-receive": ("rsync", "rsync --server -rSe.iLsfxCIvu . {}/disk"),
    "rsync-empty": ("rsync", "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . {}"),
    "rsync-mirror-create": ("rsync", "rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . /"),
    "rsync-mirror-remove": ("rsync", "rsync --server -logDtpre.iLsfxCIvu --delete . {}"),
    "rsync-send": ("rsync", "rsync --server --sender -rSe.iLsfxCIvu . {}/kernel"),
    "scp-receive": ("scp", "scp -t {}/disk"),
    "scp-send": ("scp", "scp -f {}/kernel"),
    "sftp": ("sftp_server", "/usr/lib/openssh/sftp-server"),
}


@pytest.fixture
def taken_over():
    """Gives the program for an instance directory: built, root's, where rsync could stand."""
    os.makedirs(PLACE, mode=0o755)
    built = {}

    def get(instance):
        if instance not in built:
            built[instance] = "%s/program-%d" % (PLACE, len(built))
            subprocess.run(
                ["cc", "-O1", "-w", '-DINSTANCE="%s"' % instance, "-o", built[instance], SOURCE], check=True)
            os.chmod(built[instance], 0o755)
        return built[instance]

    yield get
    shutil.rmtree(PLACE)


def answers(out):
    return dict(line.split(" ", 1) for line in out.decode().splitlines())


@pytest.mark.parametrize("role", ROLES)
def test_no_child_sets_or_removes_a_claim(node, tree, enforced, taken_over, role):
    program, line = ROLES[role]
    made = node.run("mkdir -p " + tree.at(COMING), OWN)
    assert made.status == 0
    tree.write(tree.at(COMING, "kernel"), b"kernel")
    for instance in (tree.at(COMING), tree.at(TENANT)):
        claim.configure(node, more="[programs]\n%s = %s\n" % (program, taken_over(instance)))
        before = snapshot(tree.root, True), claim.read(instance)
        run = node.run(line.format(tree.at(COMING)), OWN)
        said = answers(run.out)
        assert len(said) == CALLS + 1, run
        del said["opened"]
        assert [call for call in said if said[call] == "done"] == []
        assert claim.read(instance) == before[1]
        assert changes(before[0], snapshot(tree.root, True)) == []


def test_the_same_program_does_it_where_nothing_holds_it(node, tree, enforced, taken_over):
    """So that the test above can fail."""
    node.run("mkdir -p " + tree.at(COMING), OWN)
    run = subprocess.run([taken_over(tree.at(COMING))], user=node.uid, group=node.gid, extra_groups=[],
                         capture_output=True, check=True)
    said = answers(run.stdout)
    for call in ("opened", "setxattr", "lsetxattr", "fsetxattr", "setxattr-proc", "setxattr-replace",
                 "removexattr"):
        assert said[call] == "done", said
    assert claim.read(tree.at(COMING)) is None
