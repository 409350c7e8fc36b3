# SPDX-License-Identifier: Apache-2.0
"""What a node runs out of: room, names, a quota, descriptors; and a file system that became read-only. Each form
fails with a message of its own, is recorded, leaves nothing, and works again when there is room."""

import contextlib
import fcntl
import os
import resource
import stat
import subprocess

import pytest

from testbed import claim
from testbed.fixtures import needs_root
from testbed.namespace import mount
from testbed.tree import IMAGE
from load import SSH, Instance, Session, expect_nothing_left, expect_pairs, sized

pytestmark = needs_root
LOOP_CTL_GET_FREE = 0x4C82
NO_ROOM = (b"No space left on device", b"Disk quota exceeded", b"Failure", b"Read-only file system")
BIG = 8 << 20


def loop_make(image):
    """A loop device in the test bed's own /dev. Another may be faster to take it."""
    with contextlib.suppress(FileExistsError):
        os.mknod("/dev/loop-control", stat.S_IFCHR | 0o600, os.makedev(10, 237))
    for _ in range(20):
        control = os.open("/dev/loop-control", os.O_RDWR)
        number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
        os.close(control)
        path = "/dev/loop%d" % number
        with contextlib.suppress(FileExistsError):
            os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(7, number))
        if subprocess.run(["losetup", path, image], capture_output=True).returncode == 0:
            return path
    raise RuntimeError("no free loop device")


@contextlib.contextmanager
def small(node, kind):
    """A file system of its own for the instances, with little room in it; and undone."""
    root, device = node.tree.root, None
    if kind == "quota":
        image = os.path.join(node.base, "btrfs.img")
        with open(image, "wb") as file:
            file.truncate(256 << 20)
        subprocess.run(["mkfs.btrfs", "-q", "-f", image], check=True)
        device = loop_make(image)
        mount("-t", "btrfs", device, root)
        subprocess.run(["btrfs", "quota", "enable", root], check=True, capture_output=True)
        subprocess.run(["btrfs", "qgroup", "limit", "4M", root], check=True, capture_output=True)
    else:
        options = {"room": "size=4m", "names": "nr_inodes=14"}[kind]
        mount("-t", "tmpfs", "-o", options + ",mode=755", "tmpfs", root)
    try:
        os.chown(root, node.uid, node.gid)
        yield root
    finally:
        subprocess.run(["umount", root], check=True)
        if device is not None:
            subprocess.run(["losetup", "-d", device], check=True)
            os.unlink(image)


@pytest.fixture
def little(node, tree):
    """Claims enforced, and no look at the free space before a transfer begins."""
    claim.configure(node, more="[limits]\nfree_space = 0\n")


def kinds_of_shortage():
    """Where the kernel and the tools can have a quota; others have the rest."""
    with open("/proc/filesystems") as file:
        has_quota = "btrfs" in file.read() and all(
            os.path.exists(path) for path in ("/usr/sbin/mkfs.btrfs", "/sys/class/misc/loop-control"))
    return ("room", "quota") if has_quota else ("room",)


@pytest.mark.parametrize("kind", kinds_of_shortage())
def test_no_room(node, tree, little, peer, figures, kind):
    instance = Instance(peer, tree, 7, BIG)
    disk, far = os.path.join(instance.stage, "disk"), "node:" + instance.path + "/disk"
    with small(node, kind):
        assert Session(peer, SSH + ["mkdir -p " + instance.path]).end().status == 0
        said = {}
        for words in (["rsync", "-r", "--sparse", disk, far], ["scp", disk, far], ["scp", "-O", disk, far]):
            mark = node.syslog.mark()
            session = Session(peer, words).end()
            assert session.status != 0, words
            assert any(text in session.err for text in NO_ROOM), session.err
            done = expect_pairs(node.records(mark))
            assert len(done) == 1
            said[" ".join(words[:2])] = {"client": session.status, "done": done[0]["status"],
                                         "said": session.err.decode(errors="replace").splitlines()[0]}
            expect_nothing_left(node)
            assert [name for name in os.listdir(instance.path) if name != "disk"] == []
            assert Session(peer, SSH + ["rm -rf %s/disk" % instance.path]).end().status == 0
        session = Session(peer, ["scp", "-O", peer.write("small", b"x" * 4096), far]).end()
        assert session.status == 0, session.err
        assert Session(peer, SSH + ["rm -rf " + instance.path]).end().status == 0
        assert os.listdir(tree.root) == [".rssh-nova.sessions"]
    figures["no " + kind] = said


def test_no_names(node, tree, little, peer, figures):
    """Nothing is half made: an instance is claimed and there, or not there."""
    made, refused = [], None
    with small(node, "names"):
        for number in range(14):
            path = Instance.path_of(tree, number)
            session = Session(peer, SSH + ["mkdir -p " + path]).end()
            if session.status != 0:
                refused = session
                break
            made.append(path)
        assert refused is not None and b"No space left on device" in refused.err, refused
        assert refused.status == 1 and len(made) > 1
        for name in os.listdir(tree.root):
            if not name.startswith("."):
                assert claim.read(tree.at(name)) is not None, name
        assert node.run("touch %s/file" % made[0], {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}).status == 1
        for path in made:
            assert Session(peer, SSH + ["rm -rf " + path]).end().status == 0
        session = Session(peer, SSH + ["mkdir -p " + made[0]]).end()
        assert session.status == 0, session.err
        expect_nothing_left_but_locks(node)
    figures["no names"] = {"instances": len(made), "said": refused.err.decode()}


def expect_nothing_left_but_locks(node):
    names = [name for name in os.listdir(node.tree.root) if name.startswith(".rssh-nova.")]
    assert names in ([], [".rssh-nova.sessions"]), names


def test_a_file_system_that_became_read_only(node, tree, little, peer, figures):
    instance = Instance(peer, tree, 7, 4096)
    assert Session(peer, SSH + ["mkdir -p " + instance.path]).end().status == 0
    disk, far = os.path.join(instance.stage, "disk"), "node:" + instance.path + "/disk"
    mount("--bind", tree.root, tree.root)
    mount("-o", "remount,bind,ro", tree.root)
    said = {}
    try:
        before = node.snapshot()
        for words in (SSH + ["touch %s/file" % instance.path], SSH + ["mkdir -p %s/d" % instance.path],
                      SSH + ["rm -rf " + instance.path], ["scp", disk, far], ["scp", "-O", disk, far],
                      ["rsync", "-r", "--sparse", disk, far], ["scp", "-O", "node:" + tree.at("_base", IMAGE), disk]):
            mark = node.syslog.mark()
            session = Session(peer, words).end()
            assert session.status != 0, words
            records = node.records(mark)
            expect_pairs(records)
            assert records
            said[" ".join(words[:2] + words[-1:])] = [session.status, session.err.decode(errors="replace")]
        assert node.snapshot() == before
    finally:
        subprocess.run(["umount", tree.root], check=True)
    expect_nothing_left(node)
    session = Session(peer, ["scp", disk, far]).end()
    assert session.status == 0, session.err
    figures["read-only"] = said


LINES = ("mkdir -p {p}/d", "touch {p}/file", "rm -rf {p}/d", "/usr/lib/openssh/sftp-server", "scp -t {p}/disk",
         "scp -f {image}", "rsync --server --sender -rSe.iLsfxCIvu . {image}",
         "rsync --server -logDtpre.iLsfxCIvu --delete . {p}")


@pytest.mark.parametrize("hard", (True, False), ids=("hard", "soft"))
def test_few_descriptors(node, tree, little, figures, hard):
    """From none to enough: each command is done or said to be not, and is recorded whole. ENFILE cannot be had
    without taking the descriptors of the whole machine; it comes from the same calls."""
    environment = {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
    path = Instance.path_of(tree, 7)
    ends = {}
    for most in sized(range(0, 40), range(0, 28, 3)):
        assert node.run("mkdir -p " + path, environment).status == 0

        def prepare():
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most if hard else 4096))

        for line in LINES:
            run = node.run(line.format(p=path, image=tree.at("_base", IMAGE)), environment, prepare=prepare)
            # Where a supervisor cannot look at the instance any more, it ends the child.
            assert run.status in (0, 1, 12, 77, 78) or run.err.startswith(b"rssh-nova: ended: busy"), (
                most, line, run.status, run.err)
            expect_pairs(run.records)
            if run.status == 77 or run.status == 78:
                assert b"refused: " in run.err or run.err == b"", run.err
            ends.setdefault(line.split(" ")[0], {}).setdefault(str(run.status), []).append(most)
        expect_nothing_left(node)
    figures["descriptors, %s limit" % ("hard" if hard else "soft")] = ends
