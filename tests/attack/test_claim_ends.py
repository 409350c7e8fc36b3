# SPDX-License-Identifier: Apache-2.0
"""A claim ends while its peer has a session open: the window passes, an operator releases it, the instance starts here.
What is open must not go on writing. Held by: the supervisor, which looks at the claim again while its child runs."""

import contextlib
import os
import subprocess
import time

import pytest

import sftp_client as sftp
from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, LATER
from test_fenced_act import locks
from test_takeover import FORMS, mirrors, said, takeover, wait_until, what_others_left  # noqa: F401  fixtures

pytestmark = needs_root
WRITING = ("rsync-push", "rsync-empty", "scp-to", "sftp")
SFTP = "/usr/lib/openssh/sftp-server"
PROMISED = 5  # seconds in which nothing is written any more
SAYING = 2  # seconds that the supervisor waits for a client that does not read its line
FLAGS = sftp.FLAG_WRITE | sftp.FLAG_CREATE


@contextlib.contextmanager
def released(node, own):
    """As an operator does it."""
    done = subprocess.run(
        [os.path.join(node.build, "rssh-nova-admin"), "claims", "--config", node.config, "release", os.path.basename(own)],
        capture_output=True)
    assert done.returncode == 0, done
    yield


@contextlib.contextmanager
def over(node, own):
    """The window has passed, and the grace."""
    made = claim.read(own)
    claim.write(own, " ".join([made[0], *map(str, claim.of_now(88000)), *made[3:]]))
    yield


@contextlib.contextmanager
def in_the_grace(node, own):
    """The window has passed: what writes may not go on."""
    made = claim.read(own)
    claim.write(own, " ".join([made[0], *map(str, claim.of_now(86402)), *made[3:]]))
    yield


@contextlib.contextmanager
def another_s(node, own):
    made = claim.read(own)
    claim.write(own, " ".join([*made[:3], "192.0.2.99", made[4]]))
    yield


@contextlib.contextmanager
def started(node, own):
    """QEMU has a disk open."""
    with claim.locked(own + "/disk"):
        yield


@contextlib.contextmanager
def handed_over(node, own):
    """libvirt has given a file to the user that runs the domain."""
    os.chown(own + "/disk", claim.LIBVIRT, claim.LIBVIRT)
    yield


ENDS = {released: "claim", over: "claim", in_the_grace: "claim", another_s: "claim", started: "busy", handed_over: "busy"}


@pytest.fixture
def own(node, takeover):  # noqa: F811
    takeover.tree.write(takeover.own + "/disk", b"disk that comes")
    return takeover.own


def dones(node, mark):
    return [record for record in node.records(mark) if record["event"] == "done"]


def size_of(path):
    return os.stat(path).st_size if os.path.exists(path) else 0


@pytest.mark.parametrize("wall,end", [
    *(("off", end) for end in ENDS if end is not in_the_grace), ("required", released), ("required", started)],
    ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("form", WRITING)
def test_what_is_open_ends_with_the_claim(node, takeover, own, form, end, wall):  # noqa: F811
    """Both halves of a program that has been taken over, which ignores what can be ignored."""
    takeover.configure(wall)
    mark = node.syslog.mark()
    shell = takeover.start(form, "beat")
    assert said(shell) == "beating"
    time.sleep(0.3)
    assert len(node.processes()) >= 3, "it ended by itself"
    with end(node, own):
        assert wait_until(lambda: node.processes() == {}, PROMISED)
        beaten = size_of(own + "/beats")
        assert (beaten > 0) == (form != "rsync-empty")
        _, err = shell.communicate()
        done, = dones(node, mark)
        assert (done["limit"], done["signal"]) == (ENDS[end], "9")
        assert err.decode() == "rssh-nova: ended: %s (ref %s)\n" % (ENDS[end], done["ref"])
        assert size_of(own + "/beats") == beaten


@pytest.mark.parametrize("form", [form for form in WRITING if form != "rsync-empty"])
def test_what_writes_ends_when_the_grace_begins(node, takeover, own, form):  # noqa: F811
    test_what_is_open_ends_with_the_claim(node, takeover, own, form, in_the_grace, "off")


def test_a_session_does_not_outlive_its_window(node, tree):
    claim.configure(node, window="3s")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    made = int(claim.read(tree.at(COMING))[1])
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP))
    handle = client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644)
    with pytest.raises((EOFError, BrokenPipeError)):
        while time.time() < made + 10:
            assert client.write(handle, b"x") == sftp.OK
            time.sleep(0.05)
    # Whole seconds: a claim is over once more than the window has passed.
    assert os.stat(tree.at(COMING, "disk")).st_mtime < made + 3 + 2
    client.end()
    assert [done["limit"] for done in dones(node, mark)] == ["claim"]


def test_one_of_many_instances_ends_the_session(node, tree):
    """An SFTP session may write each instance that its peer has claimed."""
    claim.configure(node)
    for uuid in (COMING, LATER):
        expect_done(node, node.run("mkdir -p " + tree.at(uuid)))
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP))
    handles = [client.open(tree.at(uuid, "disk"), FLAGS, mode=0o644) for uuid in (COMING, LATER)]
    assert [client.write(handle, b"x") for handle in handles] == [sftp.OK, sftp.OK]
    with claim.locked(tree.at(LATER, "disk")):
        assert wait_until(lambda: node.processes() == {}, PROMISED)
    client.end()
    assert [done["limit"] for done in dones(node, mark)] == ["busy"]


def test_a_large_removal_ends_with_the_claim(node, tree):
    """rm -rf is held up by a pipe that nobody reads: it complains of each file that it may not remove."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    for number in range(2000):
        tree.write(tree.at(COMING, "d%04d/file" % number), b"x")
        os.chmod(tree.at(COMING, "d%04d" % number), 0o555)
    mark = node.syslog.mark()
    shell = node.start("rm -rf " + tree.at(COMING))
    assert wait_until(lambda: len(node.processes()) == 3, PROMISED)
    with over(node, tree.at(COMING)):
        assert wait_until(lambda: len(node.processes()) < 3, PROMISED)
        left = sorted(os.listdir(tree.at(COMING)))
        assert wait_until(lambda: node.processes() == {}, SAYING + PROMISED)
    shell.communicate()
    assert [done["limit"] for done in dones(node, mark)] == ["claim"]
    assert sorted(os.listdir(tree.at(COMING))) == left


def test_a_session_begins_no_more_once_the_instance_is_fenced(node, tree):
    """Whoever holds the exclusive lock of the directory knows that no session can write it."""
    import fcntl

    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    directory = os.open(tree.at(COMING), os.O_RDONLY | os.O_DIRECTORY)
    shell = node.start("scp -t " + tree.at(COMING))
    assert shell.stdout.read(1) == b"\0"
    with pytest.raises(BlockingIOError):
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    shell.communicate()
    fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    run = node.run("scp -t " + tree.at(COMING))
    assert run.status == 77 and run.decides[0]["reason"] == "busy"
    client = sftp.Client(node.start(SFTP))
    assert client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644) is None
    client.end()
    os.close(directory)
    client = sftp.Client(node.start(SFTP))
    assert client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644) is not None
    client.end()


def test_a_removal_in_the_grace_goes_on(node, tree):
    """The peer may still remove what it left, for a while after the window."""
    claim.configure(node, window="1h", grace="15m")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    for number in range(2000):
        tree.write(tree.at(COMING, "d%04d/file" % number), b"x")
        os.chmod(tree.at(COMING, "d%04d" % number), 0o555)
    made = claim.read(tree.at(COMING))
    claim.write(tree.at(COMING), " ".join([made[0], *map(str, claim.of_now(3700)), *made[3:]]))
    mark = node.syslog.mark()
    shell = node.start("rm -rf " + tree.at(COMING))
    assert wait_until(lambda: len(node.processes()) == 3, PROMISED)
    assert not wait_until(lambda: node.processes() == {}, PROMISED)
    shell.communicate()
    assert [done["limit"] for done in dones(node, mark)] == ["-"]


@pytest.fixture
def two(node, tree):
    """Two instances that one peer brings, and its session, which writes the first."""
    claim.configure(node)
    for uuid in (COMING, LATER):
        expect_done(node, node.run("mkdir -p " + tree.at(uuid)))
        tree.write(tree.at(uuid, "other"), b"x")
    client = sftp.Client(node.start(SFTP))
    handle = client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644)
    assert client.write(handle, b"x") == sftp.OK
    yield client, handle
    client.end()


def settle():
    """Until the supervisor has seen that nobody writes the other instance."""
    time.sleep(2)


def test_an_instance_that_starts_does_not_end_the_copy_of_another(node, tree, two):
    client, handle = two
    settle()
    with claim.locked(tree.at(LATER, "other")):
        for number in range(60):
            assert client.write(handle, b"x", number) == sftp.OK
            time.sleep(0.1)
    assert client.close(handle) == sftp.OK


def expect_lock_beside(tree, client, handle):
    """The claim on LATER ends, its lock can be taken, and the copy by handle goes on."""
    directory = os.open(tree.at(LATER), os.O_RDONLY | os.O_DIRECTORY)
    os.removexattr(tree.at(LATER), claim.ATTRIBUTE)
    assert wait_until(lambda: client.write(handle, b"x") == sftp.OK and locks(directory), PROMISED)
    os.close(directory)
    assert client.write(handle, b"x") == sftp.OK
    assert client.close(handle) == sftp.OK


@pytest.mark.parametrize("since", (0.1, 0.8))
def test_nor_a_copy_that_has_just_begun(node, tree, two, since):
    """Nova's qemu-img ends the claim, while another copy of the same peer begins."""
    client, _ = two
    settle()
    handle = client.open(tree.at(COMING, "new"), FLAGS, mode=0o644)
    time.sleep(since)
    expect_lock_beside(tree, client, handle)


@pytest.mark.parametrize("since", (0.55, 0.65, 0.75, 0.85))
def test_but_an_open_that_takes_long_ends_it(node, tree, two, since):
    """A look has found no writer, but the child may not have finished an open that it was allowed before. If the
    session has let the instance go already, that is good too."""
    client, _ = two
    settle()
    assert client.open(tree.at(COMING, "new"), FLAGS, mode=0o644) is not None
    directory = os.open(tree.at(LATER), os.O_RDONLY | os.O_DIRECTORY)
    os.removexattr(tree.at(LATER), claim.ATTRIBUTE)
    time.sleep(since)
    with open(tree.at(LATER, "other"), "ab"):  # as the child's would be
        assert wait_until(lambda: node.processes() == {} or locks(directory), PROMISED)
    os.close(directory)


def test_and_its_start_need_not_wait_for_that_copy(node, tree, two):
    """As the fence does, which waits 5 s: the claim goes, then the lock is taken."""
    client, handle = two
    settle()
    expect_lock_beside(tree, client, handle)


def test_but_it_waits_while_a_file_is_open(node, tree, two):
    """Somebody else's, so the session cannot tell that it is not its own."""
    client, handle = two
    settle()
    directory = os.open(tree.at(LATER), os.O_RDONLY | os.O_DIRECTORY)
    with open(tree.at(LATER, "other"), "ab"):
        os.removexattr(tree.at(LATER), claim.ATTRIBUTE)
        assert not wait_until(lambda: client.write(handle, b"x") != sftp.OK or locks(directory), PROMISED)
    os.close(directory)


@pytest.mark.parametrize("where", (LATER, COMING))
@pytest.mark.parametrize("how", ("open", "create", "mkdir"))
def test_but_it_opens_nothing_more_for_writing(node, tree, two, where, how):
    client, handle = two
    settle()
    mark = node.syslog.mark()
    with claim.locked(tree.at(LATER, "other")):
        time.sleep(PROMISED)
        assert client.write(handle, b"x") == sftp.OK
        with pytest.raises((EOFError, BrokenPipeError)):
            if how == "mkdir":
                client.status(sftp.MKDIR, sftp.string(tree.at(where, "new")) + sftp.attributes(mode=0o755))
            else:
                client.open(tree.at(where, "other" if how == "open" else "new"), FLAGS if how == "create" else sftp.FLAG_WRITE,
                            mode=0o644)
        assert wait_until(lambda: node.processes() == {}, 2)
        assert not os.path.exists(tree.at(where, "new"))
    assert [done["limit"] for done in dones(node, mark)] == ["busy"]


@pytest.mark.parametrize("flags", (sftp.FLAG_WRITE, FLAGS))
def test_a_handle_that_was_opened_and_never_used_ends_it(node, tree, two, flags):
    client, _ = two
    assert client.open(tree.at(LATER, "other"), flags, mode=0o644) is not None
    settle()
    with claim.locked(tree.at(LATER, "other")):
        assert wait_until(lambda: node.processes() == {}, PROMISED)


def test_another_session_s_writing_does_not_look_like_quiet(node, tree, two):
    """Who has it open cannot be told: so the session ends."""
    client, _ = two
    other = sftp.Client(node.start(SFTP))
    assert other.open(tree.at(LATER, "other"), sftp.FLAG_WRITE) is not None
    settle()
    with claim.locked(tree.at(LATER, "other")):
        assert wait_until(lambda: node.processes() == {}, PROMISED)
    other.end()
