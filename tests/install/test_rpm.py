# SPDX-License-Identifier: Apache-2.0
"""The rpm, installed by rpm itself into a root that has a shell and the usual tools: what it puts there, /etc/shells,
a configuration that the operator changed. Debian's packages do not provide what it requires, hence --nodeps."""

import os
import shutil
import subprocess

from debian import ENVIRONMENT, differences

CONF = "/etc/rssh-nova.conf"
SHELL = "/usr/bin/rssh-nova"


def rpm(root, *words, status=0):
    done = subprocess.run(["rpm", "--root", root.path, "--nodeps", "--nosignature", *words], env=ENVIRONMENT,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == status, done.stdout
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
    assert "not removed: it is the login shell of nova" in rpm(root, "--erase", "rssh-nova", status=1)
    root.run("usermod", "--shell", "/bin/sh", "nova")
    os.makedirs(root.at("/var/lib/rssh-nova/setup"))
    root.write("/var/lib/rssh-nova/setup/manifest", "")
    assert "setup --undo --reload" in rpm(root, "--erase", "rssh-nova", status=1)
    assert root.read("/etc/shells") == shells + SHELL + "\n"
    shutil.rmtree(root.at("/var/lib/rssh-nova"))
    root.run("install", "-d", "-o", "nova", "-g", "nova", "/var/lib/nova/instances/.rssh-nova")
    assert "kept: /var/log/rssh-nova.log" in rpm(root, "--erase", "rssh-nova")
    assert os.listdir(root.at("/var/lib/nova/instances")) == ["_base"]
    assert root.read("/etc/shells") == shells
    assert root.read(CONF + ".rpmsave") == mine
    for name in CONF + ".rpmsave", CONF + ".rpmnew":
        if os.path.exists(root.at(name)):
            os.unlink(root.at(name))
    assert set(differences(before, root.etc())) <= {"/etc/passwd-"}
