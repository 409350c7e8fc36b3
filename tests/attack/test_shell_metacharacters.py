# SPDX-License-Identifier: Apache-2.0
"""A byte that means something to a shell, or to a terminal, anywhere in a line.
Held by: the tokenizer's alphabet; and no shell ever runs."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, PROBE

PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:=,@+- "
LINES = (
    "touch {P}; id > {C}",
    "touch {P} && touch {C}",
    "touch {P} || touch {C}",
    "touch {P} | tee {C}",
    "touch {P} & touch {C}",
    "touch {P}\ntouch {C}",
    "touch {P}\rtouch {C}",
    "touch {P} #",
    "touch {P} > {C}",
    "touch {P} < {C}",
    "touch {P} 2>{C}",
    "touch $(touch {C})",
    "touch `touch {C}`",
    "touch <(touch {C})",
    "(touch {C})",
    "!touch {C}",
    "\x1b]0;x\x07touch {P}",
    "touch\t{P}",
    "touch {P}\x0b",
    "touch {P}\u2028touch {C}",
)


@pytest.fixture
def places(tree, node):
    return {"P": tree.at(EMPTY, PROBE), "C": node.home + "/pwned"}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_with_shell_syntax(node, places, line, forced, untouched):
    line = line.format(**places)
    expect_refused(node, node.run_forced(line) if forced else node.run(line), "bad-byte")


def test_every_other_byte_at_every_kind_of_place(node, places, untouched):
    path = places["P"].encode()
    for value in range(1, 256):
        byte = bytes([value])
        if byte in PLAIN:
            continue
        for line in (byte + b"touch " + path, b"touch " + path[:-3] + byte + path[-3:], b"touch " + path + byte):
            run = node.run(line)
            assert run.status == 77, line
            assert b"bad-byte" in run.err, (line, run.err)
            if node.is_root:
                assert run.records[0]["cmd"].encode("latin-1") == line
