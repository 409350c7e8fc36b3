# SPDX-License-Identifier: Apache-2.0
"""install/deployments: what other people's tools do to a node before and after setup, in a clean Debian 12, with real
logins. The tools themselves are not run here."""

import os
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import TOP
from test_setup import doctor

PAGES = TOP / "install/deployments"
UUID = "9f8bb92b-b351-4531-8e19-b65d78d14f0b"
# Kolla's sshd_config of Debian, as its template renders it, except the addresses to listen on.
KOLLA = "Port 8022\n\nSyslogFacility AUTHPRIV\nUsePAM yes\nSubsystem       sftp    /usr/lib/openssh/sftp-server\n"


def is_refused(peer):
    done = peer.ask("id", "-un")
    return (done.returncode, done.stdout) == (77, "")


def faults(node):
    """{check: level} of what doctor finds fault with."""
    return {each["check"]: each["level"] for each in doctor(node)}


@pytest.fixture
def arranged(node, packages, peer, syslog):
    node.install(packages.deb)
    node.run("rssh-nova-admin", "setup")
    return node


def carry_out(node, path, files):
    """The RUN and COPY of a Containerfile, COPY out of a dict."""
    text = re.sub(r"\\\n", "", re.sub(r"^#.*\n", "", path.read_text(), flags=re.M))
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "RUN":
            node.run("sh", "-euc", rest)
        elif word == "COPY":
            name, target = rest.split()
            shutil.copy(files[name], node.at(target))
        else:
            assert word in ("ARG", "FROM", "USER"), line


def test_kolla_starts_sshd_behind_the_shell(node, packages, peer, serve, syslog):
    # What Kolla's image has, and what kolla_start does: copy, then read extend_start.
    node.write("/usr/local/bin/kolla_extend_start", "mkdir -p /var/lib/nova/.ssh\n")
    node.run("usermod", "--shell", "/bin/bash", "nova")
    carry_out(node, PAGES / "kolla-ansible/Containerfile", {
        "rssh-nova_*.deb": packages.deb, "rssh-nova.conf": TOP / "rssh-nova.conf",
        "extend_start": PAGES / "kolla-ansible/extend_start"})
    os.makedirs(node.at("/var/lib/kolla/config_files"))
    node.write("/var/lib/kolla/config_files/id_rsa.pub", peer.key + "\n")

    def start(status=0):
        node.write("/etc/ssh/sshd_config", KOLLA, 0o600)
        return node.run("bash", "-euo", "pipefail", "-c", ". /usr/local/bin/kolla_extend_start", status=status)

    for _ in range(2):  # each start of the container is the same
        start()
        assert node.read("/etc/ssh/authorized_keys.d/nova") == "restrict " + peer.key + "\n"
        sshd = serve()
        assert is_refused(peer) and not peer.is_forwarded(sshd.port)
    peer.migrate("ssh", UUID)
    assert os.path.exists(node.at(f"/var/lib/nova/instances/{UUID}/disk"))

    # A bypass, and sshd does not start.
    node.write("/etc/ssh/sshd_config.d/00-rssh-nova.conf", "")
    assert " fatal, " in start(status=1)


def test_a_reset_login_shell_leaves_the_forced_command(arranged, peer, serve):
    """Debian's nova-common, the charm, os_nova and edpm_users do that; the charm writes keys without restrict, too."""
    serve()
    for shell in "/bin/sh", "/bin/bash":
        arranged.run("usermod", "--shell", shell, "nova")
        assert is_refused(peer)
        assert "login-shell" in faults(arranged)
    arranged.write("/etc/ssh/authorized_keys.d/nova", peer.key + "\n")
    sshd = serve()
    assert is_refused(peer) and not peer.is_forwarded(sshd.port)
    assert faults(arranged)["keys"] == "warning"
    arranged.run("rssh-nova-admin", "setup")
    assert "login-shell" not in faults(arranged)


def test_edpm_keeps_the_forced_command_by_the_include_alone(arranged, peer, serve):
    options = yaml.safe_load((PAGES / "rhoso/nodeset-vars.yaml").read_text())["edpm_sshd_server_options"]
    # As edpm_sshd's template writes it; Debian has sftp-server elsewhere.
    lines = ["%s %s" % (key, each) for key, value in options.items() for each in (value if isinstance(value, list) else [value])]
    lines = [line.replace("/usr/libexec/openssh/", "/usr/lib/openssh/") for line in lines]
    assert lines[-1] == "Include /etc/ssh/sshd_config.d/00-rssh-nova.conf"
    # What a deployment leaves: login shell, keys in the home, sshd_config.
    arranged.run("usermod", "--shell", "/bin/sh", "nova")
    arranged.write("/etc/ssh/sshd_config", "\n".join(lines) + "\n", 0o600)
    serve()
    assert is_refused(peer)
    assert "fatal" not in faults(arranged).values()
    # Its own defaults: nothing is left.
    arranged.write("/etc/ssh/sshd_config", "\n".join(lines[:-1]) + "\n", 0o600)
    serve()
    assert peer.ask("id", "-un").stdout == "nova\n"
    assert "fatal" in faults(arranged).values()


def test_certificates_of_openstack_ansible_are_let_in_to_the_shell(arranged, peer, serve, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "ca"], check=True)
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "ca", "-I", "nova-compute1", "-n", "nova", peer.place / "key.pub"],
                   check=True)
    arranged.write("/etc/ssh/sshd_config.d/00-openstack-ansible-trusted-ca.conf",
                   "TrustedUserCAKeys /etc/ssh/trusted_ca\nAuthorizedPrincipalsFile /etc/ssh/auth_principals/%u_principals\n")
    arranged.write("/etc/ssh/trusted_ca", (tmp_path / "ca.pub").read_text())
    os.makedirs(arranged.at("/etc/ssh/auth_principals"))
    arranged.write("/etc/ssh/auth_principals/nova_principals", "nova\n")
    arranged.write("/etc/ssh/authorized_keys.d/nova", "")
    serve()
    assert is_refused(peer)
    assert "fatal" not in faults(arranged).values()
    peer.migrate("ssh", UUID)
    # Without the certificate the key is nothing.
    os.unlink(peer.place / "key-cert.pub")
    assert peer.ask("id").returncode == 255


@pytest.mark.parametrize("name", ("kolla-ansible/globals.yml", "openstack-ansible/user_variables.yml"))
def test_the_variables_are_yaml(name):
    assert all(isinstance(key, str) and value for key, value in yaml.safe_load((PAGES / name).read_text()).items())
