# SPDX-License-Identifier: Apache-2.0
"""A configuration that is missing, not root's, or not right to the last byte. Held by: node/config_open
and policy/config; a void file refuses everything, with one record that says where."""

import os

import pytest

from testbed.audit import refusal
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, PROBE

GOOD = "[shell]\nremote_filesystem_transport = ssh, rsync\ninstances_path = {root}\n"


def missing(node):
    os.unlink(node.config)


def empty_directory(node):
    os.unlink(node.config)
    os.mkdir(node.config)


def of_nova(node):
    os.chown(node.config, node.uid, node.gid)
    os.chmod(node.config, 0o646)


def of_another(node):
    os.chown(node.config, node.uid + 20000, node.gid)


def for_the_group(node):
    os.chmod(node.config, 0o664)


def for_all(node):
    os.chmod(node.config, 0o666)


def unreadable(node):
    os.chmod(node.config, 0o600)


def a_link(node):
    os.rename(node.config, node.config + ".real")
    os.symlink(node.config + ".real", node.config)


def a_fifo(node):
    os.unlink(node.config)
    os.mkfifo(node.config, 0o644)


def a_fifo_that_is_full(node):
    """Of root's good text, for whoever reads it first."""
    with open(node.config, "rb") as file:
        text = file.read()
    a_fifo(node)
    writer = os.open(node.config, os.O_RDWR)
    os.write(writer, text)
    reader = os.open(node.config, os.O_RDONLY)
    os.close(writer)  # the text has an end now
    return reader


def a_device(node):
    os.unlink(node.config)
    os.mknod(node.config, 0o20644, os.makedev(1, 5))


def huge(node):
    with open(node.config, "ab") as file:
        file.truncate(100 << 20)


def huge_comment(node):
    with open(node.config, "a") as file:
        file.write("; x\n" * 30000)


FILES = (missing, empty_directory, of_nova, of_another, for_the_group, for_all, unreadable, a_link, a_fifo, a_fifo_that_is_full, a_device, huge,
         huge_comment)


@pytest.fixture
def config(node, tree):
    yield node.config
    for name in (node.config, node.config + ".real"):
        if os.path.isdir(name) and not os.path.islink(name):
            os.rmdir(name)
        elif os.path.lexists(name):
            os.unlink(name)


def expect_void(node, tree):
    for line in ("mkdir -p " + tree.at(COMING), "touch " + tree.at(EMPTY, PROBE), "id",
                 "/usr/lib/openssh/sftp-server", "rsync --server -rSe.iLsfxCIvu . " + tree.at(EMPTY, "disk")):
        run = node.run(line, timeout=10)
        assert run.status == 78, (line, run.status, run.err)
        assert refusal(run)[0] == "not-configured"
        assert [record["event"] for record in run.records] == ["fault", "decide"]
        assert run.decides[0]["verdict"] == "deny"
        assert run.faults[0]["ref"] == run.decides[0]["ref"] == refusal(run)[1]
        assert run.faults[0]["where"] == node.config
    assert not os.path.exists(tree.at(COMING))
    assert os.listdir(tree.at(EMPTY)) == []


@needs_root
@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_a_file_that_cannot_be_trusted(node, tree, config, spoil):
    held = spoil(node)
    try:
        expect_void(node, tree)
    finally:
        if held is not None:
            os.close(held)


TEXTS = (
    "[shell]\nunknown = 1\n", "[unknown]\nkey = 1\n", "key = 1\n", "[shell\ninstances_path = {root}\n",
    GOOD + "instances_path = {root}\n", GOOD + "[shell]\ninstances_path = {root}\n", GOOD + " continued\n",
    GOOD + "\tcontinued\n", GOOD + "no equals sign\n", GOOD + "[audit]\nrequired = maybe\n",
    GOOD + "[audit]\nrequired = YES\n", GOOD + "[audit]\nrequired =\n", GOOD + "[audit]\nfacility = kern\n",
    GOOD + "[limits]\nmemory = -1\n", GOOD + "[limits]\nmemory = 99999999999999999999\n",
    GOOD + "[limits]\nmemory = 1X\n", GOOD + "[limits]\nwall_time = 1e3\n", GOOD + "[paths]\nwrite = ..\n",
    GOOD + "[paths]\nwrite = /etc\n", GOOD + "[paths]\nwrite = %u/../x\n", GOOD + "[paths]\nwrite = _base\n",
    GOOD + "[paths]\nread = %z\n", GOOD + "[programs]\nrsync = rsync\n", GOOD + "[programs]\nrsync = /usr/bin/../bin/rsync\n",
    GOOD + "[sandbox]\nlandlock = off\n", GOOD + "[sandbox]\nmin_abi = 0\n", GOOD + "\0", GOOD + "[audit]\0\n",
    GOOD + "; \xff\n", GOOD + "; \x1b[31m\n", GOOD + "; " + "x" * 300 + "\n", GOOD.replace("\n", "\r"),
    "\xef\xbb\xbf" + GOOD, GOOD.replace("ssh, rsync", "ftp"), GOOD.replace("ssh, rsync", ""),
    GOOD.replace("ssh, rsync", "ssh, ssh"), GOOD.replace("ssh, rsync", "ssh rsync"),
) + tuple(GOOD.replace("{root}", root) for root in (
    "/", "/var/lib", "/etc", "/etc/nova", "relative", "./x", "{root}//", "{root}/../x", "//x", "/tmp", "/proc/1",
    "/run/x", "/usr/x", "/dev/shm", "/root/x", "{root}, {root}", "{root}, {root}/x", "", ","))


@needs_root
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_with_a_fault(node, tree, config, text):
    os.unlink(node.config)
    with open(node.config, "wb") as file:
        file.write(text.format(root=tree.root).encode("latin-1"))
    os.chmod(node.config, 0o644)
    expect_void(node, tree)


@needs_root
@pytest.mark.parametrize("root", ("/var/lib/nova", "/var/lib/nova/missing", "/var/lib/nova/canary"))
def test_a_root_that_is_none(node, tree, config, root):
    """nova's home with its .ssh in it, nothing at all, a file: void, or nothing done there."""
    node.write_config(GOOD.format(root=root))
    before = node.snapshot()
    for line in ("mkdir -p %s/%s" % (root, COMING), "/usr/lib/openssh/sftp-server"):
        run = node.run(line)
        assert run.status == 78, (line, run.status, run.err)
    assert node.snapshot() == before


@needs_root
def test_a_root_that_holds_keys(node, tree, config):
    """What a peer may write there would let him in elsewhere."""
    node.write_config(GOOD.format(root=tree.root))
    os.mkdir(tree.at(".ssh"))
    run = node.run("mkdir -p " + tree.at(COMING))
    assert run.status == 78 and "holds .ssh" in run.faults[0]["problem"]
    assert not os.path.exists(tree.at(COMING))


@pytest.fixture
def home_below_the_root(node, tree):
    with open("/etc/passwd") as passwd:
        text = passwd.read()
    with open("/etc/passwd", "w") as passwd:
        passwd.write(text.replace(":%s:" % node.home, ":%s:" % tree.at(EMPTY)))
    yield
    with open("/etc/passwd", "w") as passwd:
        passwd.write(text)


@needs_root
def test_a_root_that_holds_the_home_directory(node, tree, config, home_below_the_root):
    node.write_config(GOOD.format(root=tree.root))
    run = node.run("mkdir -p " + tree.at(COMING))
    assert run.status == 78 and "holds the home directory" in run.faults[0]["problem"]
    assert not os.path.exists(tree.at(COMING))


@needs_root
def test_the_good_file_works(node, tree, config):
    """The faults above are what refuses."""
    node.write_config(GOOD.format(root=tree.root))
    assert node.run("mkdir -p " + tree.at(COMING)).status == 0
