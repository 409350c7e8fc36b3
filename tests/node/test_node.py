# SPDX-License-Identifier: Apache-2.0
"""The tests, the demo and the bench on a machine that is a compute node already: they pass there, see nothing of
its account nova, and leave everything as it was."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from testbed.tree import changes

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.path.abspath(os.environ.get("RSSH_NOVA_BUILD", "build/release"))
PARTS = {
    "integration": ["tests/integration/test_ways_in.py", "tests/integration/test_claim_hints.py"],
    "attack": ["tests/attack/test_path_names.py", "tests/attack/test_environment.py", "tests/attack/test_sftp_paths.py",
               "tests/attack/test_programs.py"],
    "admin": ["tests/admin/test_doctor.py", "tests/admin/test_claims.py", "tests/admin/test_check.py"],
    "kernel": ["tests/kernel/test_landlock_abi.py"],
    "sender": ["tests/sender/test_command.py", "tests/sender/test_words.py"],
}
COMMANDS = {
    "demo": ["install/demo"],
    "demo-plain": ["install/demo", "--plain"],
}


def run(words):
    """Output and exit status of a command that starts in the source tree."""
    done = subprocess.run(words, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, RSSH_NOVA_BUILD=BUILD, PYTHONDONTWRITEBYTECODE="1", CI="true"),
                          text=True, timeout=600)
    return done.stdout, done.returncode


@pytest.fixture
def kept(machine):
    before, mark = machine.snapshot(), machine.syslog.mark()
    yield
    assert changes(before, machine.snapshot()) == []
    assert machine.serves()
    assert [record for record in machine.records(mark) if record.get("user") == "nova"] == []


@pytest.mark.parametrize("part", PARTS)
def test_the_tests_pass(kept, part):
    said, status = run([sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *PARTS[part]])
    assert status == 0, said[-6000:]
    assert re.search(r"^\d+ passed in", said, re.M), said[-2000:]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_succeeds(kept, command):
    said, status = run(COMMANDS[command])
    assert status == 0, said[-6000:]
