# SPDX-License-Identifier: Apache-2.0
"""However a copy ends, no process and no socket remains, each remaining directory is reported, and the exit status is
right."""
import json
import os
import signal
import socket
import subprocess
import time

import pytest

import far as far_module

TRANSPORTS = ["ssh", "rsync"]
STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
COPIES = "*sftp-server|*-rS*"

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture
def slow(far):
    """Slow enough to be stopped in the middle."""
    far.be_slow(COPIES, 32768, 0.1)
    return far


@pytest.fixture
def disk(near):
    path = near / "disk"
    path.write_bytes(os.urandom(32 << 20))
    return path


def wait_until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_copying(far):
    return any("sftp-server" in line or "-rS" in line for line in far.commands())


def gone(pids):
    def is_gone(pid):
        try:
            return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True
    return all(is_gone(pid) for pid in pids)


def start_copying(sender, far, *args):
    process = sender.start(*args)
    wait_until(lambda: is_copying(far))
    time.sleep(0.5)
    children = far_module.descendants(process.pid)
    assert children
    return process, children


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("stop", STOPS)
def test_a_signal_takes_a_migration_back(sender, slow, disk, near, instance, transport, stop):
    process, children = start_copying(sender, slow, "--transport", transport, "migrate", near,
                                      "127.0.0.1:%s" % instance)
    assert instance.exists()
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -stop
    assert "was removed from 127.0.0.1 again" in errors
    assert not instance.exists()
    wait_until(lambda: gone(children))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_sigkill_leaves_nothing_here(sender, slow, disk, instance, near, transport):
    process, children = start_copying(sender, slow, "--transport", transport, "migrate", near,
                                      "127.0.0.1:%s" % instance)
    assert sender.private()
    process.kill()
    process.wait()
    wait_until(lambda: gone(children))
    wait_until(lambda: not sender.private())
    # A second run starts with what is left there.
    slow.be_plain()
    disk.write_bytes(b"small")
    sender.ok("--transport", transport, "migrate", near, "127.0.0.1:%s" % instance)
    assert (instance / "disk").read_bytes() == b"small"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_a_pull_that_is_stopped_leaves_no_file(sender, far, root, near, transport, stop):
    (root / "image").write_bytes(os.urandom(32 << 20))
    far.be_slow(COPIES, 32768, 0.1, sends=True)
    process, children = start_copying(sender, far, "--transport", transport, "copy",
                                      "127.0.0.1:%s" % (root / "image"), near / "image")
    process.send_signal(stop)
    process.wait(timeout=60)
    wait_until(lambda: gone(children))
    wait_until(lambda: os.listdir(near) == [])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_pull_whose_connection_is_cut_leaves_no_file(sender, far, root, near, transport):
    (root / "image").write_bytes(os.urandom(32 << 20))
    far.be_slow(COPIES, 32768, 0.1, sends=True)
    process, children = start_copying(sender, far, "--transport", transport, "copy",
                                      "127.0.0.1:%s" % (root / "image"), near / "image")
    far.cut()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 69, errors
    assert os.listdir(near) == []
    assert gone(children)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_push_that_is_stopped_says_what_it_left(sender, slow, near, disk, instance, transport):
    instance.mkdir()
    process, children = start_copying(sender, slow, "--transport", transport, "copy", disk,
                                      "127.0.0.1:%s/disk" % instance)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert "%s/disk may be incomplete on 127.0.0.1" % instance in errors
    wait_until(lambda: gone(children))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_no_room_here(sender, root, small_disk, transport):
    (root / "image").write_bytes(os.urandom(4 << 20))
    (small_disk / "image").write_text("old")
    done = sender.run("--transport", transport, "copy", "127.0.0.1:%s" % (root / "image"), small_disk / "image")
    assert done.returncode == 1, done.stderr
    assert os.listdir(small_disk) == ["image"] and (small_disk / "image").read_text() == "old"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_no_room_there(sender, near, small_disk, transport):
    (near / "disk").write_bytes(os.urandom(4 << 20))
    done = sender.run("--transport", transport, "copy", near / "disk", "127.0.0.1:%s/disk" % small_disk)
    assert done.returncode == 1, done.stderr
    assert "%s/disk may be incomplete on 127.0.0.1" % small_disk in done.stderr


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_connection_is_cut(sender, slow, disk, near, instance, transport):
    process, children = start_copying(sender, slow, "--transport", transport, "migrate", near,
                                      "127.0.0.1:%s" % instance)
    slow.cut()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 69, errors
    # The host is still there, so the directory could be removed over a new connection.
    assert "was removed from 127.0.0.1 again" in errors
    assert not instance.exists()
    assert gone(children)


def test_the_host_is_gone_for_good(sender, slow, disk, near, instance):
    process, _ = start_copying(sender, slow, "migrate", near, "127.0.0.1:%s" % instance)
    slow.sshd.terminate()
    slow.sshd.wait()
    try:
        slow.cut()
        for pid in [pid for pid in far_module.descendants(1) if is_session(pid, slow)]:
            os.kill(pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    finally:
        slow.launch()
    assert process.returncode == 69, errors
    assert "%s is half-made on 127.0.0.1 and could not be removed" % instance in errors


def is_session(pid, far):
    """An sshd of ours whose listener has gone: it holds a connection of our port."""
    try:
        if "sshd" not in open("/proc/%d/comm" % pid).read():
            return False
    except OSError:
        return False
    text = subprocess.run(["ss", "-Htnp", "sport", "=", ":%d" % far.port], capture_output=True,
                          text=True).stdout
    return "pid=%d," % pid in text


def test_nobody_there(sender, far, instance):
    sender.configure("retries = 1\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        move_port(far, taken)
        begun = time.monotonic()
        done = sender.run("create-dir", "127.0.0.1", instance)
    assert done.returncode == 69
    assert time.monotonic() - begun >= 1
    said = done.stderr.splitlines()
    assert len(said) == 2 and said[0].endswith("Connection refused; trying again") and "create-dir: " in said[1], said


def move_port(far, other):
    far.ssh_config.write_text(far.ssh_config.read_text().replace("Port %d" % far.port,
                                                                 "Port %d" % other.getsockname()[1]))


def test_somebody_there_at_the_second_attempt(sender, far, instance):
    sender.configure("retries = 1\n")
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        move_port(far, first)
        process = sender.start("create-dir", "127.0.0.1", instance)
        assert any("trying again" in line for line in iter(process.stderr.readline, ""))
    far.write_ssh_config()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert len(far.commands()) == 1 and instance.is_dir()


def test_an_ssh_config_that_cannot_be_read(sender, instance, place):
    done = sender.run("--ssh-config", place / "none-there", "create-dir", "127.0.0.1", instance)
    assert done.returncode == 2 and "--ssh-config: %s: No such file" % (place / "none-there") in done.stderr, done


def test_a_refusal_is_not_tried_again(sender, far, instance):
    sender.configure("retries = 3\n")
    far.be('echo "rssh-nova: refused: outside (ref 42)" >&2; exit 77\n')
    done = sender.run("--json", "create-dir", "127.0.0.1", instance)
    assert done.returncode == 77
    assert len(far.commands()) == 1
    end = json.loads(done.stdout.splitlines()[-1])
    assert (end["outcome"], end["reason"], end["ref"]) == ("refused", "outside", "42")
    done = sender.run("create-dir", "nobody-of-that-name@127.0.0.1", instance)
    assert done.returncode == 69
    assert "trying again" not in done.stderr


def test_a_host_that_does_not_answer(sender, far, instance, place):
    """It takes the connection and then says nothing."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        move_port(far, mute)
        sender.configure("retries = 0\nconnect_timeout = 2s\n")
        begun = time.monotonic()
        assert sender.run("create-dir", "127.0.0.1", instance).returncode == 69
        assert 1.5 < time.monotonic() - begun < 30


def test_a_command_that_does_not_end(sender, far, instance):
    # Until nobody listens any more.
    far.be("for i in $(seq 200); do printf . || exit; sleep 0.1; done\n")
    begun = time.monotonic()
    done = sender.run("--timeout", 2, "create-dir", "127.0.0.1", instance)
    assert done.returncode == 1
    assert "within 2 s" in done.stderr
    assert time.monotonic() - begun < 15
