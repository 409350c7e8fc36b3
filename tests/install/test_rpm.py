# SPDX-License-Identifier: Apache-2.0
"""The rpm, installed by rpm itself into a root that has a shell and the usual tools: what it puts there, /etc/shells,
a configuration that the operator changed. Debian's packages do not provide what it requires, hence --nodeps."""

import os
import subprocess

from debian import ENVIRONMENT, differences

CONF = "/etc/rssh-nova.conf"
SHELL = "/usr/bin/rssh-nova"


def rpm(root, *words):
    done = subprocess.run(["rpm", "--root", root.path, "--nodeps", "--nosignature", *words], env=ENVIRONMENT,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_an_rpm_from_installation_to_removal(root, packages, later_packages):
    root.add_nova()
    before, shells = root.etc(), root.read("/etc/shells")
    rpm(root, "--install", packages.rpm)
    assert root.read("/etc/shells") == shells + SHELL + "\n"
    assert differences(before, root.etc()) == [CONF, "/etc/shells"]
    assert rpm(root, "--verify", "rssh-nova") == ""
    root.run(SHELL, "--version")

    mine = root.read(CONF) + "# mine\n"
    root.write(CONF, mine)
    rpm(root, "--upgrade", later_packages.rpm)
    assert root.read(CONF) == mine
    assert root.read(CONF + ".rpmnew").endswith("# A later version.\n")
    assert root.read("/etc/shells") == shells + SHELL + "\n"

    root.run("usermod", "--shell", SHELL, "nova")
    assert "setup --undo" in rpm(root, "--erase", "rssh-nova")
    assert root.read("/etc/shells") == shells
    assert root.read(CONF + ".rpmsave") == mine
    root.run("usermod", "--shell", "/bin/sh", "nova")
    for name in CONF + ".rpmsave", CONF + ".rpmnew":
        if os.path.exists(root.at(name)):
            os.unlink(root.at(name))
    assert set(differences(before, root.etc())) <= {"/etc/passwd-"}
