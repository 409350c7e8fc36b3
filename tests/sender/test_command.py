# SPDX-License-Identifier: Apache-2.0
"""The command for people and programs: help, JSON, settings, progress."""
import json
import os
import pty
import re
import subprocess
import time

import pytest
from oslo_config import cfg

from conftest import BUILD, TOP

OPERATIONS = ["create-file", "remove-file", "create-dir", "remove-dir", "copy", "migrate"]

pytestmark = pytest.mark.usefixtures("leftovers")


def command(*args):
    return subprocess.run([BUILD / "rssh-nova-send", *args], capture_output=True, text=True)


def test_help_names_every_operation_and_option():
    done = command("--help")
    assert done.returncode == 0
    for operation in OPERATIONS:
        assert re.search("^  %s " % operation, done.stdout, re.M)
    page = subprocess.run(["mandoc", "-T", "ascii", TOP / "install" / "man" / "rssh-nova-send.1"],
                          capture_output=True, text=True, check=True).stdout
    page = re.sub(".\b", "", page)
    for option in re.findall(r"^  --([a-z-]+)", done.stdout, re.M):
        assert "--" + option in page
    for operation in OPERATIONS:
        assert operation in page


@pytest.mark.parametrize("words", [
    [], ["nonsense"], ["create-dir"], ["create-dir", "host"], ["create-dir", "host", "/x", "/y"],
    ["--nonsense", "create-dir", "host", "/x"], ["--transport", "ftp", "create-dir", "host", "/x"],
    ["--timeout", "0", "create-dir", "host", "/x"], ["--sparse", "always", "copy", "/etc/hosts", "host:/x"], ["--timeout", "1x", "create-dir", "host", "/x"],
    ["--config", "/nonexistent", "create-dir", "host", "/x"],
    ["--nova-conf", "/nonexistent", "create-dir", "host", "/x"],
])
def test_usage(words):
    done = command(*words)
    assert done.returncode == 2
    assert done.stderr.startswith(("rssh-nova-send: ", "usage: ", str(BUILD / "rssh-nova-send")))


@pytest.mark.parametrize("words, said", [
    (["nonsense"], "no such operation: nonsense"), (["copy"], "copy takes SRC DST"), ([], "missing operation"),
    (["--transport", "ftp", "create-dir", "host", "/x"], "--transport takes ssh|rsync: ftp"),
    (["--timeout", "0", "create-dir", "host", "/x"], "--timeout takes SECONDS: 0"),
    (["--sparse", "always", "copy", "/etc/hosts", "host:/x"], "--sparse takes auto|never: always"),
])
def test_usage_names_what_is_wrong(words, said):
    assert command(*words).stderr.splitlines()[0] == "rssh-nova-send: " + said


def test_a_fault_of_a_file_is_no_wrong_usage():
    done = command("--config", "/nonexistent", "create-dir", "host", "/x")
    assert done.stderr == "rssh-nova-send: /nonexistent: No such file or directory\n"


def dry(sender, *args):
    return sender.run(*args, "--dry-run", "create-dir", "host.invalid", "/x").stdout


def test_the_transport_comes_from_where_it_should(sender, place):
    nova = place / "nova.conf"
    assert "/usr/bin/rsync" not in dry(sender)
    nova.write_text("[DEFAULT]\n" + "transport_url = " + "x" * 500 + "\n  [libvirt]\n[libvirt]\n"
                    "remote_filesystem_transport = rsync\n[other]\nremote_filesystem_transport = ssh\n")
    assert "/usr/bin/rsync" in dry(sender, "--nova-conf", nova)
    assert "/usr/bin/rsync" not in dry(sender, "--nova-conf", nova, "--transport", "ssh")
    nova.write_text("[libvirt]\nvirt_type = kvm\n")
    assert "/usr/bin/rsync" not in dry(sender, "--nova-conf", nova)
    nova.write_text("[libvirt]\nremote_filesystem_transport = \"rsync\"\n")
    assert "/usr/bin/rsync" in dry(sender, "--nova-conf", nova)
    nova.write_text("[libvirt]\nremote_filesystem_transport = ftp\n")
    assert sender.run("--nova-conf", nova, "--dry-run", "create-dir", "h", "/x").returncode == 2
    sender.config.write_text("[shell]\nremote_filesystem_transport = rsync\n")
    assert "/usr/bin/rsync" in dry(sender)


# Files nova.conf, each with one odd line for [libvirt] remote_filesystem_transport.
NOVA_FILES = {
    "plain": "[libvirt]\nremote_filesystem_transport = rsync\n",
    "a colon": "[libvirt]\nremote_filesystem_transport: rsync\n",
    "quotes of one kind": "[libvirt]\nremote_filesystem_transport = 'rsync'\n",
    "quotes of two kinds": "[libvirt]\nremote_filesystem_transport = 'rsync\"\n",
    "percent": "[libvirt]\nremote_filesystem_transport = %rsync\n",
    "percent elsewhere": "[libvirt]\nlive_migration_uri = qemu+ssh://%s\nremote_filesystem_transport = rsync\n",
    "a section in capitals": "[LIBVIRT]\nremote_filesystem_transport = rsync\n",
    "a comment behind the value": "[libvirt]\nremote_filesystem_transport = rsync ; x\n",
    "a comment line": "[libvirt]\n;remote_filesystem_transport = rsync\n",
    "a continued value": "[libvirt]\nremote_filesystem_transport = ssh\n  rsync\n",
    "a continuation with a key": "[libvirt]\nx = y\n  remote_filesystem_transport = rsync\n",
    "a continuation with a section": "[libvirt]\nx = y\n  [other]\nremote_filesystem_transport = rsync\n",
    "a value on the next line": "[libvirt]\nremote_filesystem_transport =\n  rsync\n",
    "repeated": "[libvirt]\nremote_filesystem_transport = ssh\nremote_filesystem_transport = rsync\n",
    "a variable": "[DEFAULT]\nmy_ip = rsync\n[libvirt]\nremote_filesystem_transport = $my_ip\n",
    "an unknown variable": "[libvirt]\nremote_filesystem_transport = $nothing\n",
    "empty": "[libvirt]\nremote_filesystem_transport =\n",
    "capitals": "[libvirt]\nremote_filesystem_transport = RSYNC\n",
    "unset": "[libvirt]\nvirt_type = kvm\n",
    "a line that is none": "[libvirt]\nremote_filesystem_transport = rsync\nnonsense\n",
    "no section": "remote_filesystem_transport = rsync\n",
    "a section without an end": "[libvirt\nremote_filesystem_transport = rsync\n",
    "a long line": "[libvirt]\nx = " + "x" * 5000 + "\nremote_filesystem_transport = rsync\n",
    "CR LF": "[libvirt]\r\nremote_filesystem_transport = rsync\r\n",
}


def oslo_transport(path):
    """The transport that Nova takes from the file, None if oslo.config refuses the file or the value."""
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("my_ip", default="10.0.0.1")])
    conf.register_opts([cfg.StrOpt("remote_filesystem_transport", default="ssh", choices=("ssh", "rsync"))],
                       group="libvirt")
    try:
        conf(["--config-file=%s" % path], project="nova", default_config_files=[], default_config_dirs=[])
        return conf.libvirt.remote_filesystem_transport
    except (cfg.ConfigFileParseError, cfg.ConfigFileValueError, cfg.NoSuchOptError, cfg.TemplateSubstitutionError):
        return None


@pytest.mark.parametrize("what", NOVA_FILES)
def test_oslo_config_reads_the_same_transport(sender, place, what):
    nova = place / "nova.conf"
    nova.write_bytes(NOVA_FILES[what].encode())
    done = sender.run("--nova-conf", nova, "--dry-run", "create-dir", "host.invalid", "/x")
    ours = None if done.returncode == 2 else "rsync" if "/usr/bin/rsync" in done.stdout else "ssh"
    assert ours == oslo_transport(nova), done


def test_settings_reach_ssh(sender):
    sender.configure("ssh_options = Port=2222, User=nova\nconnect_timeout = 1m\n")
    shown = dry(sender)
    assert "-oPort=2222" in shown and "-oUser=nova" in shown and "-oConnectTimeout=60" in shown
    assert "-oStrictHostKeyChecking=yes" in shown and "-oBatchMode=yes" in shown


@pytest.mark.parametrize("rows", ["nonsense = 1\n", "retries = 11\n", "retries = -1\n", "connect_timeout = 0\n",
                                  "control_persist = 5s\n", "ssh_options = -oX\n", "ssh_options = X=it's\n",
                                  "ssh_options = Port\n", "retries = 1\nretries = 1\n"])
def test_a_fault_voids_the_settings(sender, rows):
    sender.configure(rows)
    done = sender.run("--dry-run", "create-dir", "host", "/x")
    assert done.returncode == 2
    assert str(sender.config) in done.stderr and ":2" in done.stderr or ":3" in done.stderr


@pytest.mark.parametrize("spoil", ["chmod o+w", "chmod g+w", "ln", "fifo", "chown"])
def test_settings_of_anybody_are_not_taken(sender, place, spoil):
    config = sender.config
    if spoil.startswith("chmod"):
        subprocess.run([*spoil.split(), config], check=True)
    elif spoil == "ln":
        config.rename(place / "real")
        config.symlink_to("real")
    elif spoil == "fifo":
        config.unlink()
        os.mkfifo(config)
    elif os.geteuid() == 0:
        os.chown(config, 12345, 0)
    else:
        pytest.skip("another's file needs root to be made")
    assert sender.run("--dry-run", "create-dir", "host", "/x").returncode == 2


def test_json_is_json(sender, near, instance):
    (near / "disk").write_text("disk")
    for words in (["migrate", near, "127.0.0.1:%s" % instance], ["create-file", "127.0.0.1", "/nonexistent/x"],
                  ["--dry-run", "remove-dir", "127.0.0.1", instance], ["create-dir", "-x", "/x"]):
        done = sender.run("--json", *words)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode != 2:
            assert events[-1]["event"] == "end" and events[-1]["status"] == done.returncode
            assert done.stderr == ""


def slow(far, sends=False):
    far.be_slow("*", 262144, 0.05, sends)


@pytest.fixture
def sparse(near):
    """8 MiB of data behind a hole of 256 MiB."""
    path = near / "disk"
    with open(path, "wb") as disk:
        disk.seek(256 << 20)
        disk.write(os.urandom(8 << 20))
    os.utime(path, (1, 1))  # else a copy of this very second looks like the disk itself, which is never emptied
    return path


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_progress_as_json_lines(sender, far, near, root, transport):
    disk = near / "disk"
    disk.write_bytes(os.urandom(16 << 20))
    slow(far)
    done = sender.ok("--json", "--transport", transport, "--no-compress", "copy", disk, "127.0.0.1:%s/disk" % root)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} == {"progress", "end"} | ({"copied"} if transport == "ssh" else set())
    events = [event for event in events if event["event"] == "progress"]
    assert len(events) >= 2
    dones = [event["done"] for event in events]
    assert dones == sorted(dones) and dones[-1] == 16 << 20
    assert {event["total"] for event in events} == {16 << 20}
    assert (root / "disk").read_bytes() == disk.read_bytes()


def test_progress_counts_data_and_not_holes(sender, sparse, root):
    done = sender.ok("--json", "--transport", "rsync", "--no-compress", "copy", sparse,
                     "127.0.0.1:%s/disk" % root)
    totals = {event["total"] for event in map(json.loads, done.stdout.splitlines())
              if event["event"] == "progress"}
    assert totals == {8 << 20}
    assert os.stat(root / "disk").st_blocks * 512 < 64 << 20


def test_a_pull_shows_progress(sender, far, near, root):
    (root / "image").write_bytes(os.urandom(16 << 20))
    slow(far, sends=True)
    done = sender.ok("--json", "--no-compress", "copy", "127.0.0.1:%s/image" % root, near / "image")
    events = [json.loads(line) for line in done.stdout.splitlines() if '"progress"' in line]
    assert len(events) >= 2
    assert 0 < events[0]["done"] <= 16 << 20 and events[0]["total"] == 0


def test_quiet_is_quiet(sender, far, near, root):
    (near / "disk").write_bytes(os.urandom(8 << 20))
    slow(far)
    done = sender.ok("--quiet", "--no-compress", "copy", near / "disk", "127.0.0.1:%s/disk" % root)
    assert (done.stdout, done.stderr) == ("", "")


def test_one_line_says_what_a_copy_came_to(sender, sparse, root):
    done = sender.ok("--no-compress", "copy", sparse, "127.0.0.1:%s/disk" % root)
    assert re.fullmatch(r"1 file, 8\.0 MiB of data, 256\.0 MiB of holes, \d+\.\d s, \d+\.\d MiB/s\n", done.stdout)
    assert done.stderr == ""
    done = sender.ok("--json", "--no-compress", "copy", sparse, "127.0.0.1:%s/disk" % root)
    copied, = [event for event in map(json.loads, done.stdout.splitlines()) if event["event"] == "copied"]
    assert (copied["files"], copied["data"], copied["holes"]) == (1, 8 << 20, 256 << 20)


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_a_migration_that_went_well_shows_no_error(sender, near, instance, transport):
    """touch says that there is no directory yet: that is how it should be."""
    (near / "disk").write_text("disk")
    done = sender.ok("--transport", transport, "migrate", near, "127.0.0.1:%s" % instance)
    assert done.stderr == ""
    assert (done.stdout.count("\n") == 1) == (transport == "ssh")


def test_an_error_is_said_once(sender, near, root):
    done = sender.run("create-file", "127.0.0.1", root / "no" / "directory")
    assert done.returncode == 1 and done.stderr.count("No such file or directory") == 1
    (near / "disk").write_text("disk")
    done = sender.run("copy", near / "disk", "127.0.0.1:%s/no/disk" % root)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == len(set(done.stderr.splitlines())) == 3, done.stderr


def test_a_bar_on_a_terminal(sender, far, near, root):
    (near / "disk").write_bytes(os.urandom(16 << 20))
    slow(far)
    master, slave = pty.openpty()
    process = subprocess.Popen(sender.words("--no-compress", "copy", near / "disk", "127.0.0.1:%s/disk" % root),
                               stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    assert process.wait() == 0
    assert b"#" in shown and b"100%" in shown and b"MiB/s" in shown
    assert re.search(rb"\d\d:\d\d:\d\d", shown)
    assert b"{" not in shown


def test_compression_follows_nova(sender, near, instance):
    (near / "disk").write_bytes(b"QFI\xfb" + b"0" * 100)
    (near / "disk.raw").write_bytes(b"0" * 100)
    for options in [], ["--legacy-scp"]:
        shown = sender.ok(*options, "--dry-run", "migrate", near, "127.0.0.1:%s" % instance).stdout.splitlines()
        lines = [line for line in shown if line.endswith(("/disk", "/disk.raw", " sftp"))]
        if options:
            assert {line.rsplit("/", 1)[1]: " -C " in line for line in lines} == {"disk": False, "disk.raw": True}
        else:
            assert ["-oCompression=yes" in line for line in lines if line.endswith(" sftp")] == [False, True]
            assert lines[1].startswith("put ") and lines[1].endswith("/disk")
