# SPDX-License-Identifier: Apache-2.0
"""A client that never reads what is said to it. Held by: shell/say, which waits no longer than two seconds, and the order
of things at the end: first the record and the locks, then the client."""

import fcntl
import os
import threading

import pytest

from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING
from test_takeover import wait_until

pytestmark = needs_root


@pytest.fixture
def unread(node, tree):
    """scp -v prints each line of the protocol to standard error, which nobody reads: it fills."""
    claim.configure(node, more="[limits]\nwall_time = 1s\n")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    shell = node.start("scp -v -r -t " + tree.at(COMING))
    fcntl.fcntl(shell.stderr, 1031, 4096)  # F_SETPIPE_SZ
    stop = threading.Event()

    def feed():
        try:
            while not stop.is_set():
                shell.stdin.write(b"T0 0 0 0\n" * 200)
                shell.stdin.flush()
        except (OSError, ValueError):
            pass

    def drain():
        while not stop.is_set() and os.read(shell.stdout.fileno(), 65536):
            pass

    for work in (feed, drain):
        threading.Thread(target=work, daemon=True).start()
    yield shell
    stop.set()
    shell.stderr.close()
    shell.wait(10)


def test_it_ends_and_is_recorded_all_the_same(node, tree, unread):
    mark = node.syslog.mark()
    assert wait_until(lambda: node.processes() == {}, 20)
    assert [record["limit"] for record in node.records(mark) if record["event"] == "done"] == ["wall_time"]
    directory = os.open(tree.at(COMING), os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(directory)
