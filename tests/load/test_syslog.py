# SPDX-License-Identifier: Apache-2.0
"""Many commands at once while /dev/log is missing, does not read, reads slowly, or goes away in the middle. What
cannot be recorded is not done; what was recorded and done is done whole."""

import os
import socket
import subprocess
import time

import pytest

from testbed.audit import REFUSAL
from testbed.fixtures import needs_root
from testbed.tree import IMAGE
from load import Crowd, Instance, expect_nothing_left, expect_pairs, sized

pytestmark = needs_root
COMMANDS, AT_ONCE = sized(400, 60), sized(50, 20)
HERE = {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
PUSH = b"C0644 %d disk\n"


def lines(tree, number):
    return ("mkdir -p " + Instance.path_of(tree, number), "scp -f " + tree.at("_base", IMAGE),
            "/usr/lib/openssh/sftp-server")[number % 3]


def run_all(node, tree, figures, name):
    """So many commands; gives (line, status, stderr, seconds) of each."""
    ends = []

    def run(_, number):
        line, begun = lines(tree, number), time.monotonic()
        child = node.start(line, HERE)
        out, err = child.communicate(b"\0" * 8 if line.startswith("scp") else b"", 120)
        ends.append((line, child.returncode, err, time.monotonic() - begun))

    crowd, begun = Crowd(AT_ONCE), time.monotonic()
    crowd.run(range(COMMANDS), run)
    assert crowd.failures == [] and len(ends) == COMMANDS
    expect_nothing_left(node)
    statuses = {}
    for _, status, _, _ in ends:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
    figures["syslog, " + name] = {
        "commands": COMMANDS, "at once": AT_ONCE, "statuses": statuses, "seconds": round(time.monotonic() - begun, 2),
        "seconds of one, at most": round(max(end[3] for end in ends), 2)}
    return ends


def expect_not_done(tree, ends, seconds):
    for line, status, err, took in ends:
        assert status == 78 and REFUSAL.fullmatch(err).group(1) == b"not-recorded", (line, status, err)
        assert took < seconds, (line, took)
        if line.startswith("mkdir"):
            assert not os.path.lexists(line.split(" ")[-1])


@pytest.fixture
def listener(no_listener):
    """A socket at /dev/log that nobody reads."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        yield deaf


def fill():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.setblocking(False)
        try:
            while True:
                filler.sendto(b"x" * 1000, "/dev/log")
        except BlockingIOError:
            return


def test_missing(node, tree, enforced, no_listener, figures):
    expect_not_done(tree, run_all(node, tree, figures, "missing"), 30)


def test_it_does_not_read(node, tree, enforced, listener, figures):
    """Each waits two seconds for it, and no longer; on a machine with much to do a little more."""
    fill()
    expect_not_done(tree, run_all(node, tree, figures, "full"), 30)


OTHERS = """\
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect("/dev/log")
while True:
    log.send(b"<13>somebody else")
"""


@pytest.fixture
def others():
    """Programs that keep the socket full: whoever waits for room in it loses it to one of them again and again."""
    running = [subprocess.Popen(["/usr/bin/python3", "-I", "-c", OTHERS]) for _ in range(3)]
    yield
    for each in running:
        each.kill()
        each.wait()


def test_it_reads_slowly(node, tree, enforced, figures, others):
    """Nothing is lost: the records wait, and so do the commands."""
    node.syslog.pause = 0.001
    mark = node.syslog.mark()
    try:
        ends = run_all(node, tree, figures, "slow")
    finally:
        node.syslog.pause = 0
    assert {end[1] for end in ends} == {0}, [end for end in ends if end[1] != 0][:3]
    assert len(expect_pairs(node.records(mark))) == COMMANDS


@pytest.mark.parametrize("comes_back", (False, True), ids=("for-good", "restarted"))
def test_it_goes_away_in_the_middle(node, tree, enforced, figures, comes_back):
    """Transfers that have begun come to their end. Their second record is lost with the daemon, which they say,
    unless another has taken its place."""
    transfers, size = sized(40, 10), 1 << 20
    data, running = os.urandom(size), []
    mark = node.syslog.mark()
    for number in range(transfers):
        path = Instance.path_of(tree, number)
        assert node.run("mkdir -p " + path, HERE).status == 0
        child = node.start("scp -t %s/disk" % path, HERE)
        assert child.stdout.read(1) == b"\0"  # it has begun, and is recorded
        child.stdin.write(PUSH % size + data[:size // 2])
        child.stdin.flush()
        running.append((path, child))
    node.syslog.close()
    try:
        if comes_back:
            node.syslog.listen()
        for path, child in running:
            out, err = child.communicate(data[size // 2:] + b"\0", 60)
            assert child.returncode == 0, err
            with open(path + "/disk", "rb") as file:
                assert file.read() == data
            assert (b"the outcome could not be recorded" in err) == (not comes_back), err
    finally:
        if not comes_back:
            node.syslog.listen()
    expect_nothing_left(node)
    records = node.records(mark)
    done = [record for record in records if record["event"] == "done"]
    assert len(done) == transfers * (2 if comes_back else 1)
    figures["syslog, gone in the middle" + (", restarted" if comes_back else "")] = {
        "transfers": transfers, "done": transfers, "outcomes recorded": len(done) - transfers}


def test_it_is_there_and_takes_nothing(node, tree, enforced):
    """Its socket still stands, shut: who tries again for ever never ends."""
    path = Instance.path_of(tree, 1)
    assert node.run("mkdir -p " + path, HERE).status == 0
    child = node.start("scp -t %s/disk" % path, HERE)
    assert child.stdout.read(1) == b"\0"
    node.syslog.socket.shutdown(socket.SHUT_RDWR)
    try:
        out, err = child.communicate(PUSH % 4 + b"disk\0", 20)
        assert child.returncode == 0 and b"the outcome could not be recorded" in err, err
    finally:
        child.kill()
        node.syslog.close()
        node.syslog.listen()
    expect_nothing_left(node)
