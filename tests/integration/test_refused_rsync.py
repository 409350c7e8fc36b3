# SPDX-License-Identifier: Apache-2.0
"""A refusal of each of rsync's forms, as rsync's own client sees it: exit status 77 or 78 and our line, whoever of the
two, rsync and its ssh, is quicker. The client decides by one look, without waiting, whether its ssh has ended."""

import os
import subprocess

import pytest

from testbed import login
from testbed.audit import REFUSAL, expect_refused, refusal
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, EMPTY

WAY = login.FORCED_COMMAND if os.geteuid() != 0 else login.LOGIN_SHELL
FILES = 3000  # a list that fits into no buffer between the two
# Between rsync and ssh. "late" has ended only long after its streams have: then rsync's look always comes too early.
# "unheard" hands on nothing of what ssh says on standard error.
REMOTE_SHELLS = {
    "late": """#!/bin/sh
{ssh} "$@"
exec sleep 20 < /dev/null > /dev/null 2>&1
""",
    "unheard": """#!/bin/sh
exec {ssh} "$@" 2>/dev/null
""",
}
# What Nova's driver does, refused: no claim is held, and nothing is to be read or made there.
CLIENTS = {
    "rsync-push": ["-r", "--sparse", "many", "node:{I}/_base/evil"],
    "rsync-push-z": ["-r", "--sparse", "--compress", "many", "node:{I}/_base/evil"],
    "rsync-pull": ["-r", "--sparse", "node:{I}/{E}/disk", "got"],
    "rsync-pull-z": ["-r", "--sparse", "--compress", "node:{I}/{E}/disk", "got"],
    "rsync-remove": ["-a", "--delete", "--include", "disk", "--exclude", "*", "empty/", "node:{H}"],
    "rsync-empty": ["-a", "--delete-excluded", "empty/", "node:{I}/_base"],
    "no form": ["-a", "--checksum", "many", "node:{I}/{U}"],
}
PUSH = "rsync --server -rSe.iLsfxCIvu . {}/_base/evil"
ROUNDS = int(os.environ.get("REFUSED_ROUNDS", "4"))


@pytest.fixture
def stage(node, tree, peer):
    for name in ("many", "empty"):
        os.makedirs(peer.path(name), exist_ok=True)
    for number in range(FILES):
        with open(peer.path("many", "a-file-with-a-name-that-takes-its-place-%d" % number), "w"):
            pass
    return peer


def rsync(stage, tree, node, client, shell):
    words = [word.format(I=tree.root, E=EMPTY, U=COMING, H=node.home) for word in client]
    ssh = os.path.join(stage.enter(WAY), "ssh")
    if shell in REMOTE_SHELLS:
        ssh = stage.write(shell, REMOTE_SHELLS[shell].format(ssh=ssh), 0o755)
    return stage.run(WAY, ["rsync", "-e", ssh, *words])


@pytest.mark.parametrize("shell", REMOTE_SHELLS)
@pytest.mark.parametrize("client", CLIENTS)
def test_the_client_hears_of_it(node, tree, stage, client, shell, untouched):
    expect_refused(node, rsync(stage, tree, node, CLIENTS[client], shell))


def test_the_oldest_protocol_that_has_a_word_for_it(node, tree, stage, untouched):
    expect_refused(node, rsync(stage, tree, node, ["--protocol=31"] + CLIENTS["rsync-push"], "late"))


@needs_root
def test_the_client_hears_what_is_not_refused_but_missing(node, tree, stage):
    node.write_config("[shell]\nno such key\n")
    run = rsync(stage, tree, node, CLIENTS["rsync-push"], "late")
    expect_refused(node, run, "not-configured", 78)


def test_nova_s_create_on_a_transport_that_is_off(node, tree, stage):
    node.write_config(node.default_config.replace("ssh, rsync", "ssh") + CLAIMS_OFF)
    run = rsync(stage, tree, node, ["-a", "--relative", "--no-implied-dirs", "many/./", "node:/"], "late")
    expect_refused(node, run, "transport")


@needs_root
def test_the_client_hears_of_a_refusal_behind_the_verdict(node, tree, stage):
    """The program is missing: known when the command line is allowed, and before rsync has begun."""
    node.write_config(node.default_config + CLAIMS_OFF + "[programs]\nrsync = /usr/bin/not-there\n")
    run = rsync(stage, tree, node, ["-r", "--sparse", "many", "node:{I}/{E}/disk"], "late")
    assert (run.status, refusal(run)[0]) == (78, "not-confined")
    assert [record["status"] for record in run.dones] == ["78"]


@pytest.fixture
def busy():
    """More to do for the machine than it has processors."""
    loads = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(2 * os.cpu_count())]
    yield
    for load in loads:
        load.kill()
        load.wait()


def test_in_round_after_round_on_a_busy_machine(node, tree, stage, busy):
    for count in range(ROUNDS):
        client = list(CLIENTS)[count % len(CLIENTS)]
        expect_refused(node, rsync(stage, tree, node, CLIENTS[client], "ssh"))


# What is no client of rsync's, or one that is too old: it has the line on standard error, and no byte of a protocol.
OTHERS = {
    "nothing": b"", "cut": b"\x20\0\0", "a daemon's client": b"@RSYNCD: 31.0\n", "older": b"\x1e\0\0\0",
    "from the future": b"\x29\0\0\0", "words": b"rsync\0--server\0\0",
}


@pytest.mark.parametrize("said", OTHERS)
def test_another_client_has_the_line_on_standard_error(node, tree, said):
    expect_refused(node, node.run(PUSH.format(tree.root), input=OTHERS[said]))


def test_a_client_that_waits_is_waited_for_only_so_long(node, tree):
    """One says nothing, one does not end, one never stops writing. None reads."""
    silent = node.start(PUSH.format(tree.root))
    stays = node.start(PUSH.format(tree.root))
    stays.stdin.write(b"\x20\0\0\0")
    stays.stdin.flush()
    version = subprocess.Popen(
        ["/bin/sh", "-c", "printf '\\040\\000\\000\\000'; cat /dev/zero"], stdout=subprocess.PIPE)
    writes = node.start(PUSH.format(tree.root), stdin=version.stdout)
    version.stdout.close()
    for child in (silent, stays, writes):
        assert child.wait(60) == 77
    assert REFUSAL.fullmatch(silent.stderr.read())
    for child in (stays, writes):
        assert child.stderr.read() == b"" and b"rssh-nova: refused: " in child.stdout.read()
    version.wait()
    for child in (silent, stays, writes):
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()
