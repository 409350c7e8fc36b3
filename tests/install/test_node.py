# SPDX-License-Identifier: Apache-2.0
"""The package on a clean Debian 12 node: what its removal asks and leaves, and what an upgrade keeps."""

import os

from debian import differences

CONF = "/etc/rssh-nova.conf"
UUID = "9f8bb92b-b351-4531-8e19-b65d78d14f0b"


def let_both_in(node):
    text = node.read(CONF)
    changed = text.replace("remote_filesystem_transport = ssh\n", "remote_filesystem_transport = ssh, rsync\n")
    assert changed != text
    node.write(CONF, changed)


def is_installed(node):
    return node.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "rssh-nova") == "installed"


def test_no_removal_locks_an_account_out(node, packages):
    node.install(packages.deb)

    node.run("rssh-nova-admin", "setup")
    arranged = node.etc()
    told = node.run("apt-get", "remove", "-y", "-q", "rssh-nova", status=100)
    assert "not removed: setup is in force" in told and "rssh-nova-admin setup --undo --reload" in told
    assert "setup is in force" in node.run("dpkg", "--purge", "rssh-nova", status=1)
    assert is_installed(node) and differences(arranged, node.etc()) == []
    node.run("rssh-nova-admin", "setup", "--undo")

    node.run("usermod", "--shell", "/usr/bin/rssh-nova", "nova")
    told = node.run("dpkg", "--remove", "rssh-nova", status=1)
    assert "not removed: it is the login shell of nova\n" in told
    node.run("usermod", "--shell", "/bin/sh", "nova")

    keys = "/etc/ssh/authorized_keys.d/nova"
    os.makedirs(node.at(os.path.dirname(keys)))
    node.write(keys, 'restrict,command="/usr/bin/rssh-nova --profile x" ssh-ed25519 AAAA\n')
    assert f"not removed: it is a command in {keys}\n" in node.run("dpkg", "--remove", "rssh-nova", status=1)
    assert is_installed(node) and "/usr/bin/rssh-nova" in node.read("/etc/shells")
    node.write(keys, '# command="/usr/bin/rssh-nova"\nrestrict ssh-ed25519 AAAA\n')
    node.run("dpkg", "--remove", "rssh-nova")


def test_a_purge_leaves_no_file_of_the_shell(node, packages):
    node.install(packages.deb)
    node.run("install", "-d", "-o", "nova", "-g", "nova", "/srv/instances")
    node.write(CONF, node.read(CONF).replace("instances_path = /var/lib/nova/instances",
                                             "instances_path = /var/lib/nova/instances, /srv/instances"))
    # What the shell keeps there, and what it does not; a link that nova put there leads root nowhere.
    node.run("install", "-d", "/root/.rssh-nova", "/root/keep")
    for at in "/var/lib/nova/instances", "/srv/instances":
        node.run("install", "-d", "-o", "nova", "-g", "nova", at + "/.rssh-nova", at + "/.rssh-nova/" + UUID,
                 at + "/.rssh-nova.0123456789abcdef")
        node.run("install", "-o", "nova", "-g", "nova", "/dev/null", at + "/.rssh-nova.sessions")
        node.run("install", "-d", "-o", "nova", "-g", "nova", at + "/" + UUID)
    node.run("ln", "-s", "/root/keep", "/srv/instances/.rssh-nova.link")
    for name in "rssh-nova.log", "rssh-nova.log-20261101-1793500000.gz", "rssh-nova-send.log":
        node.write("/var/log/" + name, "")
    told = node.run("apt-get", "purge", "-y", "-q", "rssh-nova")
    assert "kept: the claims" in told
    assert sorted(os.listdir(node.at("/var/lib/nova/instances"))) == [UUID, "_base"]
    assert os.listdir(node.at("/srv/instances")) == [UUID]
    assert sorted(os.listdir(node.at("/root"))) == [".bashrc", ".profile", ".rssh-nova", "keep", os.path.basename(packages.deb)]
    assert [each for each in os.listdir(node.at("/var/log")) if "rssh" in each] == ["rssh-nova-send.log"]

    # Where the instances directory is a link by now, its owner is asked, who may not touch what is behind it.
    node.run("dpkg", "--install", "/root/" + os.path.basename(packages.deb))
    node.run("install", "-d", "/root/other/.rssh-nova")
    node.run("rm", "-r", "/var/lib/nova/instances")
    node.run("ln", "-s", "/root/other", "/var/lib/nova/instances")
    node.run("chown", "-h", "nova:nova", "/var/lib/nova/instances")
    node.run("chmod", "711", "/root")
    node.run("dpkg", "--remove", "rssh-nova")
    assert os.path.isdir(node.at("/root/other/.rssh-nova"))


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
