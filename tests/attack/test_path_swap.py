"""A directory that becomes a link, and a directory again, while acts go on in it: what is checked and what
is used must be one. Held by: acts on descriptors below a root (openat2), and for children Landlock."""

import subprocess

import pytest

from bed.tree import COMING, changes

ROUNDS = 2000
LINES = (
    ("touch {P}/d/new", 500), ("rm {P}/d/file", 400), ("mkdir -p {P}/d/a/b", 500), ("rm -rf {P}/d/file", 300),
    ("rm -rf {P}/d", 300))

SWAP = """\
import os, sys

place, outside = sys.argv[1], sys.argv[2]
link = place + ".link"
while True:
    try:
        os.makedirs(place, exist_ok=True)
        os.symlink(outside, link)
        os.rename(place, place + ".kept")
        os.rename(link, place)
        os.unlink(place)
        os.rename(place + ".kept", place)
    except OSError:
        for name in (link, place):
            try:
                os.unlink(name)
            except OSError:
                pass
"""


@pytest.fixture
def swapping(node, tree):
    """A process of nova's that turns I/U/d into a link to a directory outside and back, for ever."""
    tree.write(tree.at(COMING, "d/file"))
    for number in range(50):
        tree.write("%s/public/a/b/file%d" % (node.home, number), b"outside")
    who = dict(user=node.uid, group=node.gid, extra_groups=[]) if node.is_root else {}
    child = subprocess.Popen(
        ["/usr/bin/python3", "-I", "-c", SWAP, tree.at(COMING, "d"), node.home + "/public"], **who)
    yield
    child.kill()
    child.wait()


def outside(node, tree):
    return {
        path: entry for path, entry in node.snapshot().items()
        if not (path + "/").startswith(tree.at(COMING) + "/") and path != tree.root}


def test_two_thousand_acts(node, tree, swapping):
    assert sum(rounds for _, rounds in LINES) == ROUNDS
    before = outside(node, tree)
    done = 0
    for line, rounds in LINES:
        for _ in range(rounds):
            child = node.start(line.format(P=tree.at(COMING)), stdin=subprocess.DEVNULL)
            child.stdout.read()
            child.stderr.read()
            done += child.wait() == 0
    assert changes(before, outside(node, tree)) == []
    assert done > 0, "not one act was done: the test proves nothing"


def test_a_transfer(node, tree, swapping):
    from scp_source import Source

    before = outside(node, tree)
    for _ in range(100):
        source = Source(node.start("scp -r -t " + tree.at(COMING)))
        source.directory(b"d")
        source.file(b"file", b"pwned")
        source.end()
    assert changes(before, outside(node, tree)) == []
