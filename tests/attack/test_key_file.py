# SPDX-License-Identifier: Apache-2.0
"""SSH_USER_AUTH naming a file of the client's. sshd sets it only with ExposeAuthInfo, and a node that
lets clients set variables hands theirs through. Held by: what shell/key reads and how."""

import base64
import hashlib
import os
import struct
import subprocess

import pytest

from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import EMPTY, PROBE


def places(node, tree):
    key = os.path.join(node.ssh_directory, "host_key.pub")
    with open(key) as file:
        line = b"publickey " + file.read().strip().encode() + b"\n"
    inside = tree.at(EMPTY, "auth")
    tree.write(inside, line)
    tree.link(inside, tree.at(EMPTY, "auth-link"))
    os.mkfifo(tree.at(EMPTY, "fifo"))
    tree.own(tree.at(EMPTY, "fifo"))
    tree.write(tree.at(EMPTY, "huge"), b"publickey ssh-ed25519 " + b"A" * 3000000)
    tree.write(tree.at(EMPTY, "binary"), bytes(range(256)) * 20)
    return {
        "a file in an instance": inside, "a link": tree.at(EMPTY, "auth-link"),
        "a fifo": tree.at(EMPTY, "fifo"), "huge": tree.at(EMPTY, "huge"), "zero": "/dev/zero",
        "tty": "/dev/tty", "directory": node.home, "binary": tree.at(EMPTY, "binary"),
        "empty": "", "relative": "x", "missing": "/tmp/no-such-file", "long": "/" + "a" * 5000,
        "passwd": "/etc/passwd", "log": "/dev/log", "stdin": "/dev/stdin", "fd": "/proc/self/fd/0",
        "traversal": "/tmp/../" + inside,
    }


NAMES = (
    "a file in an instance", "a link", "a fifo", "huge", "zero", "tty", "directory", "binary", "empty",
    "relative", "missing", "long", "passwd", "log", "stdin", "fd", "traversal")


@needs_root
@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_sshd_did_not_write_is_no_key(node, tree, name):
    where = places(node, tree)[name]
    run = node.run("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": where}, timeout=10)
    expect_done(node, run, key="-")


@needs_root
def test_a_file_that_hangs_does_not_hang_us(node, tree, peer):
    """An open without O_NONBLOCK on a fifo would wait for ever."""
    where = places(node, tree)["a fifo"]
    child = node.start("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": where})
    try:
        assert child.wait(5) == 0
    except subprocess.TimeoutExpired:
        child.kill()
        raise


@pytest.fixture
def ours(node):
    """A file as sshd writes it, that nova is told of."""
    path = "/tmp/sshauth.Mutation%d" % os.getpid()
    write_auth(node, path)
    yield path
    for name in (path + "/file", path, path + "x"):
        if os.path.isdir(name) and not os.path.islink(name):
            os.rmdir(name)
        elif os.path.lexists(name):
            os.unlink(name)


def string(text):
    return struct.pack(">I", len(text)) + text


def certificate(kind=b"ssh-ed25519-cert-v01@openssh.com", use=1, name=b"compute1", more=b""):
    """In base64. PROTOCOL.certkeys of OpenSSH."""
    ca = string(b"ssh-ed25519") + string(b"c" * 32)
    blob = string(kind) + string(b"n" * 32) + string(b"k" * 32) + struct.pack(">QI", 7, use) + string(name) + \
        string(string(b"nova")) + struct.pack(">QQ", 0, 2 ** 64 - 1) + string(b"") * 3 + string(ca) + string(b"s" * 64)
    return base64.b64encode(blob + more)


def write_line(path, line):
    """In place: owner and mode stay. Nothing is created, which fs.protected_regular would forbid in /tmp."""
    with open(path, "r+", encoding="ascii") as file:
        file.truncate()
        file.write(line)


def write_auth(node, path, mode=0o600):
    with open(os.path.join(node.ssh_directory, "host_key.pub")) as key, open(path, "w") as file:
        file.write("publickey " + key.read())
    os.chmod(path, mode)
    os.chown(path, node.uid, node.gid)


def told(node, tree, path):
    """The key that the record names."""
    run = node.run("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": path}, timeout=10)
    expect_done(node, run)
    return run.decides[0]["key"]


def a_link(node, path):
    os.rename(path, path + "x")
    os.symlink(path + "x", path)


def a_second_name(node, path):
    os.link(path, path + "x")


def others_may_read(node, path):
    os.chmod(path, 0o640)


def a_directory_of_that_name(node, path):
    os.unlink(path)
    os.mkdir(path, 0o755)
    write_auth(node, path + "/file")
    return path + "/file"


def a_fifo(node, path):
    """With somebody who has written to it."""
    with open(path, "rb") as file:
        line = file.read()
    os.unlink(path)
    os.mkfifo(path, 0o600)
    os.chown(path, node.uid, node.gid)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, line)
    a_fifo.writer = writer


def a_fifo_that_is_silent(node, path):
    os.unlink(path)
    os.mkfifo(path, 0o600)
    os.chown(path, node.uid, node.gid)


@needs_root
def test_a_key_that_sshd_wrote_is_told(node, tree, ours):
    """Else the tests below prove nothing."""
    assert told(node, tree, ours).startswith("SHA256:")


BROKEN = {
    # Wherever a read ends, one of four is whole base64 there.
    **{"too large, %d" % i: ("ssh-ed25519" + "x" * i, b"A" * 40000) for i in range(4)},
    "no base64": ("ssh-ed25519", b"AAAA!"),
    "a certificate of an unknown type": ("x", certificate(b"ssh-xmss-cert-v01@openssh.com")),
    "a certificate with a byte too many": ("x", certificate(more=b"\0")),
    "a certificate with a byte too few": ("x", certificate()[:-4]),
    "a host's certificate": ("x", certificate(use=2)),
    "an id with a NUL": ("x", certificate(name=b"a\0b")),
}


@needs_root
@pytest.mark.parametrize("what", BROKEN)
def test_a_key_that_cannot_be_read_whole_is_unknown(node, tree, ours, what):
    write_line(ours, "publickey %s %s\n" % (BROKEN[what][0], BROKEN[what][1].decode()))
    run = node.run("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": ours}, timeout=10)
    expect_done(node, run, key="-", cert_id="-", cert_serial="-", ca="-")


@needs_root
def test_a_certificate_that_is_whole_is_told(node, tree, ours):
    """Else the test above proves nothing."""
    write_line(ours, "publickey x %s\npublickey ssh-ed25519 AAAA\n" % certificate().decode())
    run = node.run("touch " + tree.at(EMPTY, PROBE), environment={"SSH_USER_AUTH": ours}, timeout=10)
    plain = hashlib.sha256(string(b"ssh-ed25519") + string(b"k" * 32)).digest()
    expect_done(node, run, key="SHA256:" + base64.b64encode(plain).decode().rstrip("="), cert_id="compute1", cert_serial="7")


@needs_root
@pytest.mark.parametrize("spoil", (
    a_link, a_second_name, others_may_read, a_directory_of_that_name, a_fifo, a_fifo_that_is_silent),
    ids=lambda spoil: spoil.__name__)
def test_a_name_like_sshd_s_is_not_enough(node, tree, ours, spoil):
    path = spoil(node, ours) or ours
    try:
        assert told(node, tree, path) == "-"
    finally:
        if spoil is a_fifo:
            os.close(a_fifo.writer)
