# SPDX-License-Identifier: Apache-2.0
"""What Nova of this node opens before libvirt's hook runs: finish_resize enlarges a disk that has come, by qemu-img. A
peer that keeps a second session open writes a header just then whose data file is the disk of another, shut-off
instance. Held by qemu-img of nova-path, which runs the fence first."""

import os
import shutil
import struct
import subprocess

import pytest

import sftp_client as sftp
from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, STOPPED

pytestmark = needs_root
SFTP = "/usr/lib/openssh/sftp-server"
SIZE = 8 << 20
EXTEND = """
import os, sys
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
from nova.virt.disk import api
from nova.virt.image import model
api.extend(model.LocalFileImage(sys.argv[1], "qcow2"), 3 << 20)
"""
INFO = """
import sys
from nova.privsep import qemu
print(qemu.unprivileged_qemu_img_info(sys.argv[1], format="qcow2"))
"""


class Session:
    """A session of the peer that has the disk open, to write it when it likes."""

    def __init__(self, node, path):
        self.client = sftp.Client(node.start(SFTP))
        self.handle = self.client.open(path, sftp.FLAG_WRITE | sftp.FLAG_CREATE, mode=0o644)

    def write(self, data):
        for at in range(0, len(data), 30000):
            body = sftp.string(self.handle) + struct.pack(">Q", at) + sftp.string(data[at:at + 30000])
            assert self.client.status(sftp.WRITE, body) == sftp.OK

    def has_ended(self):
        try:
            return self.client.child.wait(10) is not None
        except subprocess.TimeoutExpired:
            return False

    def end(self):
        self.client.child.stdin.close()
        self.client.child.wait(20)


@pytest.fixture
def nova_path(node):
    """As a package installs them, side by side as in the build directory; another user may not reach that one."""
    folder = os.path.join(node.base, "guarded")
    os.mkdir(folder, 0o755)
    shutil.copy(os.path.join(node.build, "rssh-nova-admin"), folder)
    shutil.copytree(os.path.join(node.build, "nova-path"), folder + "/nova-path", symlinks=True)
    yield folder + "/nova-path:/usr/bin:/bin"
    shutil.rmtree(folder)


def image(tmp_path, *options):
    made = str(tmp_path / "made")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, made, "1M"], check=True)
    with open(made, "rb") as file:
        return file.read()


def hostile_image(tmp_path, victim):
    """Its data file is the victim; qemu-img makes it with a name of that length."""
    place = str(tmp_path / ("x" * (len(victim) - len(str(tmp_path)) - 1)))
    assert len(place) == len(victim)
    return image(tmp_path, "-o", "data_file=" + place).replace(place.encode(), victim.encode())


def by_nova(node, path, code, disk):
    """As nova-compute runs it, with this PATH."""
    return subprocess.run(["/usr/bin/python3", "-c", code, disk], user=node.uid, group=node.gid, extra_groups=[], cwd="/",
                          env={"PATH": path, "HOME": "/tmp"}, capture_output=True, timeout=120)


@pytest.fixture
def arrived(node, tree, tmp_path):
    """(disk, victim, session): a good disk has come, the victim is shut off, and a session of the peer is still open."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    disk, victim = tree.at(COMING, "disk"), tree.at(STOPPED, "disk")
    tree.write(victim, os.urandom(SIZE), 0o600)
    session = Session(node, disk)
    session.write(image(tmp_path))
    yield disk, victim, session
    session.end()


def test_without_the_guard_another_disk_is_cut(node, arrived, tmp_path):
    """So that the next test can fail."""
    disk, victim, session = arrived
    session.write(hostile_image(tmp_path, victim))
    by_nova(node, "/usr/bin:/bin", EXTEND, disk)
    assert os.stat(victim).st_size < SIZE


@pytest.mark.parametrize("first", [INFO, EXTEND], ids=["info", "extend"])
def test_a_header_that_comes_before_nova_is_refused(node, tree, arrived, nova_path, tmp_path, first):
    disk, victim, session = arrived
    session.write(hostile_image(tmp_path, victim))
    mark = node.syslog.mark()
    for code in (first, EXTEND):
        done = by_nova(node, nova_path, code, disk)
        assert done.returncode != 0 and b"data-file" in done.stderr, done
    assert os.stat(victim).st_size == SIZE and session.has_ended()
    fences = [record for record in node.records(mark) if record["event"] == "fence"]
    assert {(each["verdict"], each["finding"], each["operation"], each["instance"], each["file"]) for each in fences} == {
        ("deny", "data-file", "open", COMING, COMING + "/disk")}
    assert fences[0]["peer"] == "192.0.2.7", fences


def test_a_header_that_comes_later_does_not_come(node, arrived, nova_path, tmp_path):
    disk, victim, session = arrived
    done = by_nova(node, nova_path, INFO, disk)
    assert done.returncode == 0 and b"qcow2" in done.stdout, done
    assert session.has_ended()
    done = by_nova(node, nova_path, EXTEND, disk)
    assert done.returncode == 0 and os.stat(victim).st_size == SIZE, done
    told = subprocess.run(["qemu-img", "info", disk], capture_output=True, text=True, check=True).stdout
    assert "virtual size: 3 MiB" in told


DOMAIN = """<domain type='qemu'><name>i</name><os><type>hvm</type></os><devices><disk type='file' device='disk'>
<driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda'/></disk></devices></domain>"""


def test_a_header_that_libvirts_hook_does_not_see_is_refused(node, tree, arrived, nova_path, tmp_path):
    """Nova's rescue enlarges a disk.rescue that is there already. No domain named it before."""
    disk, victim, first = arrived
    session = Session(node, disk + ".rescue")
    session.write(hostile_image(tmp_path, victim))
    admin = os.path.join(os.path.dirname(nova_path.partition(":")[0]), "rssh-nova-admin")
    hook = subprocess.run([admin, "fence", "--", "i", "prepare", "begin", "-"], input=DOMAIN % disk, text=True,
                          capture_output=True, timeout=60)
    assert (hook.returncode, hook.stderr) == (0, "") and session.has_ended() and first.has_ended()
    done = by_nova(node, nova_path, EXTEND, disk + ".rescue")
    assert done.returncode != 0 and b"data-file" in done.stderr, done
    assert os.stat(victim).st_size == SIZE


def test_a_disk_that_has_left_is_not_found(node, tree, nova_path):
    """Until a resize is confirmed, nova-compute of the source asks for the disk every minute: its domain is still
    defined. It must get DiskNotFound, and the audit no alarm."""
    claim.configure(node)
    mark = node.syslog.mark()
    done = by_nova(node, nova_path, INFO, tree.at(COMING, "disk"))
    assert b"DiskNotFound" in done.stderr, done
    assert [record for record in node.records(mark) if record["event"] == "fence"] == []
