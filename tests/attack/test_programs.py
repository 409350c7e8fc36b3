# SPDX-License-Identifier: Apache-2.0
"""A program that is missing, not root's, writable, set-id or no program. Held by: wall/program, which
judges the open descriptor before the child is made."""

import os
import shutil

import pytest

from testbed import untrusted
from testbed.audit import refusal
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import IMAGE

PLACE = "/opt/programs/rsync"


def line(tree):
    return "rsync --server --sender -rSe.iLsfxCIvu . " + tree.at("_base", IMAGE)


def a_directory(path, node):
    os.unlink(path)
    os.mkdir(path)


def a_script(path, node):
    with open(path, "w") as file:
        file.write("#!/bin/sh\ntouch %s/pwned\n" % node.home)


SPOILED = {"missing": untrusted.missing, "of_nova": untrusted.of_nova, "for_the_group": untrusted.with_mode(0o775),
           "for_all": untrusted.with_mode(0o777), "set_user": untrusted.with_mode(0o4755),
           "set_group": untrusted.with_mode(0o2755), "not_executable": untrusted.with_mode(0o644), "a_link": untrusted.a_link,
           "a_directory": a_directory, "a_fifo": untrusted.a_fifo, "a_script": a_script}


@pytest.fixture
def program(node, tree):
    os.makedirs(os.path.dirname(PLACE), mode=0o755)
    shutil.copy("/usr/bin/rsync", PLACE)
    os.chmod(PLACE, 0o755)
    node.write_config(more=CLAIMS_OFF + "[programs]\nrsync = %s\n" % PLACE)
    yield
    shutil.rmtree(os.path.dirname(PLACE))


@needs_root
@pytest.mark.parametrize("how", SPOILED)
def test_a_program_that_cannot_be_trusted(node, tree, program, how):
    SPOILED[how](PLACE, node)
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
