# SPDX-License-Identifier: Apache-2.0
"""migrate --resume continues an unfinished run if source and target are unchanged."""
import os
import pathlib
import signal
import time

import pytest

from conftest import BUILD, CONFIG

HOLD = "/usr/bin/python3 %s" % pathlib.Path(__file__).with_name("hold.py")
MIB = 1 << 20
RECORD = ".rssh-nova-send.resume"
BOUND = 60

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture
def here(near):
    """A large disk; disk.big, which is sent after it; two small files."""
    with open(near / "disk", "wb") as disk:
        disk.write(os.urandom(MIB))
        disk.seek(4 * MIB, os.SEEK_CUR)
        disk.write(os.urandom(9 * MIB))
    (near / "disk.big").write_bytes(os.urandom(8 * MIB))
    (near / "disk.config").write_bytes(os.urandom(3000))
    (near / "disk.info").write_text("{}")
    for name in os.listdir(near):
        os.utime(near / name, (1, 1))  # a far file with this very mtime could be the local file
    return near


@pytest.fixture(params=["plain", "rssh-nova"])
def shell(request, root, place):
    if request.param == "plain":
        return '/bin/sh -c "$SSH_ORIGINAL_COMMAND"'
    config = place / "rssh-nova.conf"
    config.write_text(CONFIG.format(root=root))
    config.chmod(0o644)
    return "%s --config %s" % (BUILD / "rssh-nova", config)


def be_held(far, place, shell, at):
    """The SFTP session takes so many bytes, and then no more until it is cut. The test waits for what has arrived."""
    far.be("case $SSH_ORIGINAL_COMMAND in *sftp-server) %s %d | %s; exit $?;; esac\nexec %s\n" % (
        HOLD, at, shell, shell))


def be_whole(far, shell):
    far.be("exec %s\n" % shell)


def wait_until(condition, what):
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def record(here):
    path = here / RECORD
    return {line.split()[-1]: line.split() for line in path.read_text().splitlines() if line.startswith("file ")} \
        if path.exists() else {}


def acknowledged(here, name):
    row = record(here).get(name)
    return 0 if row is None else int(row[3])


def sent(far_log):
    return [line for line in far_log if "sftp-server" in line]


def interrupt(sender, far, place, shell, here, instance, at, how, *options):
    """Runs until the far end takes no more and the record has caught up with that, and ends it."""
    be_held(far, place, shell, at)
    process = sender.start("--no-compress", *options, "migrate", here, "127.0.0.1:%s" % instance)
    name = "disk" if at < 10 * MIB else "disk.big"
    enough = 8 * MIB if name == "disk" else 2 * MIB
    wait_until(lambda: acknowledged(here, name) > enough or process.poll() is not None, "no record")
    assert process.poll() is None, process.communicate()
    if how == "kill":
        process.kill()
    else:
        process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=BOUND)
    far.cut()
    wait_until(lambda: not far.sessions(), "sessions")
    be_whole(far, shell)
    return errors


def data_sent(done):
    """MiB of data, of the line that says what a migration came to."""
    return float(done.stdout.split(" of data")[0].rsplit(" ", 2)[1])


def is_whole(here, instance):
    names = sorted(name for name in os.listdir(here) if name != RECORD)
    return sorted(os.listdir(instance)) == names and \
        all((here / name).read_bytes() == (instance / name).read_bytes() for name in names)


def resume(sender, here, instance):
    return sender.ok("--no-compress", "--resume", "migrate", here, "127.0.0.1:%s" % instance)


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_disk_goes_on_where_it_was(sender, far, place, shell, here, instance, how):
    options = ["--resume"] if how == "stop" else []
    errors = interrupt(sender, far, place, shell, here, instance, 6 * MIB, how, *options)
    assert ("what was copied stays" in errors) == (how == "stop")
    was = acknowledged(here, "disk")
    assert not is_whole(here, instance) and was > 5 * MIB
    done = resume(sender, here, instance)
    assert is_whole(here, instance), done.stderr
    assert "continues what an earlier run left" in done.stderr and "from its beginning" not in done.stderr
    assert data_sent(done) < 18 - (was - 4 * MIB) / MIB + 0.2
    assert os.stat(instance / "disk").st_blocks * 512 < 11 * MIB
    assert not (here / RECORD).exists()


def test_a_disk_that_had_arrived_is_not_sent_again(sender, far, place, shell, here, instance):
    interrupt(sender, far, place, shell, here, instance, 14 * MIB, "kill")
    done = resume(sender, here, instance)
    assert is_whole(here, instance)
    assert "disk was sent by the earlier run" in done.stderr
    assert data_sent(done) < 8.1


@pytest.mark.parametrize("spoil", ["here", "here-inode", "gone", "other-bytes", "done-here", "done-there"])
def test_what_is_not_as_it_was_is_sent_from_its_beginning(sender, far, place, here, instance, spoil):
    shell = '/bin/sh -c "$SSH_ORIGINAL_COMMAND"'
    interrupt(sender, far, place, shell, here, instance, (14 if spoil.startswith("done") else 6) * MIB, "kill")
    there = instance / "disk"
    if spoil in ("here", "done-here"):
        with open(here / "disk", "r+b") as disk:
            disk.write(b"changed")
    elif spoil == "here-inode":
        (here / "other").write_bytes(os.urandom((here / "disk").stat().st_size))
        os.utime(here / "other", (1, 1))
        (here / "other").rename(here / "disk")
    elif spoil == "gone":
        there.unlink()
    elif spoil == "other-bytes":
        there.write_bytes(bytes(there.stat().st_size))
    else:
        with open(there, "r+b") as disk:
            disk.write(b"changed")
        os.utime(there, (5, 5))
    done = resume(sender, here, instance)
    assert is_whole(here, instance), done.stderr
    assert "from its beginning" in done.stderr, done.stderr


@pytest.mark.parametrize("spoil", ["nothing", "link", "writable", "huge", "cut", "numbers", "long-name", "fifo", "other-path"])
def test_a_record_that_is_none_is_not_believed(sender, far, place, here, instance, spoil):
    (here / "disk").unlink()
    (here / "disk.big").unlink()
    path = here / RECORD
    numbers, name = "99999999999999999999" if spoil == "numbers" else "3", "d" * (300 if spoil == "long-name" else 30)
    path.write_text("rssh-nova-send resume 1\nhost 127.0.0.1\nremote %s\nfile 0 %s 2 1 9 9 9 9 %s\n%s" % (
        instance.with_name("other") if spoil == "other-path" else instance, numbers, name,
        {"huge": "x" * 20000, "cut": ""}.get(spoil, "end\n")))
    path.chmod(0o622 if spoil == "writable" else 0o600)
    if spoil == "link":
        path.rename(place / "record")
        path.symlink_to(place / "record")
    elif spoil == "fifo":
        path.unlink()
        os.mkfifo(path)
    done = resume(sender, here, instance)
    assert is_whole(here, instance)
    assert ("continues what an earlier run left" if spoil == "nothing" else "begins anew") in done.stderr, done.stderr


def test_without_the_option_nothing_is_continued(sender, far, place, here, instance):
    interrupt(sender, far, place, '/bin/sh -c "$SSH_ORIGINAL_COMMAND"', here, instance, 6 * MIB, "kill")
    done = sender.ok("--no-compress", "migrate", here, "127.0.0.1:%s" % instance)
    assert is_whole(here, instance) and data_sent(done) > 17.9 and done.stderr == ""
    assert not (here / RECORD).exists()


def test_another_peers_instance_is_not_continued(sender, far, root, place, here, instance):
    """The claim is not ours any more: the directory is refused, and nothing in it is touched."""
    config = place / "rssh-nova.conf"
    config.write_text(CONFIG.format(root=root))
    config.chmod(0o644)
    shell = "%s --config %s" % (BUILD / "rssh-nova", config)
    interrupt(sender, far, place, shell, here, instance, 6 * MIB, "kill")
    for name in os.listxattr(instance):
        os.removexattr(instance, name)
    before = (instance / "disk").read_bytes()
    done = sender.run("--no-compress", "--resume", "migrate", here, "127.0.0.1:%s" % instance)
    assert done.returncode == 77, done.stderr
    assert (instance / "disk").read_bytes() == before and (here / RECORD).exists()


@pytest.mark.parametrize("words", [["--transport", "rsync"], ["--legacy-scp"]])
def test_only_over_sftp(sender, far, here, instance, words):
    done = sender.run(*words, "--resume", "migrate", here, "127.0.0.1:%s" % instance)
    assert done.returncode == 2 and "SFTP" in done.stderr
    assert sender.run("--resume", "create-dir", "127.0.0.1", instance).returncode == 2
    assert far.commands() == []
