# SPDX-License-Identifier: Apache-2.0
"""The Ansible role, which tests/install has install a file, with the programs of a build and with a repository."""

import os
import shutil
import subprocess

from conftest import BUILD
from test_ansible import CONF, operator  # noqa: F401  a fixture


def offer(node, deb):
    """A repository in the node's own tree, as an operator's is on the network."""
    os.mkdir(node.at("/srv/repository"))
    shutil.copy(deb, node.at("/srv/repository"))
    listed = subprocess.run(["dpkg-scanpackages", "."], cwd=node.at("/srv/repository"), check=True,
                            capture_output=True, text=True)
    node.write("/srv/repository/Packages", listed.stdout)
    node.write("/etc/apt/sources.list.d/own.list", "deb [trusted=yes] file:/srv/repository ./\n")
    node.run("apt-get", "update", "-q", "-o", "Dir::Etc::SourceList=/etc/apt/sources.list.d/own.list",
             "-o", "Dir::Etc::SourceParts=-", "-o", "APT::Get::List-Cleanup=0")


def test_the_role_takes_the_programs_of_a_build_and_then_those_of_a_repository(node, packages, peer, operator, syslog):  # noqa: F811
    variables = {"rssh_nova_source": "programs", "rssh_nova_programs": str(BUILD), "rssh_nova_keys": [peer.key]}
    # As -e says it: a string. sshd is told nothing then.
    changed, _ = operator.play(dict(variables, rssh_nova_reload="false"))
    assert changed > 3
    assert peer.ask("id").returncode == 77
    assert peer.is_forwarded(operator.port)
    changed, told = operator.play(variables)
    assert changed == 0, told
    assert subprocess.run(node.command(["dpkg", "-s", "rssh-nova"]), capture_output=True).returncode == 1

    kept = node.read(CONF)
    offer(node, packages.deb)
    changed, told = operator.play({"rssh_nova_source": "repository", "rssh_nova_keys": [peer.key]})
    assert changed == 1, told
    assert node.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "rssh-nova") == "installed"
    assert node.read(CONF) == kept
    assert peer.ask("id").returncode == 77
