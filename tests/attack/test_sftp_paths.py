# SPDX-License-Identifier: Apache-2.0
"""Paths that an SFTP client may not open, list or make. Held by: Landlock alone, for sftp-server knows no
paths; with Landlock out, these tests fail."""

import os

import pytest

import sftp_client as sftp
from sftp_client import Client, attributes, string
from testbed.tree import COMING, EMPTY, IMAGE, LATER, STOPPED, TENANT

SERVER = "/usr/lib/openssh/sftp-server"
WRITE = sftp.FLAG_WRITE | sftp.FLAG_CREATE


@pytest.fixture
def client(node, tree):
    tree.link(node.home, tree.at(EMPTY, "link"))
    tree.link(os.path.join(node.home, "secret.conf"), tree.at(EMPTY, "secret"))
    tree.link(tree.at(TENANT, "disk"), tree.at(EMPTY, "kernel"))
    client = Client(node.start(SERVER))
    yield client
    client.end()


# Not among them: /proc/self/fd/0 and its like. What opens there is the client's own pipe.
UNREADABLE = (
    "{H}/secret.conf", "{H}/canary", "{H}/public/file", "{I}/{T}/disk", "{I}/{S}/disk", "{I}/{T}/disk.info",
    "{I}/{T}/console.log", "{I}/{T}/vtpm/tpm2-00.permall", "{I}/locks/nova-storage-registry-lock",
    "{I}/compute_nodes", "{I}/snapshots/note", "{I}/{T}_resize/disk", "{H}/instances2/{T}/disk",
    "{I}/{E}/link/secret.conf", "{I}/{E}/secret", "{I}/{E}/kernel", "{I}/_base/../{T}/disk",
    "{I}/{E}/../{T}/disk", "{I}/{E}/../../secret.conf", "/etc/rssh-nova.conf", "/etc/group", "/etc/hostname",
    "/etc/ssh/ssh_config", "/etc/shadow", "/root/.bashrc", "/proc/self/mem", "/proc/self/maps",
    "/proc/self/environ", "/proc/self/root{H}/secret.conf", "/proc/1/root/etc/group", "/proc/self/cwd/canary",
    "/proc/1/cmdline", "/proc/kallsyms", "/proc/mounts", "/sys/kernel/uevent_seqnum",
    "/dev/zero", "/dev/random", "/dev/mem", "/dev/kmsg", "/dev/tty", "/dev/ptmx", "/dev/pts/0", "/dev/log",
    "/dev/shm/x", "/run/sshd", "/usr/bin/id",
)


@pytest.mark.parametrize("path", UNREADABLE)
def test_a_file_that_may_not_be_read(node, tree, client, path, untouched):
    path = path.format(H=node.home, I=tree.root, T=TENANT, S=STOPPED, E=EMPTY)
    handle = client.open(path)
    assert handle is None or client.read(handle) == b""
    assert handle is None, "opened"


UNWRITABLE = (
    "{H}/canary", "{H}/new", "{H}/public/file", "{H}/public/new", "{H}/.ssh/authorized_keys", "{I}/new",
    "{I}/_base/{B}", "{I}/_base/new", "{I}/locks/nova-storage-registry-lock", "{I}/locks/new",
    "{I}/compute_nodes", "{I}/snapshots/note", "{I}/{T}_resize/disk", "{I}/{U}/disk",
    "{H}/instances2/{T}/disk", "{I}/{E}/link/new", "{I}/{E}/link/canary", "{I}/{E}/secret",
    "{I}/{E}/../new", "{I}/{E}/../../new", "{I}/{E}/../_base/{B}", "/tmp/rssh-nova-new", "/var/tmp/rssh-nova-new",
    "/dev/shm/rssh-nova-new", "/etc/rssh-nova.conf", "/etc/passwd", "/proc/self/mem", "/proc/self/comm",
    "/proc/self/oom_score_adj", "/proc/self/root{H}/new", "/proc/self/cwd/new", "/dev/log", "/dev/kmsg",
    "/dev/tty", "new", "./new", "../new",
)


@pytest.mark.parametrize("path", UNWRITABLE)
def test_a_file_that_may_not_be_written(node, tree, client, path, untouched):
    path = path.format(H=node.home, I=tree.root, T=TENANT, U=COMING, E=EMPTY, B=IMAGE)
    for flags in (WRITE, sftp.FLAG_WRITE, WRITE | sftp.FLAG_TRUNCATE, WRITE | sftp.FLAG_APPEND,
                  WRITE | sftp.FLAG_EXCLUDE, sftp.FLAG_READ | WRITE):
        handle = client.open(path, flags, mode=0o666)
        if handle is not None:
            client.write(handle, b"pwned")
        assert handle is None, flags


UNLISTED = (
    "/", "/etc", "/proc", "/proc/self/fd", "/dev", "/tmp", "/var/lib", "{H}", "{H}/public", "{I}", "{I}/{T}",
    "{I}/{E}", "{I}/locks", "{I}/snapshots", "{I}/{E}/link", "{I}/_base/..", "{I}/_base/../{T}", ".", "",
)


@pytest.mark.parametrize("path", UNLISTED)
def test_a_directory_that_may_not_be_listed(node, tree, client, path):
    assert client.names(path.format(H=node.home, I=tree.root, T=TENANT, E=EMPTY)) is None


UNMADE = (
    "{H}/new", "{H}/public/new", "{I}/new", "{I}/{U}", "{I}/_base/new", "{I}/locks/new", "{I}/{T}_resize/new",
    "{I}/{E}/link/new", "{I}/{E}/../new", "/tmp/rssh-nova-new", "new", "{H}/instances2/{T}/new",
)


@pytest.mark.parametrize("path", UNMADE)
def test_a_directory_that_may_not_be_made(node, tree, client, path, untouched):
    path = path.format(H=node.home, I=tree.root, T=TENANT, U=LATER, E=EMPTY)
    assert client.status(sftp.MKDIR, string(path) + attributes(mode=0o777)) != sftp.OK


def test_an_instance_that_comes_later_is_not_granted(node, tree, client):
    """A session holds what it was given at its start."""
    tree.make_directory(tree.at(COMING))
    assert client.open(tree.at(COMING, "disk"), WRITE, mode=0o644) is None
