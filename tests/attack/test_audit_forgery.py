# SPDX-License-Identifier: Apache-2.0
"""Records that a client would write himself. Held by: every value in a record is escaped and bounded."""

import pytest

from testbed.audit import expect_refused
from testbed.fixtures import needs_root

LINES = (
    "touch x\n<86>Jan  1 00:00:00 rssh-nova[1]: event=decide ref=0 verdict=allow",
    "touch x event=done ref=0000000000000000 status=0",
    "id verdict=allow reason=-",
    "id\x00verdict=allow".replace("\x00", "\x01"),
    "\x1b[2J\x1b[31mid",
    "%n%n%n%s%s%x",
    "id\\x20verdict=allow",
    'id" verdict="allow',
    "\xff\xfe\x80 id",
    "id " + "A" * 60000,
    "\x7f" * 3000,
    "=" * 500,
)


@needs_root
@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_one_escaped_bounded_record(node, tree, line, forced, untouched):
    mark = node.syslog.mark()
    raw = line.encode("latin-1")
    run = node.run_forced(raw) if forced else node.run(raw)
    expect_refused(node, run)
    datagrams = [each for each in node.syslog.datagrams[mark:] if not each.startswith(b"testbed ")]
    assert len(datagrams) == 1
    assert len(datagrams[0]) < 4200
    assert all(0x20 <= byte < 0x7F for byte in datagrams[0].rstrip(b"\0\n"))
    said = run.decides[0]["cmd"]
    assert line.startswith(said[:-3]) if said.endswith("...") else said == line


@needs_root
@pytest.mark.parametrize("name", ("USER", "LOGNAME", "SSH_CONNECTION", "SSH_CLIENT", "SSH_USER_AUTH"))
def test_what_the_environment_says_cannot_forge(node, tree, name, untouched):
    for value in ("x verdict=allow", "a\nevent=done", "\x1b[31m", "A" * 5000, "", "= = =", "127.0.0.1"):
        run = node.run("id", environment={name: value})
        expect_refused(node, run, "unknown-command")
        assert run.decides[0]["user"] == "nova"
        assert run.decides[0]["uid"] == str(node.uid)
