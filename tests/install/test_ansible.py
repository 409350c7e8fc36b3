# SPDX-License-Identifier: Apache-2.0
"""The Ansible role rolls the package out to a clean Debian 12 node, over ssh as root, as an operator would: the first
run puts the shell in force, the second changes nothing, and doctor is a gate. tests/packages has its other sources."""

import json
import os
import re
import subprocess

import pytest
from conftest import TOP

UUID = "9f8bb92b-b351-4531-8e19-b65d78d14f0b"
CONF = "/etc/rssh-nova.conf"
SSH = ("-o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile={place}/known_hosts "
       "-o GlobalKnownHostsFile=none -o HostKeyAlias=node -o StrictHostKeyChecking=yes")
ANOTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA another"
AUTHORITY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB authority"
GATE = "Fail if there are findings"
PLAY = [{"hosts": "all", "roles": [{"role": "rssh_nova"}]}]
# As example.yml; the role never gets to the second node.
FLEET = [{"hosts": "node", "serial": [1, "20%"], "roles": [{"role": "rssh_nova"}]},
         {"hosts": "all", "gather_facts": False,
          "tasks": [{"include_role": {"name": "rssh_nova", "tasks_from": "table"}}]}]


class Operator:
    """Who may log in to the node as root, and has Ansible."""

    def __init__(self, node, peer, place):
        self.place, self.peer = place, peer
        place.mkdir()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", place / "key"], check=True)
        node.run("install", "-d", "-m", "0700", "/root/.ssh")
        node.write("/root/.ssh/authorized_keys", (place / "key.pub").read_text(), 0o600)

    def meet(self, sshd):
        self.port = sshd.port
        (self.place / "known_hosts").write_text("node %s\n" % sshd.host_key())
        (self.place / "inventory").write_text(
            "node ansible_host=127.0.0.1 ansible_port=%d ansible_user=root ansible_python_interpreter=/usr/bin/python3"
            " ansible_ssh_private_key_file=%s/key\n" % (sshd.port, self.place))

    def play(self, variables, status=0, play=PLAY, others=""):
        """Gives (how many tasks changed something, what was said)."""
        (self.place / "play.yml").write_text(json.dumps(play))
        (self.place / "others").write_text(others)
        (self.place / "variables.json").write_text(json.dumps(variables))
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.place), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.place / "ansible"), "ANSIBLE_LOCAL_TEMP": str(self.place / "tmp"),
            "ANSIBLE_ROLES_PATH": str(TOP / "install/ansible/roles"), "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_GATHER_SUBSET": "!all",
            "ANSIBLE_SSH_ARGS": SSH.format(place=self.place) + " -o ControlMaster=auto -o ControlPersist=10s",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.place / "cp"),
        }
        done = subprocess.run(
            ["ansible-playbook", "-i", "inventory", "-i", "others", "-e", "@variables.json", "play.yml"], cwd=self.place,
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=240)
        assert done.returncode == status, done.stdout
        return int(re.search(r"^node +: ok=\d+ +changed=(\d+)", done.stdout, re.M)[1]), done.stdout


@pytest.fixture
def operator(node, peer, serve, tmp_path):
    made = Operator(node, peer, tmp_path / "operator")
    made.meet(serve())
    return made


def test_the_role_puts_the_package_in_force_and_then_changes_nothing(node, packages, peer, operator, syslog):
    variables = {
        "rssh_nova_package": packages.deb,
        "rssh_nova_config": {"shell": {"remote_filesystem_transport": "ssh"}, "audit": {"required": True}},
        "rssh_nova_keys": [{"key": peer.key, "from": "127.0.0.1,::1"}, ANOTHER,
                           {"key": AUTHORITY, "authority": True, "principals": ["compute1", "compute2"]},
                           {"key": AUTHORITY, "authority": True, "from": "192.0.2.0/24"}],
        "rssh_nova_peers": {"compute1": ["127.0.0.1", "2001:db8::1"], "compute2": "192.0.2.2"},
        "rssh_nova_known_hosts": [{"names": ["192.0.2.7", "node-b"], "key": ANOTHER},
                                  {"names": ["192.0.2.8", "node-c"], "key": ANOTHER}],
    }
    node.write("/etc/ssh/ssh_known_hosts", "elsewhere %s\n" % ANOTHER)
    changed, _ = operator.play(variables)
    assert changed > 3
    assert node.read(CONF).splitlines()[1:] == [
        "", "[claims]", "peers_file = /etc/rssh-nova.peers",
        "", "[shell]", "remote_filesystem_transport = ssh", "", "[audit]", "required = yes"]
    assert node.read("/etc/rssh-nova.peers").splitlines()[1:] == ["compute1 127.0.0.1 2001:db8::1", "compute2 192.0.2.2"]
    assert node.read("/etc/ssh/authorized_keys.d/nova").splitlines()[1:] == [
        'restrict,from="127.0.0.1,::1" ' + peer.key, "restrict " + ANOTHER,
        'restrict,cert-authority,principals="compute1,compute2" ' + AUTHORITY,
        'restrict,cert-authority,from="192.0.2.0/24" ' + AUTHORITY]
    known = node.read("/etc/ssh/ssh_known_hosts").splitlines()
    assert [line for line in known if not line.startswith("#")] == [
        "%s %s" % (names, ANOTHER) for names in ("elsewhere", "192.0.2.7,node-b", "192.0.2.8,node-c")]
    assert peer.ask("id").returncode == 77
    # sshd was told, by the role: the login shell has no say in this.
    assert not peer.is_forwarded(operator.port)
    peer.migrate("ssh", UUID)
    assert os.path.exists(node.at("/var/lib/nova/instances/%s/disk" % UUID))
    before = node.etc()
    changed, told = operator.play(variables)
    assert changed == 0, told
    assert node.etc() == before

    # doctor is a gate: a play ends at a warning, unless it is accepted, and at what is fatal whatever is accepted.
    variables["rssh_nova_config"]["audit"]["required"] = False
    variables["rssh_nova_config"]["shell"]["remote_filesystem_transport"] = ["ssh"]
    _, told = operator.play(variables, status=2)
    assert GATE in told and "commands run without a record" in told
    variables["rssh_nova_accepted"] = ["config", "instances"]
    changed, _ = operator.play(variables)
    assert changed == 0
    node.run("chown", "root:root", "/var/lib/nova/instances")
    _, told = operator.play(variables, status=2)
    assert GATE in told and "does not belong to nova" in told
    # On many nodes it goes on, and ends with a table of them all.
    _, told = operator.play(dict(variables, rssh_nova_continue="true"), 2, FLEET, "[all]\nanother\n")
    assert re.search(r'"node +fatal +instances +.*does not belong to nova', told), told
    assert re.search(r'"another +fatal +- +the role failed on this node', told), told
    assert "node, another: see the table" in told or "another, node: see the table" in told
    node.run("chown", "nova:nova", "/var/lib/nova/instances")

    # What the configuration check refuses never gets there, and nor does what is no key.
    kept = node.etc()
    _, told = operator.play(dict(variables, rssh_nova_peers={"compute1": ["compute1.example"]}), status=2)
    assert "Write the peers file" in told
    _, told = operator.play(dict(variables, rssh_nova_config={"shell": {"instances_path": "/etc"}}), status=2)
    assert "Configure the shell" in told
    _, told = operator.play(dict(variables, rssh_nova_keys=["ssh-ed25519 AAAA\nssh-ed25519 BBBB"]), status=2)
    assert "not a public key on one line" in told
    nameless = [{"names": ["a b"], "key": ANOTHER}]
    _, told = operator.play(dict(variables, rssh_nova_known_hosts=nameless), status=2)
    assert "not a host key with names" in told
    assert node.etc() == kept


def test_the_example_is_a_play():
    example = TOP / "install/ansible/example.yml"
    subprocess.run(["ansible-playbook", "--syntax-check", "-i", "localhost,", example], check=True, cwd=example.parent,
                   capture_output=True)
