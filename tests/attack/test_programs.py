# SPDX-License-Identifier: Apache-2.0
"""A program that is missing, not root's, writable, set-id or no program. Held by: wall/program, which
judges the open descriptor before the child is made."""

import os
import shutil

import pytest

from bed.audit import refusal
from bed.fixtures import needs_root
from bed.node import CLAIMS_OFF
from bed.tree import IMAGE

PLACE = "/opt/programs/rsync"


def line(tree):
    return "rsync --server --sender -rSe.iLsfxCIvu . " + tree.at("_base", IMAGE)


def missing(node):
    os.unlink(PLACE)


def of_nova(node):
    os.chown(PLACE, node.uid, node.gid)


def for_the_group(node):
    os.chmod(PLACE, 0o775)


def for_all(node):
    os.chmod(PLACE, 0o777)


def set_user(node):
    os.chmod(PLACE, 0o4755)


def set_group(node):
    os.chmod(PLACE, 0o2755)


def not_executable(node):
    os.chmod(PLACE, 0o644)


def a_link(node):
    os.unlink(PLACE)
    os.symlink("/usr/bin/rsync", PLACE)


def a_directory(node):
    os.unlink(PLACE)
    os.mkdir(PLACE)


def a_fifo(node):
    os.unlink(PLACE)
    os.mkfifo(PLACE, 0o755)


def a_script(node):
    with open(PLACE, "w") as file:
        file.write("#!/bin/sh\ntouch %s/pwned\n" % node.home)


@pytest.fixture
def program(node, tree):
    os.makedirs(os.path.dirname(PLACE), mode=0o755)
    shutil.copy("/usr/bin/rsync", PLACE)
    os.chmod(PLACE, 0o755)
    node.write_config(more=CLAIMS_OFF + "[programs]\nrsync = %s\n" % PLACE)
    yield
    shutil.rmtree(os.path.dirname(PLACE))


@needs_root
@pytest.mark.parametrize("spoil", (
    missing, of_nova, for_the_group, for_all, set_user, set_group, not_executable, a_link, a_directory, a_fifo, a_script),
    ids=lambda spoil: spoil.__name__)
def test_a_program_that_cannot_be_trusted(node, tree, program, spoil):
    spoil(node)
    run = node.run(line(tree), timeout=10)
    assert run.status == 78, (run.status, run.err)
    assert refusal(run)[0] == "not-confined"
    assert run.out == b""
    assert not os.path.exists(node.home + "/pwned")
    assert run.faults


@needs_root
def test_a_copy_that_is_root_s_works(node, tree, program):
    """The faults above are what refuses: the program starts and waits for its client."""
    run = node.run(line(tree), timeout=10)
    assert run.status not in (77, 78)
    assert run.out != b"", run.err
