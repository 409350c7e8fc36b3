# SPDX-License-Identifier: Apache-2.0
"""setup --root in a root directory that is not running, as an image that is built: without /proc, /run/sshd, a syslog
or a host key."""

import json
import os
import subprocess

import pytest
from conftest import BUILD
from debian import ENVIRONMENT, describe, differences
from test_setup import OTHERS

ADMIN = str(BUILD / "rssh-nova-admin")


@pytest.fixture
def image(node, packages):
    """The node as a plain tree: nothing is mounted there but what the tests' root has, which is hidden."""
    node.install(packages.deb)
    for name in os.listdir(node.at("/etc/ssh")):
        if name.startswith("ssh_host_"):
            os.unlink(node.at("/etc/ssh/" + name))
    subprocess.run(["umount", "--recursive", "--lazy", node.at("/proc")], check=True)
    subprocess.run(["umount", "--recursive", "--lazy", node.at("/dev")], check=True)
    os.rmdir(node.at("/run/sshd"))
    yield node
    for name in "/proc", "/dev":
        subprocess.run(["mount", "-n", "-t", "tmpfs", "none", node.at(name)], check=True)


def arrange(image, *words, status=0):
    done = subprocess.run([ADMIN, "setup", "--root", image.path, *words], env=ENVIRONMENT, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def tree(image):
    """What is not below /etc: only names matter."""
    return {path: describe(image.at(path)) for name in ("/dev", "/proc", "/run")
            for path in [name] + [os.path.join(name, each) for each in os.listdir(image.at(name))]}


def test_setup_arranges_an_image_from_outside(image, tmp_path):
    before, places = image.etc(), tree(image)
    assert "would" in arrange(image, "--dry-run")
    assert differences(before, image.etc()) == [] and tree(image) == places
    told = arrange(image, "--reload")
    assert "sshd does not run: it reads the changes when it starts" in told
    drop_in = image.read("/etc/ssh/sshd_config.d/00-rssh-nova.conf")
    assert "ForceCommand /usr/bin/rssh-nova" in drop_in
    assert ":/var/lib/nova:/usr/bin/rssh-nova\n" in image.read("/etc/passwd")
    assert os.path.exists(image.at("/var/lib/rssh-nova/setup/manifest"))
    assert tree(image) == places
    assert json.loads(arrange(image, "--json"))["changed"] is False
    arrange(image, "--undo")
    assert set(differences(before, image.etc())) - OTHERS == set() and tree(image) == places

    no_package = "install the package there first: /usr/sbin/rssh-nova-admin: No such file"
    os.unlink(image.at("/usr/sbin/rssh-nova-admin"))
    for place, why in ((tmp_path / "none", f"{tmp_path}/none: No such file"), (tmp_path, "/proc there: No such file"),
                       (image.path, no_package)):
        done = subprocess.run([ADMIN, "setup", "--root", place], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert done.stderr.startswith("rssh-nova-admin setup: --root: " + why), done.stderr
