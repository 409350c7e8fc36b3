# SPDX-License-Identifier: Apache-2.0
"""What reaches the shell besides a command, and what its records say of who sent it."""

import json
import os
import subprocess

import pytest

from testbed import login
from testbed.audit import expect_done, expect_refused, refusal
from testbed.fixtures import needs_root
from testbed.syslog import LINE
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, EMPTY, PROBE

LOGINS = [
    pytest.param(each, id=each.name, marks=() if each is login.FORCED_COMMAND else needs_root)
    for each in login.RESTRICTED
]
by_every_login = pytest.mark.parametrize("which", LOGINS)
in_the_ways_with_a_terminal = pytest.mark.parametrize(
    "which", [each for each in LOGINS if each.values[0] is not login.KEY_COMMAND])  # restrict: no terminal


@by_every_login
def test_a_login_without_a_command_is_refused(node, tree, peer, which, untouched):
    run = peer.run(which, ["ssh", "-T", "node"], input=b"id\ntouch canary\n")
    expect_refused(node, run, "no-command")


@needs_root
@in_the_ways_with_a_terminal
def test_a_login_with_a_terminal_is_refused(node, tree, peer, which, untouched):
    run = peer.run(which, ["ssh", "-tt", "node"], input=b"id\n")
    assert run.status == 77
    assert b"rssh-nova: refused: no-command" in run.out
    assert b"uid=" not in run.out
    assert [each["reason"] for each in run.decides] == ["no-command"]


@needs_root
@in_the_ways_with_a_terminal
def test_a_command_with_a_terminal_is_the_same_command(node, tree, peer, which):
    run = peer.run(which, ["ssh", "-tt", "node", "mkdir -p " + tree.at(COMING)])
    assert run.status == 0
    assert os.path.isdir(tree.at(COMING))


@needs_root
@by_every_login
def test_an_rc_file_never_runs(node, tree, peer, which):
    """sshd has the login shell run ~/.ssh/rc by /bin/sh, before the command."""
    canary = os.path.join(node.home, "rc-ran")
    tree.write(os.path.join(node.home, ".ssh/rc"), b"touch %s\n" % canary.encode())
    run = peer.run(which, ["ssh", "node", "mkdir -p " + tree.at(COMING)])
    assert run.status == 0
    assert os.path.isdir(tree.at(COMING))
    if which.restricted_login_shell and not which.forced:
        assert not os.path.exists(canary)
        assert "unknown-command" in [each["reason"] for each in run.decides]


@needs_root
@by_every_login
def test_a_record_says_who_came_with_which_key(node, tree, peer, which):
    path = tree.at(EMPTY, PROBE)
    run = peer.run(which, ["ssh", "node", "touch " + path])
    expect_done(
        node, run, user="nova", uid=str(node.uid), peer="127.0.0.1", key=peer.fingerprint,
        transport="ssh", form="touch", op="touch", path=path, instance=EMPTY, claim="off",
        reason="-", cmd="touch " + path)
    assert run.decides[0]["confine"] not in ("-", "off", "none")


@needs_root
def test_a_key_that_sshd_hides_is_unknown(node, tree, peer):
    run = peer.run(login.OPEN_ENVIRONMENT, ["ssh", "node", "touch " + tree.at(EMPTY, PROBE)])
    expect_done(node, run, key="-", peer="127.0.0.1")


@needs_root
def test_every_run_has_a_ref_of_its_own(node, tree, peer):
    runs = [peer.ask(login.LOGIN_SHELL, "touch " + tree.at(EMPTY, PROBE)) for _ in range(20)]
    assert len({run.decides[0]["ref"] for run in runs}) == 20


@needs_root
def test_records_in_json(node, tree, peer):
    node.write_config(more=CLAIMS_OFF + "[audit]\nformat = json\n")
    mark = node.syslog.mark()
    node.popen(node.arguments("touch " + tree.at(EMPTY, PROBE))).wait()
    node.popen(node.arguments('touch "\n\\')).wait()
    node.syslog.flush()
    records = []
    for datagram in node.syslog.datagrams[mark:]:
        if not datagram.startswith(b"testbed "):
            records.append(json.loads(LINE.fullmatch(datagram).group(2)))
    assert [each["event"] for each in records] == ["decide", "done", "decide"]
    assert records[0]["path"] == tree.at(EMPTY, PROBE)
    assert records[1]["status"] == 0
    assert records[2]["cmd"] == 'touch "\n\\'


@needs_root
def test_the_facility_is_the_configured_one(node, tree):
    for word, facility in (("authpriv", 10), ("local3", 19)):
        node.write_config(more=CLAIMS_OFF + "[audit]\nfacility = %s\n" % word)
        mark = node.syslog.mark()
        node.run("touch " + tree.at(EMPTY, PROBE))
        hits = [LINE.fullmatch(datagram) for datagram in node.syslog.datagrams[mark:]]
        assert [int(hit.group(1)) >> 3 for hit in hits if hit] == [facility, facility]


def test_the_version_needs_no_configuration(node, tree):
    os.unlink(node.config)
    said = subprocess.run([node.shell, "--version"], capture_output=True, text=True)
    assert said.returncode == 0 and said.stdout.startswith("rssh-nova ") and said.stderr == ""


@pytest.mark.parametrize("option", ("--help", "-h"))
def test_help_is_no_fault(node, tree, option):
    os.unlink(node.config)
    mark = node.syslog.mark()
    said = subprocess.run([node.shell, option], capture_output=True, text=True)
    assert said.returncode == 0 and said.stdout.startswith("usage: rssh-nova ") and said.stderr == ""
    assert node.records(mark) == []
    # Of a client it is a command as any other.
    assert node.run("%s %s" % (node.shell, option)).status != 0


@by_every_login
def test_a_transport_that_is_not_configured_is_refused(node, tree, peer, which):
    config = node.default_config.replace("ssh, rsync", "ssh") + CLAIMS_OFF
    node.write_config(config + ("" if node.audited else "[audit]\nrequired = no\n"))
    run = peer.ask(which, "rsync --server -rSe.iLsfxCIvu . " + tree.at(EMPTY, "disk"))
    expect_refused(node, run, "transport")
    assert not os.path.exists(tree.at(EMPTY, "disk"))


def test_a_refusal_of_a_run_without_ssh_says_the_same(node, tree, untouched):
    run = node.run("id")
    expect_refused(node, run, "unknown-command")
    assert refusal(run)[0] == "unknown-command"
