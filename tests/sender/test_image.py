# SPDX-License-Identifier: Apache-2.0
"""The far end refuses an image when the session is over: the sender must not report a copy, however long that takes and
whatever happens to the connection meanwhile."""

import os
import pathlib
import pty
import shlex
import signal
import subprocess

import pytest

import far as far_module
from conftest import BUILD, wait_until

HOLD = "/usr/bin/python3 %s" % pathlib.Path(__file__).with_name("hold.py")
HELD_SECONDS = 3  # longer than any wait that ends without a verdict


@pytest.fixture
def good(near):
    (near / "disk").write_bytes(os.urandom(70000))
    (near / "disk.info").write_text("{}")
    return near


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_a_copy_is_refused(sender, rssh_nova, far, hostile, instance, transport):
    sender.ok("--transport", transport, "create-dir", "127.0.0.1", instance)
    run = sender.run("--transport", transport, "copy", hostile / "disk", "127.0.0.1:%s/disk" % instance)
    assert run.returncode == 77, run.stderr
    assert not os.path.exists(instance / "disk")


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_a_migration_is_rolled_back(sender, rssh_nova, far, hostile, instance, transport):
    run = sender.run("--transport", transport, "migrate", hostile, "127.0.0.1:%s" % instance)
    assert run.returncode == 77, run.stderr
    assert not os.path.exists(instance)


class Late:
    """A far end whose transfers end, and say what they made of the files, only when the test lets them."""

    def __init__(self, far, place):
        self.far, self.judged, self.go = far, place / "judged", place / "go"
        self.begin = "exec %s --config %s\n" % (shlex.quote(str(BUILD / "rssh-nova")), place / "rssh-nova.conf")

    def hold(self):
        """The first transfer. Each transfer writes its verdict into judged."""
        self.far.be("""case $SSH_ORIGINAL_COMMAND in *sftp-server|*-rS*) ;; *) %s;; esac
            trap '' HUP
            %s --config %s
            status=$?
            echo "$status" >>%s
            test $(wc -l <%s) -gt 1 && exit $status
            until test -e %s; do sleep 0.05; done
            exit $status\n""" % (self.begin.strip(), shlex.quote(str(BUILD / "rssh-nova")),
                                 self.judged.with_name("rssh-nova.conf"), self.judged, self.judged, self.go))

    def has_judged(self):
        return self.judged.exists()

    def verdicts(self):
        return self.judged.read_text().split()

    def release(self):
        self.go.touch()


@pytest.fixture
def late(rssh_nova, far, place):
    late = Late(far, place)
    late.hold()
    yield late
    late.release()
    wait_until(lambda: not [pid for pid in far.strays() if pid != far.sshd.pid and is_recorder(pid, far)])


def is_recorder(pid, far):
    try:
        return bytes(far.dir / "recorder") in pathlib.Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return False


def stays(process, seconds):
    """Does the process run on for so long? The far end is held, so that it never has a reason to end."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def session_of(process):
    """The ssh of the SFTP session below a process."""
    for pid in far_module.descendants(process.pid):
        try:
            words = pathlib.Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-s" in words and b"sftp" in words:
            return pid
    return None


CASES = [("ssh", "copy"), ("ssh", "migrate"), ("rsync", "copy"), ("rsync", "migrate")]


def start(sender, transport, what, near, instance, *options):
    options = ["--transport", transport, *options]
    if what == "migrate":
        return sender.start(*options, "migrate", near, "127.0.0.1:%s" % instance)
    return sender.start(*options, "copy", near / "disk", "127.0.0.1:%s/disk" % instance)


def begin(sender, late, transport, what, near, instance, *options):
    """Starts, and returns when the far end has judged."""
    if what == "copy":
        sender.ok("--transport", transport, "create-dir", "127.0.0.1", instance)
    process = start(sender, transport, what, near, instance, *options)
    wait_until(lambda: late.has_judged() or process.poll() is not None)
    return process


def end(process):
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("transport,what", CASES)
def test_a_late_refusal_is_a_refusal(sender, late, hostile, instance, transport, what):
    process = begin(sender, late, transport, what, hostile, instance)
    assert stays(process, HELD_SECONDS), process.communicate()
    late.release()
    status, errors = end(process)
    assert status == 77, errors
    assert not os.path.exists(instance / "disk")


@pytest.mark.parametrize("transport,what", CASES)
def test_a_late_yes_is_a_yes(sender, late, good, instance, transport, what):
    process = begin(sender, late, transport, what, good, instance)
    assert stays(process, HELD_SECONDS), process.communicate()
    late.release()
    status, errors = end(process)
    assert status == 0, errors
    assert (instance / "disk").read_bytes() == (good / "disk").read_bytes()


@pytest.mark.parametrize("what", ["copy", "migrate"])
@pytest.mark.parametrize("signo", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_ssh_is_no_yes(sender, late, hostile, instance, what, signo):
    process = begin(sender, late, "ssh", what, hostile, instance)
    os.kill(session_of(process), signo)
    status, errors = end(process)
    assert status in (1, 69), errors
    assert "before it said whether it takes what was copied" in errors


@pytest.mark.parametrize("what", ["copy", "migrate"])
def test_a_cut_at_the_end_is_no_yes(sender, late, far, hostile, instance, what):
    process = begin(sender, late, "ssh", what, hostile, instance)
    far.cut()
    status, errors = end(process)
    assert status == 69, errors
    assert "before it said whether it takes what was copied" in errors


@pytest.mark.parametrize("what", ["copy", "migrate"])
def test_the_next_session_finds_what_the_lost_one_refused(sender, late, far, hostile, instance, what):
    """The image is gone by then, and the next session has nothing to refuse."""
    sender.configure("retries = 3\n")
    process = begin(sender, late, "ssh", what, hostile, instance)
    far.cut()
    status, errors = end(process)
    assert status == 1, errors
    assert late.verdicts()[:2] == ["77", "0"]
    assert "%s/disk is gone from 127.0.0.1" % instance in errors


@pytest.mark.parametrize("what", ["copy", "migrate"])
def test_the_next_session_says_yes_to_what_is_good(sender, late, far, good, instance, what):
    sender.configure("retries = 3\n")
    process = begin(sender, late, "ssh", what, good, instance)
    far.cut()
    status, errors = end(process)
    assert status == 0, errors
    assert late.verdicts() == ["0", "0", "0"]  # of the lost session, the next session, and the last look
    assert (instance / "disk").read_bytes() == (good / "disk").read_bytes()


def test_a_cut_in_the_middle_hides_no_refusal(sender, far, good, instance):
    """The lost session had a whole file, which its end may delete while the next one sends the rest."""
    sender.configure("retries = 3\n")
    (good / "disk.big").write_bytes(os.urandom(8 << 20))
    far.be("case $SSH_ORIGINAL_COMMAND in *sftp-server) %s %d | %s; exit $?;; esac\n%s" % (
        HOLD, 4 << 20, '/bin/sh -c "$SSH_ORIGINAL_COMMAND"', far_module.PLAIN))
    process = start(sender, "ssh", "migrate", good, instance, "--no-compress")
    wait_until(lambda: os.path.exists(instance / "disk.big") and os.path.getsize(instance / "disk.big") > 0)
    (instance / "disk").unlink()
    far.be_plain()
    far.cut()
    status, errors = end(process)
    assert status == 1 and "trying again" in errors, errors
    assert "%s/disk is gone from 127.0.0.1" % instance in errors


@pytest.mark.parametrize("what", ["copy", "migrate"])
def test_a_signal_ends_the_wait(sender, late, good, instance, what):
    process = begin(sender, late, "ssh", what, good, instance)
    assert stays(process, HELD_SECONDS), process.communicate()
    process.send_signal(signal.SIGTERM)
    status, errors = end(process)
    assert status == -signal.SIGTERM, errors


@pytest.mark.parametrize("what", ["copy", "migrate"])
def test_the_time_limit_ends_the_wait(sender, late, good, instance, what):
    process = begin(sender, late, "ssh", what, good, instance, "--timeout", HELD_SECONDS)
    status, errors = end(process)
    assert status == 1 and "within %d s" % HELD_SECONDS in errors, errors


def test_a_run_that_continues_hears_it_too(sender, late, far, hostile, instance):
    """The far end deletes the image of the earlier run unheard; --resume sends it again and is refused."""
    process = begin(sender, late, "ssh", "migrate", hostile, instance, "--resume")
    far.cut()
    status, errors = end(process)
    assert status == 69 and "migrate --resume continues" in errors, errors
    late.release()
    status, errors = end(start(sender, "ssh", "migrate", hostile, instance, "--resume"))
    assert status == 77, errors
    assert not os.path.exists(instance / "disk")


def test_a_run_that_continues_sees_whether_all_is_there(sender, late, far, place, good, instance):
    """What an earlier session refused may be deleted when this run has seen it already."""
    process = begin(sender, late, "ssh", "migrate", good, instance, "--resume")
    far.cut()
    status, errors = end(process)
    assert status == 69, errors
    far.be('case $SSH_ORIGINAL_COMMAND in *sftp-server) %s; rm -f %s; exit 0;; esac\n%s' % (
        '/bin/sh -c "$SSH_ORIGINAL_COMMAND"', instance / "disk", far_module.PLAIN))
    status, errors = end(start(sender, "ssh", "migrate", good, instance, "--resume"))
    assert status == 1 and "disk was sent by the earlier run" in errors, errors
    assert "%s/disk is gone from 127.0.0.1" % instance in errors


def test_it_says_why_it_waits(sender, late, good, instance):
    process = begin(sender, late, "ssh", "copy", good, instance)
    said = iter(process.stderr.readline, "")
    assert any("waits until 127.0.0.1 has judged it" in line for line in said)
    late.release()
    assert process.wait(timeout=60) == 0


class NovaPath:
    """nova-path's scp, with the private sshd."""

    def __init__(self, far, place):
        (place / "ssh-bin").mkdir()
        ssh = place / "ssh-bin" / "ssh"
        ssh.write_text("#!/bin/sh\nexec /usr/bin/ssh -F %s \"$@\"\n" % far.ssh_config)
        ssh.chmod(0o755)
        self.env = {"PATH": "%s:/usr/bin:/bin" % ssh.parent, "HOME": "/root", "LC_ALL": "C"}

    def start(self, *words, **more):
        return subprocess.Popen(["scp", "-r", *words], executable=BUILD / "nova-path" / "scp", env=self.env,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **more)


@pytest.fixture
def scp(far, place):
    yield NovaPath(far, place)
    far.cut()
    wait_until(lambda: not far.sessions())


def scp_begin(scp, sender, late, near, instance, **more):
    sender.ok("create-dir", "127.0.0.1", instance)
    process = scp.start(near / "disk", "127.0.0.1:%s/disk" % instance, **more)
    wait_until(lambda: late.has_judged() or process.poll() is not None)
    return process


def test_novas_scp_waits_for_a_refusal(scp, sender, late, hostile, instance):
    process = scp_begin(scp, sender, late, hostile, instance)
    assert stays(process, HELD_SECONDS), process.communicate()
    late.release()
    status, errors = end(process)
    assert status == 1 and "127.0.0.1 did not take what was copied (status 77)" in errors, errors
    assert not os.path.exists(instance / "disk")


def test_novas_scp_waits_for_a_yes(scp, sender, late, good, instance):
    process = scp_begin(scp, sender, late, good, instance)
    assert stays(process, HELD_SECONDS), process.communicate()
    late.release()
    status, errors = end(process)
    assert status == 0 and errors == ""
    assert (instance / "disk").read_bytes() == (good / "disk").read_bytes()


def test_novas_scp_takes_no_cut_for_a_yes(scp, sender, late, far, hostile, instance):
    """It connects again, twice by default; the next session finds that the image is gone."""
    process = scp_begin(scp, sender, late, hostile, instance)
    far.cut()
    status, errors = end(process)
    assert status == 1, errors
    assert late.verdicts()[:2] == ["77", "0"] and "%s/disk is gone from 127.0.0.1" % instance in errors


def test_novas_scp_tells_a_terminal_why_it_waits(scp, sender, late, good, instance):
    master, slave = pty.openpty()
    process = scp_begin(scp, sender, late, good, instance, stdout=slave)
    os.close(slave)
    assert any("waits until 127.0.0.1 has judged it" in line for line in iter(process.stderr.readline, ""))
    late.release()
    assert process.wait(timeout=60) == 0
    os.close(master)
