# SPDX-License-Identifier: Apache-2.0
"""A large sparse disk, as Nova sends it: it arrives with its holes, no limit of the default configuration ends it,
and the shell beside it does not grow."""

import hashlib
import os
import random
import time

from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING
from load import SSH, WAY, Session, Watch, expect_nothing_left, sized

pytestmark = needs_root
SIZE = sized(50 << 30, 2 << 30)
ISLANDS, ISLAND = 64, 1 << 20


def make(path, size):
    """A disk that is nearly all holes."""
    chance = random.Random(1)
    with open(path, "r+b") as file:
        file.truncate(size)
        for _ in range(ISLANDS):
            file.seek(chance.randrange(0, size - ISLAND, 4096))
            file.write(chance.randbytes(ISLAND))


def extents(path):
    """What is not a hole and not zero, by digest: {offset of a MiB: sha256}."""
    found = {}
    with open(path, "rb") as file:
        end, at = os.fstat(file.fileno()).st_size, 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA) & ~(ISLAND - 1)
            except OSError:
                break
            block = os.pread(file.fileno(), ISLAND, at)
            if block.strip(b"\0"):
                found[at] = hashlib.sha256(block).hexdigest()
            at += ISLAND
    return end, found


def test_a_sparse_disk(node, tree, enforced, peer, figures):
    source, target = peer.write("sparse", b""), tree.at(COMING, "disk")
    make(source, SIZE)
    assert Session(peer, SSH + ["mkdir -p " + tree.at(COMING)]).end().status == 0
    try:
        begun = time.monotonic()
        with Watch(node) as watch:
            run = peer.run(WAY, ["rsync", "-r", "--sparse", "--compress", source, "node:" + target], timeout=3000)
        took = time.monotonic() - begun
        expect_done(node, run, form="rsync-push")
        expect_nothing_left(node)
        assert extents(target) == extents(source)
        allocated = os.stat(target).st_blocks * 512
        assert allocated < 4 * ISLANDS * ISLAND
        looks = sorted({each[0] for each in watch.seen})  # at the keeper and the supervisor together
        private = [sum(each[1] for each in watch.seen if each[0] == look) for look in looks]
        figures["sparse disk"] = {
            "GiB": SIZE >> 30, "seconds": round(took, 1), "MiB allocated": allocated >> 20,
            "done": {key: run.dones[0][key] for key in ("status", "limit", "ms", "bytes_in", "bytes_out")},
            "private KiB": [private[0], max(private), private[-1]]}
        # Behind its start, for a page or two.
        assert max(private[len(private) // 4:]) <= private[len(private) // 4] + 16, private
    finally:
        for path in (source, target):
            if os.path.exists(path):
                os.unlink(path)


def test_a_disk_by_scp(node, tree, enforced, peer, figures):
    """Which makes no holes: every zero is sent and written."""
    size = sized(2 << 30, 256 << 20)
    source = peer.write("sparse", b"")
    make(source, size)
    assert Session(peer, SSH + ["mkdir -p " + tree.at(COMING)]).end().status == 0
    try:
        for words in (["scp"], ["scp", "-O"]):
            target = tree.at(COMING, "disk")
            begun = time.monotonic()
            run = peer.run(WAY, [*words, source, "node:" + target], timeout=3000)
            figures["disk by " + " ".join(words)] = {
                "MiB": size >> 20, "seconds": round(time.monotonic() - begun, 1)}
            expect_done(node, run)
            assert extents(target) == extents(source)
            os.unlink(target)
            tree.seal(target)
    finally:
        os.unlink(source)
