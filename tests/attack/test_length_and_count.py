# SPDX-License-Identifier: Apache-2.0
"""Huge, empty and blank lines. Held by: limits.h; a line that meets one is refused, never cut."""

import os
import resource
import time

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, PROBE

LONGEST = 128 * 1024 - 1  # what execve(2) takes for one argument, MAX_ARG_STRLEN


def lines(path):
    name = path.encode()
    return {
        "longest": (b"touch " + name)[:20].ljust(LONGEST - 40, b"a"),
        "longest path": b"touch /" + b"a/" * 60000,
        "longest name": b"touch " + os.path.dirname(name) + b"/" + b"a" * 300,
        "a hundred thousand words": b"a " * 50000 + b"a",
        "blanks before": b" touch " + name,
        "blanks behind": b"touch " + name + b" ",
        "two blanks": b"touch  " + name,
        "only blanks": b"   ",
        "nine words": b"rm -rf " + b" ".join([name] * 7),
        "not UTF-8": b"touch " + name + b"\xff\xfe",
        "overlong UTF-8": b"touch \xc0\xaf" + name,
        "dots": b"touch /" + b"../" * 1000 + name,
        "over the limit by one": (b"touch " + name).ljust(4096, b"a"),
        "many percent signs": b"%n" * 4000,
    }


REASONS = ("too-long", "bad-byte", "bad-spacing", "too-many-words", "unknown-form", "unknown-command",
           "bad-path", "outside", "not-writable")


@pytest.mark.parametrize("name", sorted(lines("/x")))
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_of_odd_size(node, tree, name, forced, untouched):
    line = lines(tree.at(EMPTY, PROBE))[name]
    start = time.monotonic()
    run = node.run_forced(line) if forced else node.run(line)
    assert time.monotonic() - start < 2
    expect_refused(node, run, REASONS)


def test_an_empty_line(node, tree, untouched):
    expect_refused(node, node.run(""), "no-command")
    expect_refused(node, node.run_forced(""), "no-command")
    expect_refused(node, node.run_forced(None), "no-command")


def test_a_huge_line_takes_no_memory_to_speak_of(node, tree, untouched):
    def prepare():
        resource.setrlimit(resource.RLIMIT_AS, (8 << 20, 8 << 20))

    expect_refused(node, node.run(b"a" * (LONGEST - 40), prepare=prepare), "too-long")
