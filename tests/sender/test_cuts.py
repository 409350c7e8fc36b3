# SPDX-License-Identifier: Apache-2.0
"""A connection that breaks during a copy. Each run ends with an equal file or, after the last retry, with a failure and
no file that looks complete. RSSH_NOVA_CUTS is the number of random cuts in all tests; each prints its seed.
tests/sender/cuts makes a hundred."""
import os
import random
import shlex
import subprocess
import time

import pytest

from conftest import BUILD, CONFIG
from far import THROTTLE

MIB = 1 << 20
CUTS = int(os.environ.get("RSSH_NOVA_CUTS", "20"))
DATA = 24 * MIB

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture
def disk(near):
    """Data, a hole, zeros, data, a hole at the end: 24 MiB of data in 64."""
    path = near / "disk"
    with open(path, "wb") as out:
        out.write(os.urandom(12 * MIB))
        out.seek(20 * MIB, os.SEEK_CUR)
        out.write(bytes(8 * MIB) + os.urandom(12 * MIB))
        out.truncate(64 * MIB)
    return path


def be_slow(far, command):
    """24 MiB take a second and a half, so that a random cut falls into the copy."""
    far.be("case $SSH_ORIGINAL_COMMAND in *sftp-server) %s 262144 0.015 | %s; exit $?;; esac\nexec %s\n" % (
        THROTTLE, command, command))


@pytest.fixture(params=["plain", "rssh-nova"])
def slow(request, far, root, place):
    if request.param == "plain":
        be_slow(far, '/bin/sh -c "$SSH_ORIGINAL_COMMAND"')
    else:
        config = place / "rssh-nova.conf"
        config.write_text(CONFIG.format(root=root))
        config.chmod(0o644)
        be_slow(far, "%s --config %s" % (shlex.quote(str(BUILD / "rssh-nova")), shlex.quote(str(config))))
    return far


def is_equal(one, other):
    return subprocess.run(["cmp", "-s", one, other]).returncode == 0


def copy_and_cut(sender, far, disk, target, after, *options):
    process = sender.start(*options, "--no-compress", "copy", disk, "127.0.0.1:%s" % target)
    while not any("sftp-server" in line for line in far.commands()):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(after)
    far.cut()
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


@pytest.mark.parametrize("number", range(CUTS * 3 // 10))
def test_a_copy_goes_on_behind_a_cut(sender, slow, disk, instance, number):
    seed = random.randrange(1 << 32)
    after = random.Random(seed).uniform(0, 1.8)
    print("seed", seed, "cut after", after)
    sender.configure("retries = 3\n")
    sender.ok("create-dir", "127.0.0.1", instance)
    slow.forget()
    status, errors = copy_and_cut(sender, slow, disk, instance / "disk", after)
    assert status == 0, errors
    assert is_equal(disk, instance / "disk")
    assert os.stat(instance / "disk").st_blocks * 512 < DATA + MIB


@pytest.mark.parametrize("number", range(CUTS // 5))
def test_without_retries_nothing_looks_complete(sender, slow, disk, instance, number):
    seed = random.randrange(1 << 32)
    after = random.Random(seed).uniform(0, 1.2)
    print("seed", seed, "cut after", after)
    sender.ok("create-dir", "127.0.0.1", instance)
    slow.forget()
    status, errors = copy_and_cut(sender, slow, disk, instance / "disk", after)
    there = instance / "disk"
    if status == 0:
        assert is_equal(disk, there)
    else:
        assert status == 69, errors
        # A cut after the last byte: all is there, and only the word of the far end is missing.
        is_whole = "before it said whether it takes what was copied" in errors
        assert is_whole == (there.exists() and there.stat().st_size == disk.stat().st_size)
        assert is_whole == is_equal(disk, there)


def progress_after_loss(slow, sender, disk, target, spoil):
    """Cuts in the middle and calls spoil(). Returns the exit status and standard error."""
    process = sender.start("--no-compress", "copy", disk, "127.0.0.1:%s" % target)
    end = time.monotonic() + 30
    while not (target.exists() and target.stat().st_size > 4 * MIB):
        assert time.monotonic() < end
        time.sleep(0.01)
    slow.cut()
    spoil()
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


@pytest.mark.parametrize("spoil", ["nothing", "longer", "shorter", "other-bytes", "gone", "changed-here"])
def test_what_it_does_not_find_as_it_was_is_sent_anew(request, sender, far, disk, root, spoil):
    sender.configure("retries = 3\n")
    be_slow(far, '/bin/sh -c "$SSH_ORIGINAL_COMMAND"')
    there = root / "disk"

    def act():
        # The cut has ended the server, so nothing else writes.
        if spoil == "longer":
            os.truncate(there, 50 * MIB)
        elif spoil == "shorter":
            os.truncate(there, MIB)
        elif spoil == "other-bytes":
            size = there.stat().st_size
            there.write_bytes(bytes(size))
        elif spoil == "gone":
            there.unlink()
        elif spoil == "changed-here":
            with open(disk, "r+b") as out:
                out.write(b"changed")

    status, errors = progress_after_loss(far, sender, disk, there, act)
    assert status == 0, errors
    assert is_equal(disk, there)
    assert "the connection was lost; trying again" in errors
    assert ("sent from its beginning" in errors) == (spoil != "nothing"), errors


def test_a_tree_goes_on_behind_a_cut(sender, far, near, root):
    tree = near / "tree"
    tree.mkdir()
    for number in range(300):
        (tree / str(number)).write_bytes(os.urandom(20000))
    (tree / "large").write_bytes(os.urandom(4 * MIB))
    sender.configure("retries = 3\n")
    far.be("case $SSH_ORIGINAL_COMMAND in *sftp-server) %s 32768 0.005 | /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"; exit;; "
           "esac\nexec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"\n" % THROTTLE)
    process = sender.start("--no-compress", "copy", tree, "127.0.0.1:%s" % (root / "tree"))
    end = time.monotonic() + 30
    while not ((root / "tree").exists() and len(os.listdir(root / "tree")) > 60):
        assert time.monotonic() < end
        time.sleep(0.005)
    far.cut()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert subprocess.run(["diff", "-r", tree, root / "tree"]).returncode == 0
    assert "trying again" in errors


def test_a_cut_before_the_session_begins_is_no_reason_for_scp(sender, far, disk, root, place):
    """scp would copy it, without its holes."""
    sender.configure("retries = 3\n")
    far.be('case $SSH_ORIGINAL_COMMAND in *sftp-server) mkdir %s 2>/dev/null && exec cat >/dev/null;; esac\n'
           'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n' % (place / "once"))
    process = sender.start("--no-compress", "copy", disk, "127.0.0.1:%s" % (root / "disk"))
    end = time.monotonic() + 30
    while not (place / "once").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    far.cut()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert is_equal(disk, root / "disk")
    assert os.stat(root / "disk").st_blocks * 512 < DATA + MIB
    assert "the connection was lost; trying again" in errors
