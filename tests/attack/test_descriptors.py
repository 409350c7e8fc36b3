# SPDX-License-Identifier: Apache-2.0
"""Descriptors closed, missing, or open in masses; limits near zero; signals ignored or blocked; odd
umasks and working directories. Held by: the first steps of main, before anything is read."""

import itertools
import os
import resource
import signal
import stat

import pytest

from testbed.fixtures import needs_root
from testbed.node import child_of
from testbed.tree import COMING, EMPTY, PROBE
from test_environment import status_of

SFTP = "/usr/lib/openssh/sftp-server"
CLOSED = [each for count in (1, 2, 3) for each in itertools.combinations((0, 1, 2), count)]


def closing(descriptors):
    def prepare():
        for descriptor in descriptors:
            os.close(descriptor)
    return prepare


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_standard_descriptors_closed(node, tree, closed):
    path = tree.at(EMPTY, PROBE)
    assert node.run("touch " + path, prepare=closing(closed)).status == 0
    assert os.stat(path).st_size == 0
    assert node.run("touch " + tree.at(COMING, PROBE), prepare=closing(closed)).status == 1
    assert node.run("id", prepare=closing(closed)).status == 77
    assert node.run("rm " + path, prepare=closing(closed)).status == 0


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_a_child_with_standard_descriptors_closed(node, tree, closed, untouched):
    """It may fail; it must end, and open nothing of ours as its 0, 1 or 2."""
    run = node.run(SFTP, prepare=closing(closed), timeout=10)
    assert run.status >= 0, "killed by a signal"


@needs_root
@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_what_is_said_to_a_closed_descriptor_goes_nowhere(node, tree, closed):
    """Else the next that is opened takes its number: syslog, and the message is a record without a head."""
    mark = node.syslog.mark()
    run = node.run("rm " + tree.at(EMPTY, PROBE), prepare=closing(closed))
    assert run.status == 1
    said = node.syslog.datagrams[mark:]
    assert [datagram for datagram in said if b"event=" not in datagram and not datagram.startswith(b"testbed ")] == []
    assert [record["event"] for record in run.records] == ["decide", "done"]


def test_a_thousand_descriptors_open(node, tree):
    def prepare():
        null = os.open("/dev/null", os.O_RDWR)
        for number in range(3, 1020):
            if number != null:
                os.dup2(null, number, inheritable=True)

    assert node.run("touch " + tree.at(EMPTY, PROBE), prepare=prepare).status == 0
    assert node.run(SFTP, prepare=prepare).status == 0
    assert node.run("id", prepare=prepare).status == 77


@needs_root
def test_an_inherited_descriptor_does_not_reach_the_child(node, tree):
    """A descriptor of a directory outside would be a way round Landlock."""
    def prepare():
        os.dup2(os.open("/etc", os.O_RDONLY), 300, inheritable=True)

    shell = node.start(SFTP, prepare=prepare)
    child = child_of(shell.pid)
    for pid in (shell.pid, child):
        names = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
        assert "/etc" not in names
    shell.stdin.close()
    assert shell.wait(10) == 0


@pytest.mark.parametrize("most", (3, 4, 5, 6, 8, 12, 16, 64))
def test_few_descriptors_to_be_had(node, tree, most, untouched):
    """Works, or says 78; never anything between. At 3 the configuration itself cannot be opened."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    for line in ("id", SFTP, "mkdir -p " + tree.at(EMPTY)):
        run = node.run(line, prepare=prepare)
        assert run.status in ((77, 78) if line == "id" else (0, 78)), (line, run.status, run.err)


LIMITS = {
    "RLIMIT_FSIZE": 0, "RLIMIT_AS": 1 << 20, "RLIMIT_DATA": 4096, "RLIMIT_STACK": 65536,
    "RLIMIT_NPROC": 1, "RLIMIT_CORE": 0, "RLIMIT_MEMLOCK": 0, "RLIMIT_SIGPENDING": 0,
}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_limit_near_zero(node, tree, name, untouched):
    def prepare():
        value = LIMITS[name]
        resource.setrlimit(getattr(resource, name), (value, value))

    for line in ("id", "mkdir -p " + tree.at(EMPTY), SFTP):
        try:
            run = node.run(line, prepare=prepare, timeout=10)
        except OSError:
            continue  # the exec of the shell itself did not get through
        if run.status in (-signal.SIGKILL, -signal.SIGSEGV) and name in (
                "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK"):
            continue  # not even the C library could start
        assert run.status >= 0, (line, run.status, run.err)


def test_no_room_for_a_file(node, tree):
    """SIGXFSZ would kill; EFBIG can be reported."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    assert node.run("touch " + tree.at(EMPTY, PROBE), prepare=prepare).status == 0


def ignoring():
    for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT,
                   signal.SIGXFSZ, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


def blocking():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


@pytest.mark.parametrize("prepare", (ignoring, blocking))
def test_signals_ignored_or_blocked(node, tree, prepare):
    assert node.run("touch " + tree.at(EMPTY, PROBE), prepare=prepare).status == 0
    assert node.run(SFTP, prepare=prepare, timeout=10).status == 0
    assert node.run("id", prepare=prepare).status == 77


@needs_root
@pytest.mark.parametrize("prepare", (ignoring, blocking))
def test_a_session_that_ignores_signals_still_ends_with_sigterm(node, tree, prepare):
    shell = node.start(SFTP, prepare=prepare)
    child_of(shell.pid)
    shell.terminate()
    assert shell.wait(10) != 0


@needs_root
@pytest.mark.parametrize("prepare", (ignoring, blocking))
def test_a_child_takes_over_no_signal_that_is_ignored_or_blocked(node, tree, prepare):
    """Else SIGTERM would not end it, and SIGXFSZ not tell of a limit."""
    shell = node.start(SFTP, prepare=prepare)
    status = status_of(child_of(shell.pid))
    shell.stdin.close()
    assert shell.wait(10) == 0
    assert int(status["SigBlk"], 16) == 0
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGXFSZ, signal.SIGALRM):
        assert int(status["SigIgn"], 16) & 1 << number - 1 == 0, number


@needs_root
def test_a_line_that_nobody_reads_does_not_end_us(node, tree):
    """What was done is recorded, whoever has gone meanwhile."""
    reader, writer = os.pipe()
    os.close(reader)
    mark = node.syslog.mark()
    with node.start("rm " + tree.at(EMPTY, PROBE), stderr=writer) as child:
        child.stdin.close()
        child.stdout.read()
    os.close(writer)
    assert child.returncode == 1
    assert [record["event"] for record in node.records(mark)] == ["decide", "done"]


@pytest.mark.parametrize("mask", (0, 0o777, 0o077, 0o022))
def test_the_umask_is_ours(node, tree, mask):
    def prepare():
        os.umask(mask)

    assert node.run("mkdir -p " + tree.at(COMING, "a/b"), prepare=prepare).status == 0
    assert node.run("touch " + tree.at(COMING, "a/b/file"), prepare=prepare).status == 0
    for path in (tree.at(COMING), tree.at(COMING, "a"), tree.at(COMING, "a/b")):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o755
    assert stat.S_IMODE(os.stat(tree.at(COMING, "a/b/file")).st_mode) == 0o644


@needs_root
def test_a_working_directory_that_is_gone(node, tree):
    place = os.path.join(node.home, "gone")

    def prepare():
        os.mkdir(place)
        os.chdir(place)
        os.rmdir(place)

    assert node.run("touch " + tree.at(EMPTY, PROBE), prepare=prepare).status == 0
    assert node.run(SFTP, prepare=prepare).status == 0


def test_no_arguments_at_all(node, tree, untouched):
    """argv may be empty (CVE-2021-4034); newer kernels put an empty word there."""
    mark = node.syslog.mark()
    child = node.popen([""], {"SSH_ORIGINAL_COMMAND": ""})
    run = node.finish(child, mark)
    assert run.status in (77, 78)
