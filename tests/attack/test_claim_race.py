"""Many peers make one instance directory at the same moment. Held by: shell/files, which claims the
directory under another name and gives it its own only where nothing stands."""

import os
import threading

import pytest

from bed import claim
from bed.audit import expect_done, expect_refused
from bed.fixtures import needs_root
from bed.tree import COMING, changes, snapshot

PEERS, RUNS = 20, 200


def sender(number):
    return {"SSH_CONNECTION": "192.0.2.%d 50000 192.0.2.200 22" % (number % PEERS + 1)}


class Watch:
    """Looks at a directory all the time: with which inode and claim has it been seen?"""

    def __init__(self, path):
        self.path, self.seen, self.over = path, set(), False
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over:
            try:
                fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                continue
            self.seen.add((os.fstat(fd).st_ino, str(claim.read(fd))))
            os.close(fd)

    def __enter__(self):
        self.thread.start()
        return self.seen

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


@needs_root
@pytest.mark.parametrize("below", ("", "/a/b"), ids=("instance", "below"))
def test_one_of_them_has_the_claim_and_none_is_turned_away(node, tree, enforced, below):
    path = tree.at(COMING)
    before = snapshot(tree.root, True)
    with Watch(path) as seen:
        runs = [node.start("mkdir -p " + path + below, sender(i), stdin=None) for i in range(RUNS)]
        ends = [(run.communicate(timeout=60), run.returncode) for run in runs]
    assert len(seen) == 1, seen
    owner = claim.read(path)[3]
    for number, ((_, err), status) in enumerate(ends):
        peer = sender(number)["SSH_CONNECTION"].split(" ")[0]
        if below == "" or peer == owner:
            assert status == 0, err
        else:
            assert status in (1, 77), err
    for number in range(PEERS):
        run = node.run("touch " + path + "/of-%d" % number, sender(number))
        if sender(number)["SSH_CONNECTION"].split(" ")[0] == owner:
            expect_done(node, run, claim="own")
        else:
            expect_refused(node, run, "not-claimed")
    left = [line for line in changes(before, snapshot(tree.root, True)) if path not in line]
    hints = [tree.at(".rssh-nova"), tree.at(".rssh-nova", COMING)]
    assert [line for line in left if line.startswith(("new", "gone"))] == ["new: " + hint for hint in hints]
