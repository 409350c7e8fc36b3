# SPDX-License-Identifier: Apache-2.0
"""A stranger's walk through README.md: each command of its code blocks, as written and in its order, in a clean Debian
with its own systemd. The walk begins with a checkout, Debian's required and important packages, git, sudo and
ca-certificates. It runs nothing that README does not say. At the end the shell must serve nova, refuse other commands,
and record both: so README left out no step.

Two commands have another place than in README. tests/run comes last, because its packages stay installed.
install/demo --clean follows install/demo, so the installation begins in a clean root again.

It leaves to CI: the stages of tests/run that VALUES does not name. It leaves to tests/vm: the kernels of the releases,
and a reboot. No test runs the demo on a terminal, where it asks before it installs. The other node is a directory of
this machine, with its own key and ssh_config."""

import os
import re
import subprocess
import textwrap

import debian
import pytest
from booted import Booted
from conftest import TOP
from peer import Peer
from source import Source

README = (TOP / "README.md").read_text()
MINIMAL = "ca-certificates,git,sudo"
# What the walk runs in the place of a command of README: a short stage of the 50 minutes. The ssh_config of the other
# node gives NODE its address and its key: tests/install/peer.py.
VALUES = {"tests/run": "tests/run images"}
# The exit status of a command that README says is refused.
STATUS = {"ssh nova@NODE id": 77}
# That of doctor before the operator does what it says: Debian's journald limits rates.
WARNED = 1
NOVA_CONF = "[DEFAULT]\ninstances_path = /var/lib/nova/instances\n[libvirt]\nremote_filesystem_transport = ssh\n"
BOUND = 1800


def commands(text):
    """The commands of the code blocks. An explanation begins with blanks, or follows two of them."""
    found = []
    for block in re.findall(r"^( *)```\n(.*?)^\1```$", text, re.M | re.S):
        for line in textwrap.dedent(block[1]).splitlines():
            if line and not line.startswith(" "):
                found.append(re.split(r" {2,}", line)[0])
    return found


def ordered(text, suite):
    """The same, but the demo is undone at once, and tests/run is last, on Debian 12: README promises no other."""
    [undo] = set(re.findall(r"install/demo --clean", text))
    found = commands(text)
    found.insert(found.index("install/demo") + 1, undo)
    found.remove("tests/run")
    return found + ["tests/run"] * (suite == "bookworm")


class Walk:
    def __init__(self, node, who, place):
        self.node, self.who, self.peer = node, who, Peer(place / "peer")
        if who != "root":
            node.run("useradd", "--create-home", "--shell", "/bin/bash", who)
            node.write("/etc/sudoers.d/" + who, who + " ALL=(ALL) NOPASSWD: ALL\n", 0o440)
        self.home = node.run("getent", "passwd", who).split(":")[5]
        self.checkout = self.home + "/rssh-nova"
        Source(node, TOP, self.checkout)
        node.run("chown", "-R", who + ":", self.checkout)
        self.packages = self.installed()

    def installed(self):
        return set(self.node.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n").splitlines())

    def become_a_node(self):
        """What a compute node has before: nova's account with the key of the other nodes, and nova.conf."""
        self.node.add_nova()
        os.mkdir(self.node.at("/etc/nova"))
        self.node.write("/etc/nova/nova.conf", NOVA_CONF)
        self.node.run("install", "-d", "-o", "nova", "-g", "nova", "-m", "0700", "/var/lib/nova/.ssh")
        self.node.write("/var/lib/nova/.ssh/authorized_keys", self.peer.key + "\n", 0o600)
        self.node.run("chown", "nova:", "/var/lib/nova/.ssh/authorized_keys")

    def adapt(self):
        """Step 3 of README, for which it has no command: three values, out of the files that it names."""
        text = self.node.read("/etc/rssh-nova.conf")
        for name, key in (("/etc/nova/nova.conf", "remote_filesystem_transport"), ("/etc/nova/nova.conf", "instances_path"),
                          ("/etc/ssh/sshd_config", "Subsystem")):
            value = re.search(r"^%s\b[\s=]*(?:sftp\s+)?(\S+)" % key, self.node.read(name), re.M)[1]
            ours = "sftp_server" if key == "Subsystem" else key
            text, count = re.subn(r"^%s = .*" % ours, "%s = %s" % (ours, value), text, flags=re.M)
            assert count == 1, ours
        self.node.write("/etc/rssh-nova.conf", text)

    def obey(self, told):
        """Step 5 of README, in the words of doctor: "do: set KEY=VALUE in section [NAME] of FILE, then COMMAND"."""
        for setting, section, path, command in re.findall(r"do: set (\S+) in section (\S+) of (\S+), then (.*)", told):
            self.node.run("mkdir", "-p", os.path.dirname(path))
            self.node.write(path, "%s\n%s\n" % (section, setting))
            self.node.run("sh", "-euc", command)

    def do(self, command, status=0):
        """Returns what it said. A question gets a yes."""
        environment = {"PATH": debian.ENVIRONMENT["PATH"], "TERM": "dumb"}
        if command.startswith("ssh "):
            self.peer.meet(self.node)
            words, environment = self.node.from_peer(["sh", "-c", command]), self.peer.environment()
        else:
            script = "cd rssh-nova && " + VALUES.get(command, command)
            words = self.node.command(["runuser", "--login", self.who, "--command", script])
        done = subprocess.run(words, env=environment, input="y\n", text=True, errors="replace", timeout=BOUND,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == status, "%s: %d\n%s" % (command, done.returncode, done.stdout[-6000:])
        return done.stdout

    def go(self, steps):
        """Yields (command, what it said) of each."""
        for command in steps:
            if command == "sudo rssh-nova-admin check":
                self.adapt()
            if command == "sudo rssh-nova-admin doctor":
                self.obey(self.do(command, WARNED))
            said = self.do(command, STATUS.get(command, 0))
            yield command, said
            if command == "install/demo --clean":
                assert self.installed() == self.packages
                self.become_a_node()


def expect_a_node(node, said):
    """README left out no step: sshd runs the shell, which refuses one command, does the other, and records both."""
    assert node.run("getent", "passwd", "nova").rstrip().endswith(":/usr/bin/rssh-nova")
    assert "refused: unknown-command" in said["ssh nova@NODE id"]
    [instance] = [name for name in os.listdir(node.at("/var/lib/nova/instances")) if name[0] not in "._"]
    verdicts = re.findall(r"event=decide .*verdict=(\w+) .* instance=(\S+)", said["sudo journalctl -t rssh-nova"])
    assert verdicts == [("deny", "-"), ("allow", instance)]


@pytest.fixture(scope="module")
def clean(roots):
    """A clean root of a release as a tar file, made once."""
    made = {}

    def find(suite):
        if suite not in made:
            made[suite] = os.path.join(roots, "walk-%s.tar" % suite)
            debian.make(made[suite], suite, MINIMAL, options=["--variant=important"])
        return made[suite]

    return find


@pytest.fixture
def booted(clean, roots):
    running = []

    def boot(suite):
        running.append(Booted(clean(suite), os.path.join(roots, "walk")))
        return running[0]

    yield boot
    for each in running:
        each.close()


@pytest.mark.parametrize("who", ("root", "stranger"))
@pytest.mark.parametrize("suite", ("bookworm", "trixie"))
def test_readme_leads_from_a_checkout_to_a_node(booted, suite, who, tmp_path):
    node = booted(suite)
    said = dict(Walk(node, who, tmp_path).go(ordered(README, suite)))
    assert "demo: all steps succeeded" in said["install/demo"]
    assert suite != "bookworm" or re.search(r"^[1-9]\d* passed, 0 failed$", said["tests/run"], re.M)
    expect_a_node(node, said)
