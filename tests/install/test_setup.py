# SPDX-License-Identifier: Apache-2.0
"""setup from the package: a clean Debian 12 node is put under the shell, Nova migrates to it, and after undo and
purge /etc is as it was."""

import json
import os
import subprocess

from debian import ENVIRONMENT, differences
from test_node import CONF, let_both_in

A, B = "9f8bb92b-b351-4531-8e19-b65d78d14f0b", "1c0d1f5e-0c53-4d2f-9a2e-6a7f0f3f6c11"
# What others write below /etc: the loader its cache, for libjansson4 and libexpat1; usermod, by which setup works, a backup.
OTHERS = {"/etc/ld.so.cache", "/etc/passwd-"}


def doctor(node):
    """What it finds fault with."""
    done = subprocess.run(node.command(["rssh-nova-admin", "doctor", "--json"]), env=ENVIRONMENT, capture_output=True,
                          timeout=60)
    return [each for each in json.loads(done.stdout)["findings"] if each["level"] != "ok"]


def test_a_node_from_installation_to_purge(node, packages, peer, serve, syslog):
    before = node.etc()

    # Without it a key opens a shell.
    sshd = serve()
    assert peer.ask("echo", "$0").stdout.strip() in ("sh", "/bin/sh")
    assert peer.is_forwarded(sshd.port)

    node.install(packages.deb)
    assert "/usr/bin/rssh-nova" in node.read("/etc/shells").splitlines()
    # The account and sshd are as they were.
    assert set(differences(before, node.etc())) - OTHERS == {CONF, "/etc/shells"}
    assert peer.ask("id", "-un").stdout == "nova\n"
    installed = node.etc()

    node.run("rssh-nova-admin", "setup", "--dry-run")
    assert differences(installed, node.etc()) == []
    node.run("rssh-nova-admin", "setup")
    sshd = serve()
    node.run("rssh-nova-admin", "doctor")
    assert doctor(node) == []
    again = node.etc()
    node.run("rssh-nova-admin", "setup")
    assert differences(again, node.etc()) == []

    refused = peer.ask("id")
    assert (refused.returncode, refused.stdout) == (77, ""), refused.stderr
    assert refused.stderr.startswith("rssh-nova: refused: unknown-command (ref ")

    assert not peer.is_forwarded(sshd.port)

    let_both_in(node)
    # Where Debian's rsync has its fixes under an old number, doctor cannot know.
    assert {each["check"] for each in doctor(node)} <= {"rsync"}
    for transport, uuid in (("ssh", A), ("rsync", B)):
        mark = syslog.mark()
        disk = peer.migrate(transport, uuid)
        place = node.at("/var/lib/nova/instances/%s/" % uuid)
        assert sorted(os.listdir(place)) == ["disk", "disk.info"]
        with open(place + "disk", "rb") as file:
            assert file.read() == disk
        assert {each["transport"] for each in syslog.settled(mark) if each["event"] == "decide"} == {transport}
        peer.remove(transport, uuid)
        assert not os.path.exists(place)

    node.run("rssh-nova-admin", "setup", "--undo")
    serve()
    assert peer.ask("id", "-un").stdout == "nova\n"
    assert set(differences(installed, node.etc())) - OTHERS == {CONF}
    purged = node.run("apt-get", "purge", "-y", "-q", "--auto-remove", "rssh-nova")
    assert "not removed" not in purged
    assert set(differences(before, node.etc())) - OTHERS == set()
    assert not os.path.exists(node.at("/var/lib/rssh-nova"))
