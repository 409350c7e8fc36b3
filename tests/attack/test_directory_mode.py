# SPDX-License-Identifier: Apache-2.0
"""A taken-over child removes all rights from its instance directory. Nobody could then read the claim, and the directory
would count as an empty claim of every peer. Held by node/held.c: the supervisor gives the owner the rights again."""

import os
import shutil
import stat
import subprocess

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING

pytestmark = needs_root
PROGRAM = "/opt/shut/rsync"
SHUT = """#include <fcntl.h>
#include <sys/stat.h>
int main(int count, char **words)
{
	return fchmod(open(words[count - 1], O_RDONLY | O_DIRECTORY), 0) != 0;
}
"""


@pytest.fixture
def program():
    os.makedirs(os.path.dirname(PROGRAM), mode=0o755)
    subprocess.run(["cc", "-x", "c", "-o", PROGRAM, "-"], input=SHUT.encode(), check=True)
    yield
    shutil.rmtree(os.path.dirname(PROGRAM))


@pytest.mark.parametrize("namespaces", ("auto", "off"))
def test_directory_is_open_again(node, tree, program, namespaces):
    claim.configure(node, more="[sandbox]\nnamespaces = %s\n[programs]\nrsync = %s\n" % (namespaces, PROGRAM))
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    expect_done(node, node.run("rsync --server -logDtpre.iLsfxCIvu --delete-excluded . " + tree.at(COMING)))
    assert stat.S_IMODE(os.stat(tree.at(COMING)).st_mode) == 0o700
    expect_done(node, node.run("rm -rf " + tree.at(COMING)))
