# SPDX-License-Identifier: Apache-2.0
"""The user can replace the files in its home: root's doctor and setup then neither hang, nor read without an end, nor read
what the user cannot."""
import os

import pytest
from conftest import ADMIN
from host import KEY, UID, throw_away_host

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc of its own")
AUTHORIZED, SECOND, PRINCIPALS = ("home/.ssh/" + name for name in ("authorized_keys", "authorized_keys2", "principals"))
SECRET = "root-only"
NAMES = {
    "keys that sshd reads": (AUTHORIZED, ""),
    "keys that sshd does not read": (SECOND, "AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u\n"),
    "principals": (PRINCIPALS, "TrustedUserCAKeys /etc/ssh/ca.pub\nAuthorizedPrincipalsFile %h/.ssh/principals\n"),
    "authorities": (PRINCIPALS, "TrustedUserCAKeys {top}/home/.ssh/principals\n"),
}


def fifo(path):
    os.mkfifo(path, 0o666)


def huge(path):
    """The last key is behind the bound."""
    with open(path, "w", encoding="ascii") as file:
        file.write("# comment\n" * 120_000)


REPLACEMENTS = {
    "a FIFO": (fifo, "no regular file"),
    "a device without an end": (lambda path: os.symlink("/dev/zero", path), "no regular file"),
    "a directory": (os.mkdir, "no regular file"),
    "a large file": (huge, "File too large"),
}


@pytest.fixture
def host():
    with throw_away_host() as host:
        host.write("etc/ssh/ca.pub", KEY + "\n")
        host.path(AUTHORIZED).unlink()
        yield host


def bounded(host, command, *words):
    """A hang or a read without an end is a failure of the command, not of the test."""
    return host.inside(ADMIN, command, *words, before=("timeout", "-k", "5", "40", "prlimit", "--as=268435456"))


def replace(host, what, how):
    name, settings = NAMES[what]
    host.append("etc/ssh/sshd_config", settings.format(top=host.top))
    how(host.path(name))
    os.chown(host.path(name), UID, UID, follow_symlinks=False)
    return name


@pytest.mark.parametrize("what", NAMES)
@pytest.mark.parametrize("how", REPLACEMENTS)
def test_doctor_ends_and_says_what_is_wrong(host, what, how):
    make, says = REPLACEMENTS[how]
    name = replace(host, what, make)
    done = bounded(host, "doctor")
    assert done.returncode in (1, 2) and done.stderr == "", done
    assert "\n0 fatal" in done.stdout or " fatal, " in done.stdout
    if what != "keys that sshd does not read":
        assert f"{name}: {says}" in done.stdout, done.stdout


@pytest.mark.parametrize("how", REPLACEMENTS)
def test_setup_ends_and_says_what_is_wrong(host, how):
    make, says = REPLACEMENTS[how]
    name = replace(host, "keys that sshd reads", make)
    before = host.snapshot()
    done = bounded(host, "setup", "--shell", host.shell)
    assert done.returncode == 1 and f"{name}: {says}" in done.stdout + done.stderr, done
    assert host.snapshot() == before


@pytest.mark.parametrize("what", ["keys that sshd reads", "principals"])
def test_doctor_reads_nothing_that_the_user_cannot(host, what):
    host.write("secret", f"{SECRET} one\n{SECRET} two\n", 0o600)
    name = replace(host, what, lambda path: os.symlink(host.path("secret"), path))
    done = bounded(host, "doctor")
    assert f"{name}: Permission denied" in done.stdout
    assert f"{name}:1: " not in done.stdout and SECRET not in done.stdout


def test_a_zero_byte_hides_no_later_line(host):
    host.write(AUTHORIZED, f"restrict\0 {KEY}\n\nrestrict,pty {KEY}\n")
    os.chown(host.path(AUTHORIZED), UID, UID)
    assert f"{AUTHORIZED}:3: pty undoes" in bounded(host, "doctor").stdout
