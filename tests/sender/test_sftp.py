# SPDX-License-Identifier: Apache-2.0
"""The copy over SFTP has the same result as scp's, holes stay holes, and no server can fake a success."""
import os
import pathlib
import resource
import shlex
import subprocess
import sys
import time

import pytest

from conftest import BUILD, make_sparse, wait_until

FAKE = pathlib.Path(__file__).with_name("fake_sftp.py")
MIB = 1 << 20
MEMORY_KIB = 16 * 1024
SECONDS_MAX = 120
NAMES = 54  # in make_tree(), with its top

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture
def fake(far, place):
    """The far end is fake_sftp.py. Returns the file that it serves."""
    file = place / "far" / "file"

    def fake(kind):
        far.be("exec %s %s %s %s\n" % (sys.executable, shlex.quote(str(FAKE)), kind, shlex.quote(str(file))))
        return file
    return fake


def high_water(pid):
    """The peak memory of the process so far, in KiB; 0 if it has ended."""
    try:
        text = pathlib.Path("/proc/%d/status" % pid).read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:"))


def measured(sender, *args):
    """Like sender.run(). Also returns the peak memory, in KiB."""
    process, most = sender.start(*args), 0
    end = time.monotonic() + SECONDS_MAX
    while process.poll() is None:
        most = max(most, high_water(process.pid))
        if time.monotonic() > end:
            process.kill()
            raise AssertionError("still running: %s" % process.args)
        time.sleep(0.002)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors), most


def scp(far, source, target):
    return subprocess.run(["/usr/bin/scp", "-F", far.ssh_config, "-r", source, "127.0.0.1:%s" % target],
                          capture_output=True, text=True)


def nova_scp(far, place, source, target, **more):
    """nova-path's, with the private sshd."""
    (place / "bin").mkdir()
    ssh = place / "bin" / "ssh"
    ssh.write_text('#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' % far.ssh_config)
    ssh.chmod(0o755)
    try:
        return subprocess.run(["scp", "-r", source, target], executable=BUILD / "nova-path" / "scp", text=True,
                              capture_output=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL,
                              env={"PATH": "%s:/usr/bin:/bin" % ssh.parent, "HOME": "/root", "LC_ALL": "C"}, **more)
    finally:
        far.cut()
        wait_until(lambda: not far.sessions())


def shape(top):
    """name -> what scp can make different: type, mode, size, bytes."""
    found = {}
    for path in [top, *sorted(top.rglob("*"))]:
        at = os.lstat(path)
        data = path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(top))] = (oct(at.st_mode), data)
    return found


def make_tree(top):
    top.mkdir()
    (top / "empty").write_bytes(b"")
    (top / "a name with blanks").write_text("blanks")
    (top / "-rf").write_text("dash")
    (top / "line\nbreak").write_text("newline")
    (top / os.fsdecode(b"bytes-\xff\xfe")).write_text("bytes")
    (top / "sub" / "deeper").mkdir(parents=True)
    (top / "sub" / "file").write_bytes(os.urandom(300000))
    (top / "sub" / "nothing").mkdir()
    (top / "link-to-file").symlink_to("sub/file")
    (top / "sub" / "deeper" / "small").write_bytes(os.urandom(65536))
    (top / "sub" / "deeper" / "one-more").write_bytes(os.urandom(65537))
    for number in range(40):
        (top / "sub" / ("%02d" % number)).write_bytes(os.urandom(number))
    make_sparse(top / "sparse")
    for mode, name in enumerate(["empty", "sub/file", "sub/deeper/small"]):
        (top / name).chmod([0o600, 0o4755, 0o440][mode])
    (top / "sub").chmod(0o775)
    (top / "sub" / "nothing").chmod(0o700)
    (top / "sub" / "deeper").chmod(0o555)
    top.chmod(0o1777)
    return top


def both(far, sender, source, ours, theirs):
    """Exit statuses of both, ours first."""
    done = sender.run("copy", source, "127.0.0.1:%s" % ours)
    return done, scp(far, source, theirs)


def test_a_tree_comes_as_by_scp(far, sender, near, root):
    tree = make_tree(near / "tree")
    done, other = both(far, sender, tree, root / "ours", root / "theirs")
    assert (done.returncode, other.returncode) == (0, 0), done.stderr + other.stderr
    assert shape(root / "ours") == shape(root / "theirs")
    assert len(shape(root / "ours")) == NAMES


def test_a_tree_comes_below_a_directory_that_exists_and_again(far, sender, near, root):
    tree = make_tree(near / "tree")
    for name in "ours", "theirs":
        (root / name).mkdir()
    for _ in range(2):
        done, other = both(far, sender, tree, root / "ours", root / "theirs")
        assert (done.returncode, other.returncode) == (0, 0), done.stderr + other.stderr
        assert shape(root / "ours") == shape(root / "theirs")
        assert (root / "ours" / "tree" / "sub" / "file").exists()
        (tree / "sub" / "file").write_bytes(b"shorter")


def test_a_tree_comes_to_rssh_nova_as_by_scp(rssh_nova, sender, near, instance, root):
    tree = make_tree(near / "vtpm")
    sender.ok("create-dir", "127.0.0.1", instance)
    other = root / instance.name.replace(instance.name[:8], "01234567")
    sender.ok("create-dir", "127.0.0.1", other)
    done, theirs = both(rssh_nova, sender, tree, instance, other)
    assert (done.returncode, theirs.returncode) == (0, 0), done.stderr + theirs.stderr
    assert shape(instance) == shape(other) and len(shape(instance)) == NAMES + 1


def test_a_link_to_a_directory_is_followed(far, sender, near, root):
    """As scp does since OpenSSH 9.3, and the protocol before SFTP always did; between them it was an error."""
    tree = near / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "file").write_text("file")
    (tree / "link").symlink_to("sub")
    sender.ok("copy", tree, "127.0.0.1:%s" % (root / "ours"))
    sender.ok("--legacy-scp", "copy", tree, "127.0.0.1:%s" % (root / "theirs"))
    assert shape(root / "ours") == shape(root / "theirs")
    assert (root / "ours" / "link" / "file").read_text() == "file"


@pytest.mark.parametrize("spoil", ["dangling", "fifo", "no-parent", "file-in-the-way", "directory-in-the-way",
                                   "read-only"])
def test_what_goes_wrong_goes_wrong_as_by_scp(far, sender, near, root, small_disk, spoil):
    tree, sides = near / "tree", [root / "ours", root / "theirs"]
    tree.mkdir()
    (tree / "file").write_text("file")
    (tree / "large").write_bytes(os.urandom(100000))
    if spoil == "dangling":
        (tree / "link").symlink_to("nowhere")
    elif spoil == "fifo":
        os.mkfifo(tree / "fifo")
    elif spoil == "no-parent":
        sides = [side / "not" / "there" for side in sides]
    elif spoil == "file-in-the-way":
        for side in sides:
            side.write_text("file")
    elif spoil == "directory-in-the-way":
        for side in sides:
            (side / "tree" / "large").mkdir(parents=True)
    else:
        sides = [pathlib.Path("/proc/sys") / side.name for side in sides]
    done, other = both(far, sender, tree, *sides)
    assert (done.returncode, other.returncode) == ((0, 0) if spoil == "fifo" else (1, 1)), done.stderr
    if sides[0].is_dir():
        assert shape(sides[0]) == shape(sides[1])


def test_holes_and_zeros_take_no_room_there(sender, rssh_nova, near, instance):
    disk = near / "disk"
    with open(disk, "wb") as out:
        out.write(os.urandom(MIB))
        out.write(bytes(64 * MIB))
        out.seek(64 * MIB, os.SEEK_CUR)
        out.write(os.urandom(MIB))
        out.truncate(200 * MIB)
    sender.ok("create-dir", "127.0.0.1", instance)
    (near / "old").write_bytes(b"x" * 3 * MIB)
    # By a session: what anybody else writes there takes the instance from the peer.
    sender.ok("--no-compress", "copy", near / "old", "127.0.0.1:%s/disk" % instance)
    sender.ok("--no-compress", "copy", disk, "127.0.0.1:%s/disk" % instance)
    assert os.stat(instance / "disk").st_blocks * 512 < 3 * MIB
    assert subprocess.run(["cmp", disk, instance / "disk"]).returncode == 0
    sender.ok("--no-compress", "--sparse", "never", "copy", disk, "127.0.0.1:%s/dense" % instance)
    assert os.stat(instance / "dense").st_blocks * 512 >= 200 * MIB
    assert subprocess.run(["cmp", disk, instance / "dense"]).returncode == 0


@pytest.mark.parametrize("end", [0, 1, 5000])
@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 16 * MIB])
def test_a_file_of_nothing_but_a_hole(sender, near, root, size, end):
    disk = near / "disk"
    with open(disk, "wb") as out:
        out.truncate(size)
        out.seek(size)
        out.write(b"e" * end)
    sender.ok("copy", disk, "127.0.0.1:%s/disk" % root)
    assert (root / "disk").read_bytes() == disk.read_bytes()
    sender.ok("copy", "127.0.0.1:%s/disk" % root, near / "back")
    assert (near / "back").read_bytes() == disk.read_bytes()


def test_a_pull_makes_holes(sender, near, root):
    image = root / "image"
    with open(image, "wb") as out:
        out.write(os.urandom(MIB) + bytes(64 * MIB) + os.urandom(100))
        out.truncate(100 * MIB)
    image.chmod(0o640)
    sender.ok("--no-compress", "copy", "127.0.0.1:%s" % image, near / "image")
    assert subprocess.run(["cmp", image, near / "image"]).returncode == 0
    assert os.stat(near / "image").st_blocks * 512 < 3 * MIB
    assert os.stat(near / "image").st_mode & 0o7777 == 0o640
    sender.ok("--no-compress", "--sparse", "never", "copy", "127.0.0.1:%s" % image, near / "dense")
    assert os.stat(near / "dense").st_blocks * 512 >= 100 * MIB


@pytest.mark.parametrize("size", [1000, 10 * MIB])
def test_a_file_that_is_copied_onto_itself_stays(sender, root, size):
    """On shared storage the far file is the near one."""
    disk = root / "disk"
    data = os.urandom(size)
    disk.write_bytes(data)
    for _ in range(2):
        sender.ok("copy", disk, "127.0.0.1:%s" % disk)
        assert disk.read_bytes() == data


def test_a_server_without_sftp_is_left_to_scp(sender, far, near, root):
    """Then scp runs: it reports the error, or it copies if it can."""
    disk = make_sparse(near / "disk")
    far.be('case $SSH_ORIGINAL_COMMAND in *sftp-server) echo "no sftp here" >&2; exit 1;; esac\n'
           'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    done = sender.run("copy", disk, "127.0.0.1:%s/disk" % root)
    assert done.returncode == 1 and "Connection closed" in done.stderr
    sender.ok("--legacy-scp", "copy", disk, "127.0.0.1:%s/disk" % root)
    assert (root / "disk").read_bytes() == disk.read_bytes()


def test_the_memory_does_not_grow_with_the_disk(sender, near, root):
    sizes = []
    for gigabytes in 1, 50:
        disk = near / "disk"
        with open(disk, "wb") as out:
            for at in range(16):
                out.seek((gigabytes << 30) // 16 * at)
                out.write(os.urandom(MIB))
            out.truncate(gigabytes << 30)
        done, most = measured(sender, "--no-compress", "copy", disk, "127.0.0.1:%s/disk" % root)
        assert done.returncode == 0, done.stderr
        assert os.stat(root / "disk").st_size == gigabytes << 30
        sizes.append(most)
        disk.unlink()
    assert max(sizes) < MEMORY_KIB and sizes[1] < sizes[0] + 1024


@pytest.mark.parametrize("kind", ["honest", "handle-256", "backwards", "limits-vast", "limits-none", "limits-short",
                                  "limits-refused"])
def test_an_honest_server_of_another_make(sender, fake, near, kind):
    (near / "disk").write_bytes(os.urandom(MIB))
    file = fake(kind)
    file.write_bytes(b"x" * 2 * MIB)
    sender.ok("copy", near / "disk", "127.0.0.1:/wanted")
    assert file.read_bytes() == (near / "disk").read_bytes()


ONE_WRITE_TELLS = ["wrong-id", "twice", "write-data", "packet-huge", "packet-empty", "status-cut", "open-ok", "open-data",
                   "handle-long", "handle-empty", "size-fails", "close-fails", "attrs-vast"]
MORE_WRITES_TELL = ["id-of-past", "write-fails", "write-fails-late", "ends"]


@pytest.mark.parametrize("size, kind", [
    *((5000, kind) for kind in ONE_WRITE_TELLS),
    *((4 * MIB, kind) for kind in ONE_WRITE_TELLS + MORE_WRITES_TELL)])
def test_a_lying_server_gets_no_yes(sender, fake, near, size, kind):
    (near / "disk").write_bytes(os.urandom(size))
    fake(kind)
    done, most = measured(sender, "copy", near / "disk", "127.0.0.1:/wanted")
    assert done.returncode == 1, done.stderr
    assert "\033" not in done.stderr
    assert most < MEMORY_KIB


@pytest.mark.parametrize("kind", ["version-2", "greeting-text", "greeting-huge", "greeting-pairs", "limits-tiny"])
def test_what_greets_otherwise_is_left_to_scp(sender, fake, near, kind):
    (near / "disk").write_bytes(os.urandom(5000))
    fake(kind)
    done, most = measured(sender, "--timeout", "10", "copy", near / "disk", "127.0.0.1:/wanted")
    assert (done.returncode == 0) == (not kind.startswith("greeting-") or kind == "greeting-pairs"), done.stderr
    assert most < MEMORY_KIB


@pytest.mark.parametrize("kind", ["mute", "never"])
def test_a_server_that_never_answers_is_left_in_time(sender, fake, near, kind):
    (near / "disk").write_bytes(os.urandom(4 * MIB))
    fake(kind)
    begun = time.monotonic()
    done, most = measured(sender, "--timeout", "2", "copy", near / "disk", "127.0.0.1:/wanted")
    assert done.returncode == 1 and "within 2 s" in done.stderr
    assert time.monotonic() - begun < 20
    assert most < MEMORY_KIB


@pytest.mark.parametrize("kind", ["honest", "read-short"])
def test_a_pull_from_a_server_of_another_make(sender, fake, near, kind):
    file = fake(kind)
    file.write_bytes(os.urandom(MIB + 123))
    sender.ok("copy", "127.0.0.1:/wanted", near / "image")
    assert (near / "image").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("kind", ["read-long", "read-empty", "read-ok", "read-early-end", "read-fails", "open-ok",
                                  "handle-long", "attrs-vast"])
def test_a_pull_from_a_lying_server_leaves_no_file(sender, fake, near, kind):
    file = fake(kind)
    file.write_bytes(os.urandom(MIB))
    done, most = measured(sender, "copy", "127.0.0.1:/wanted", near / "image")
    assert done.returncode == 1, done.stderr
    assert os.listdir(near) == []
    assert most < MEMORY_KIB


@pytest.mark.parametrize("kind", ["read-endless", "read-grows"])
@pytest.mark.parametrize("size", [0, 10, 65536, MIB])
def test_a_pull_ends_behind_the_announced_size(sender, fake, near, kind, size):
    file = fake(kind)
    file.write_bytes(os.urandom(size))
    done, most = measured(sender, "copy", "127.0.0.1:/wanted", near / "image")
    assert done.returncode == 1 and os.listdir(near) == []
    assert "it is longer than the %d bytes that the other end announced" % size in done.stderr
    assert most < MEMORY_KIB


def test_a_pull_without_an_announced_size_is_refused(sender, fake, near):
    file = fake("attrs-sizeless")
    file.write_bytes(os.urandom(MIB))
    done = sender.run("copy", "127.0.0.1:/wanted", near / "image")
    assert done.returncode == 1 and os.listdir(near) == []
    assert "announces no size" in done.stderr


@pytest.mark.parametrize("kind", ["read-endless", "read-grows"])
def test_novas_scp_writes_no_more_than_was_announced(fake, far, place, near, kind):
    """The size of a file that it may write (RLIMIT_FSIZE) is what was announced: one byte more would end it."""
    file = fake(kind)
    file.write_bytes(os.urandom(MIB + 10))
    done = nova_scp(far, place, "127.0.0.1:/wanted", near / "image",
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB + 10, MIB + 10)))
    assert done.returncode == 1 and os.listdir(near) == []
    assert "it is longer than the %d bytes that the other end announced" % (MIB + 10) in done.stderr
