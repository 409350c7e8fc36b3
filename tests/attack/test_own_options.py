# SPDX-License-Identifier: Apache-2.0
"""The shell's own options, typed by the client. Held by: only argv of the shell itself and a login line
that names the shell are read for options, and what the latter may choose is narrower."""

import os

import pytest

from testbed import login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY

LOOSE = "[shell]\nremote_filesystem_transport = ssh, rsync\ninstances_path = {home}/instances2\n[claims]\nmode = off\n"
LINES = (
    "rssh-nova --config={conf}", "rssh-nova --config {conf}", "{shell} --config={conf}",
    "{shell} --config {conf}", "{shell} --profile admin", "--config={conf}", "--config {conf}",
    "--profile admin", "--version", "{shell} --version", "{shell} -c id", "rssh-nova -c id",
    "{shell} --config {conf} -c id", "{shell}x --config {conf}",
)


@pytest.fixture
def conf(node, tree):
    """A configuration that the peer has put into its own instance, as nova's file."""
    path = tree.at(EMPTY, "loose.conf")
    tree.write(path, LOOSE.format(home=node.home).encode())
    return path


@needs_root
@pytest.mark.parametrize("line", LINES)
def test_options_in_the_line_of_a_login_shell(node, tree, conf, line):
    before = node.snapshot()
    run = node.run(line.format(conf=conf, shell=node.shell))
    assert run.status in (77, 78)
    expect_refused(node, run, ("no-command", "unknown-command", "not-configured"), run.status)
    assert node.snapshot() == before


@pytest.mark.parametrize("line", LINES)
def test_options_in_the_line_of_a_forced_command(node, tree, conf, line):
    before = node.snapshot()
    run = node.run_forced(line.format(conf=conf, shell=node.shell))
    expect_refused(node, run, "unknown-command")
    assert node.snapshot() == before


@needs_root
@pytest.mark.parametrize("line", LINES)
def test_a_client_that_sets_the_original_command_himself(node, tree, conf, line):
    """With AcceptEnv a client of the login shell plays forced command, and names its own configuration:
    he must reach nothing that the node's own does not give him."""
    before = node.snapshot()
    victim = os.path.join(node.home, "instances2/11111111-1111-4111-8111-111111111111/disk")
    run = node.run(
        line.format(conf=conf, shell=node.shell), environment={"SSH_ORIGINAL_COMMAND": "rm " + victim})
    assert run.status in (77, 78), run.err
    assert node.snapshot() == before


@needs_root
def test_the_same_over_ssh(node, tree, peer, conf):
    before = node.snapshot()
    victim = os.path.join(node.home, "instances2/11111111-1111-4111-8111-111111111111/disk")
    run = peer.run(login.OPEN_ENVIRONMENT, [
        "ssh", "-o", "SetEnv=SSH_ORIGINAL_COMMAND='rm %s'" % victim, "node",
        "%s --config %s" % (node.shell, conf)])
    assert run.status in (77, 78), run.err
    assert node.snapshot() == before


@needs_root
def test_the_original_command_does_not_stand_above_the_line(node, tree, untouched):
    """A login shell's line is what counts, whatever the client has put into the environment."""
    victim = tree.at(EMPTY)
    run = node.run("id", environment={"SSH_ORIGINAL_COMMAND": "rm -rf " + victim})
    expect_refused(node, run, "unknown-command")


ARGUMENTS = {
    ("--config", "{config}", "--config", "{config}"): "an option was given twice",
    ("--profile", "a", "--profile", "a"): "an option was given twice",
    ("--profile", ""): "an option has no value, or one that is too long",
    ("--config", ""): "an option has no value, or one that is too long",
    ("--profile", "a" * 100): "an option has no value, or one that is too long",
    ("--config", "/" + "a" * 5000): "an option has no value, or one that is too long",
    ("--profile",): "an unknown option, or one without its value",
    ("--unknown",): "an unknown option, or one without its value",
    ("-v",): "an unknown option, or one without its value",
    ("--config", "{config}", "word"): "unexpected argument",
}


@needs_root
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda arguments: " ".join(arguments)[:40])
def test_a_forced_command_with_a_slip_in_it_voids_all(node, tree, arguments, untouched):
    """What an administrator wrote into authorized_keys; the client's line is one that would be done."""
    mark = node.syslog.mark()
    child = node.popen(
        ["rssh-nova"] + [word.format(config=node.config) for word in arguments],
        {"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    run = node.finish(child, mark)
    expect_refused(node, run, "not-configured", status=78)
    assert run.faults[0]["where"] == run.faults[0]["problem"] == ARGUMENTS[arguments]


@needs_root
@pytest.mark.parametrize("name", ("./rssh-nova", "x/rssh-nova", "../rssh-nova"))
def test_a_relative_name_is_not_ours(node, tree, name, untouched):
    run = node.run(name, environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    expect_refused(node, run, "unknown-command")


@needs_root
def test_the_version_is_not_for_clients(node, tree, untouched):
    run = node.run("%s --version" % node.shell, environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    assert run.out == b""
    expect_refused(node, run, "not-configured", status=78)


ELSEWHERE = "/etc/rssh-nova-of-another-purpose.conf"


@pytest.fixture
def elsewhere(node, tree):
    """A configuration of root's that lets more in than the node's own, for another purpose."""
    node.write_config(more="[limits]\nsessions = 1\n")
    with open(ELSEWHERE, "w") as conf:
        conf.write(LOOSE.format(home=node.home))
    os.chmod(ELSEWHERE, 0o644)
    yield ELSEWHERE
    os.unlink(ELSEWHERE)


@needs_root
@pytest.mark.parametrize("name", (ELSEWHERE, "/etc/../etc/rssh-nova.conf", "//etc/rssh-nova.conf", "etc/rssh-nova.conf",
                                  "/etc/rssh-nova.conf/", "/etc/./rssh-nova.conf"))
@pytest.mark.parametrize("line", ("{shell} --config {name}", "rssh-nova --config={name}", "{shell} --config={name} --profile a",
                                  "{shell} --profile a --config {name}", "{shell} --conf {name}"))
def test_a_login_shell_reads_no_other_configuration(node, tree, elsewhere, line, name, untouched):
    """Not even one of root's: what sshd forces and what a client types look the same to it."""
    target = os.path.join(node.home, "instances2", COMING)
    run = node.run(line.format(shell=node.shell, name=name), environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + target})
    expect_refused(node, run, "not-configured", status=78)
    assert run.faults[0]["problem"].startswith("with rssh-nova as the login shell --config may name /etc/rssh-nova.conf alone")


@needs_root
def test_a_login_shell_may_be_told_its_own_configuration(node, tree):
    run = node.run("%s --config %s" % (node.shell, node.config),
                   environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    expect_done(node, run)


@needs_root
def test_its_own_configuration_must_be_root_s(node, tree):
    os.chown(node.config, node.uid, node.gid)
    run = node.run("%s --config %s" % (node.shell, node.config),
                   environment={"SSH_ORIGINAL_COMMAND": "mkdir -p " + tree.at(COMING)})
    expect_refused(node, run, "not-configured", status=78)
    assert run.faults[0]["problem"].startswith("the file must be owned by root")


@needs_root
def test_a_forced_command_of_another_login_shell_reads_any(node, tree, elsewhere):
    """There sshd starts the shell with its words in argv, which no client has."""
    mark = node.syslog.mark()
    target = os.path.join(node.home, "instances2", COMING)
    child = node.popen(["rssh-nova", "--config", elsewhere], {"SSH_ORIGINAL_COMMAND": "mkdir -p " + target})
    expect_done(node, node.finish(child, mark))
    assert os.path.isdir(target)
