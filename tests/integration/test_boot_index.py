"""What an SFTP session remembers of the boot files of many instances, for the next one's sake: never longer than
it is true for, and it gives nothing by itself."""

import os
import time
import uuid

import pytest

from bed import way
from bed.fixtures import needs_root
from bed.tree import EMPTY, STOPPED, TENANT, changes, snapshot

pytestmark = needs_root
WAY = way.LOGIN_SHELL
MANY = 256


def index(tree):
    return tree.at(".rssh-nova", "boot-files")


def settle(tree):
    """The root has not changed for a while."""
    os.utime(tree.root, (time.time() - 60,) * 2)


def fill(tree, count=MANY):
    for _ in range(count - sum(len(name) == 36 for name in os.listdir(tree.root))):
        tree.make_directory(tree.at(str(uuid.uuid4())))
    tree.make_directory(os.path.dirname(index(tree)))
    settle(tree)


def pulled(peer, tree, name):
    target = peer.path("pulled")
    if os.path.exists(target):
        os.unlink(target)
    return peer.run(WAY, ["scp", "node:" + tree.at(name), target]).status == 0 and os.path.exists(target)


def lines(tree):
    with open(index(tree), encoding="ascii") as file:
        return file.read().splitlines()


def rewrite(tree, text):
    """Keeps the owner, the mode and the root's time."""
    with open(index(tree), "w", encoding="ascii") as file:
        file.write("\n".join(text) + "\n")


@pytest.fixture
def kept(tree, peer):
    fill(tree)
    assert pulled(peer, tree, TENANT + "/kernel")
    assert lines(tree)[2:] == [TENANT]
    return lines(tree)


def test_few_instances_leave_nothing_behind(tree, peer):
    fill(tree, MANY - 1)
    os.rmdir(os.path.dirname(index(tree)))
    settle(tree)
    assert pulled(peer, tree, TENANT + "/kernel")
    assert not os.path.exists(os.path.dirname(index(tree)))


def test_a_root_that_has_just_changed_is_not_remembered(tree, peer):
    fill(tree)
    os.utime(tree.root)
    assert pulled(peer, tree, TENANT + "/kernel")
    assert not os.path.exists(index(tree))


def test_the_next_session_goes_by_it(tree, peer, kept):
    rewrite(tree, kept[:2])
    assert not pulled(peer, tree, TENANT + "/kernel")
    rewrite(tree, kept)
    assert pulled(peer, tree, TENANT + "/kernel")
    assert pulled(peer, tree, TENANT + "/ramdisk")


def test_a_new_instance_ends_it(tree, peer, kept):
    new = str(uuid.uuid4())
    tree.write(tree.at(new, "kernel"), b"of a new instance")
    assert pulled(peer, tree, new + "/kernel")
    settle(tree)
    assert pulled(peer, tree, new + "/kernel")
    assert sorted(lines(tree)[2:]) == sorted((TENANT, new))


@pytest.mark.parametrize("wall,boot", ((-61, 0), (0, -61), (5, 0), (0, 5)))
def test_time_ends_it(tree, peer, kept, wall, boot):
    """Also a time that has not come yet, which a reboot or a clock set back leaves."""
    then = [int(word) for word in kept[1].split()]
    rewrite(tree, [kept[0], "%d %d" % (then[0] + wall, then[1] + boot)])
    assert pulled(peer, tree, TENANT + "/kernel")
    assert lines(tree)[2:] == [TENANT]


def test_other_places_end_it(node, tree, peer, kept):
    rewrite(tree, kept[:2])
    tree.write(tree.at(TENANT, "initrd"), b"initrd")
    node.write_config(more="[paths]\nread = _base, %u/kernel, %u/initrd\n")
    assert pulled(peer, tree, TENANT + "/initrd")
    assert not pulled(peer, tree, TENANT + "/ramdisk")


@pytest.mark.parametrize("text", (
    ["?"], [TENANT[:-1]], [TENANT + "x"], ["", TENANT], ["A" + EMPTY[1:]], ["x" * 36], ["../" + "x" * 33]))
def test_one_that_is_not_whole_does_not_count(tree, peer, kept, text):
    rewrite(tree, kept[:2] + text)
    assert pulled(peer, tree, TENANT + "/kernel")


@pytest.mark.parametrize("spoil", (
    lambda path: (os.chown(path, 1, 1), os.chmod(path, 0o644)), lambda path: os.chmod(path, 0o622),
    lambda path: (os.rename(path, path + ".moved"), os.symlink("boot-files.moved", path)),
    lambda path: (os.unlink(path), os.mkfifo(path, 0o600), os.chmod(path, 0o644)),
    lambda path: (os.unlink(path), os.mkdir(path, 0o700))))
def test_one_that_another_could_have_made_does_not_count(tree, peer, kept, spoil):
    rewrite(tree, kept[:2])
    spoil(index(tree))
    assert pulled(peer, tree, TENANT + "/kernel")


def test_it_gives_nothing_by_itself(tree, peer, kept):
    tree.link(tree.at(TENANT, "disk"), tree.at(EMPTY, "kernel"))
    settle(tree)
    assert pulled(peer, tree, TENANT + "/kernel")
    rewrite(tree, lines(tree)[:2] + [TENANT, EMPTY, STOPPED, str(uuid.uuid4())])
    before = snapshot(tree.root, True)
    for name in (TENANT + "/disk", EMPTY + "/kernel", STOPPED + "/disk", ".rssh-nova/boot-files"):
        assert not pulled(peer, tree, name)
    assert pulled(peer, tree, TENANT + "/kernel")
    assert changes(before, snapshot(tree.root, True)) == []


@pytest.mark.parametrize("left", (b"half of", b"%s\n" % EMPTY.encode() * 20), ids=("short", "longer"))
def test_what_one_that_was_ended_leaves_is_in_nobodys_way(tree, peer, left):
    fill(tree)
    tree.write(index(tree) + ".new", left)
    for _ in range(2):
        assert pulled(peer, tree, TENANT + "/kernel")
    assert lines(tree)[2:] == [TENANT]
    assert not os.path.exists(index(tree) + ".new")


def test_no_file_is_made_that_is_over_the_limit(node, tree, peer):
    fill(tree)
    node.write_config(more="[limits]\nfile_size = 100\n")
    for _ in range(2):
        assert pulled(peer, tree, TENANT + "/kernel")
    assert not os.path.exists(index(tree))
