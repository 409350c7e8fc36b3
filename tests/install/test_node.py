# SPDX-License-Identifier: Apache-2.0
"""The package on a clean Debian 12 node: what its removal says, and what an upgrade keeps."""

import os

CONF = "/etc/rssh-nova.conf"


def let_both_in(node):
    text = node.read(CONF)
    changed = text.replace("remote_filesystem_transport = ssh\n", "remote_filesystem_transport = ssh, rsync\n")
    assert changed != text
    node.write(CONF, changed)


def test_the_package_tells_who_loses_his_login_with_it(node, packages):
    node.install(packages.deb)
    node.run("usermod", "--shell", "/usr/bin/rssh-nova", "nova")
    removed = node.run("dpkg", "--remove", "rssh-nova")
    assert "still the login shell of nova" in removed and "setup --undo" in removed
    assert "/usr/bin/rssh-nova" not in node.read("/etc/shells")
    assert node.run("getent", "passwd", "nova").strip().endswith(":/usr/bin/rssh-nova")


def test_an_upgrade_keeps_the_configuration_of_the_operator(node, packages, later_packages):
    shells = node.read("/etc/shells")
    node.install(packages.deb)
    let_both_in(node)
    mine = node.read(CONF)
    node.install(later_packages.deb, "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
    assert node.run("dpkg-query", "-W", "-f", "${Version}", "rssh-nova") == "99.0-1"
    assert node.read(CONF) == mine
    assert node.read(CONF + ".dpkg-dist").endswith("# A later version.\n")
    assert node.read("/etc/shells") == shells + "/usr/bin/rssh-nova\n"
    node.run("dpkg", "--remove", "rssh-nova")
    assert (node.read(CONF), node.read("/etc/shells")) == (mine, shells)
    node.run("dpkg", "--purge", "rssh-nova")
    assert not os.path.exists(node.at(CONF)) and not os.path.exists(node.at(CONF + ".dpkg-dist"))

    # Where nobody has changed it, the new one comes.
    node.install(packages.deb)
    node.install(later_packages.deb)
    assert node.read(CONF).endswith("# A later version.\n")
    assert not os.path.exists(node.at(CONF + ".dpkg-dist"))
