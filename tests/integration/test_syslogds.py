# SPDX-License-Identifier: Apache-2.0
"""The records arrive whole in the files of the real syslog daemons."""

import json
import os
import re
import socket
import subprocess
import time

import pytest

from testbed.fixtures import needs_root
from testbed.syslog import record_parse
from testbed.tree import EMPTY, PROBE

RSYSLOG = """\
module(load="imuxsock" SysSock.Name="/dev/log" SysSock.RateLimit.Interval="0")
global(workDirectory="{directory}" maxMessageSize="64k")
*.* action(type="omfile" file="{directory}/log" template="RSYSLOG_TraditionalFileFormat")
"""


def rsyslogd(directory):
    config = os.path.join(directory, "rsyslog.conf")
    with open(config, "w") as file:
        file.write(RSYSLOG.format(directory=directory))
    return ["/usr/sbin/rsyslogd", "-n", "-f", config, "-i", os.path.join(directory, "pid")]


def busybox(directory):
    return ["/usr/bin/busybox", "syslogd", "-n", "-O", os.path.join(directory, "log")]


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "the daemon did not answer"
        time.sleep(0.02)


@needs_root
@pytest.mark.parametrize("daemon", (rsyslogd, busybox))
def test_a_real_daemon_writes_both_records(node, tree, no_listener, tmp_path, daemon):
    path = tree.at(EMPTY, PROBE)
    process = subprocess.Popen(daemon(str(tmp_path)), stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: os.path.exists("/dev/log"))
        time.sleep(0.2)
        assert node.popen(node.arguments("touch " + path)).wait() == 0
        assert node.popen(node.arguments("touch %s\nforged" % path)).wait() == 77
        log = tmp_path / "log"
        wait_for(lambda: log.exists() and log.read_text().count("rssh-nova") >= 3)
    finally:
        process.terminate()
        process.wait()
    lines = [line for line in log.read_text().splitlines() if "rssh-nova" in line]
    records = [record_parse(line[line.index("event="):]) for line in lines]
    assert [each["event"] for each in records] == ["decide", "done", "decide"]
    assert records[0]["path"] == path and records[0]["ref"] == records[1]["ref"]
    assert records[2]["cmd"] == "touch %s\nforged" % path


class Journald:
    def start(self):
        self.process = subprocess.Popen(["/lib/systemd/systemd-journald"], stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists("/run/systemd/journal/socket"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def journald(no_listener, tmp_path):
    """A real systemd-journald that has /dev/log, with a /run/systemd and a /run/log of its own."""
    for path in "/run/systemd", "/run/log":
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "--no-mtab", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", path], check=True)
    os.makedirs("/run/systemd/journal")
    os.makedirs("/etc/systemd/journald.conf.d", exist_ok=True)
    with open("/etc/systemd/journald.conf.d/volatile.conf", "w") as file:
        file.write("[Journal]\nStorage=volatile\nForwardToSyslog=no\nRateLimitIntervalSec=0\n")
    if not os.path.exists("/etc/machine-id") or os.path.getsize("/etc/machine-id") == 0:
        with open("/etc/machine-id", "w") as file:
            file.write("0123456789abcdef" * 2 + "\n")
    os.symlink("/run/systemd/journal/dev-log", "/dev/log")
    daemon = Journald()
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
        os.unlink("/dev/log")
        os.unlink("/etc/systemd/journald.conf.d/volatile.conf")
        for path in "/run/log", "/run/systemd":
            subprocess.run(["umount", "--no-mtab", "--lazy", path], check=True)


def journal_of(*matches):
    """The journal's entries of rssh-nova that match FIELD=value, as it exports them."""
    done = subprocess.run(
        ["journalctl", "--directory=/run/log/journal", "--no-pager", "--output=json", "--identifier=rssh-nova", *matches],
        capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_root
def test_journald_has_each_field_of_a_record(node, tree, journald):
    path = tree.at(EMPTY, PROBE)
    assert node.popen(node.arguments("touch " + path)).wait() == 0
    assert node.popen(node.arguments("touch /etc/x\nRSSH_NOVA_VERDICT=allow")).wait() == 77
    wait_for(lambda: len(journal_of()) == 3)
    allowed, done, denied = journal_of()
    assert {each["_TRANSPORT"] for each in (allowed, done, denied)} == {"journal"}
    for entry in allowed, done, denied:
        record = record_parse(entry["MESSAGE"])
        for key, value in record.items():
            assert entry.get("RSSH_NOVA_" + key.upper(), "-") == value or key == "cmd", key
        assert int(entry["_UID"]) == node.uid and entry["SYSLOG_PID"] == entry["_PID"]
    assert len({allowed["MESSAGE_ID"], done["MESSAGE_ID"]}) == 2 and denied["MESSAGE_ID"] == allowed["MESSAGE_ID"]
    assert [each["RSSH_NOVA_REF"] for each in journal_of("RSSH_NOVA_VERDICT=deny")] == [denied["RSSH_NOVA_REF"]]
    assert denied["PRIORITY"] == "4" and allowed["PRIORITY"] == "6"


@needs_root
def test_without_journald_s_own_socket_syslog_has_the_record(node, tree, journald):
    os.unlink("/run/systemd/journal/socket")
    assert node.popen(node.arguments("touch " + tree.at(EMPTY, PROBE))).wait() == 0
    wait_for(lambda: len(journal_of()) == 2)
    assert {each["_TRANSPORT"] for each in journal_of()} == {"syslog"}


@needs_root
@pytest.mark.parametrize("target", (None, "/run/systemd/journal/dev-lag", "/run/systemd/journal/dev-log2"))
def test_journald_gets_nothing_if_another_daemon_has_dev_log(node, tree, journald, target):
    os.unlink("/dev/log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.settimeout(10)
        daemon.bind(target or "/dev/log")
        os.chmod(target or "/dev/log", 0o666)
        if target:
            os.symlink(target, "/dev/log")
        assert node.popen(node.arguments("touch " + tree.at(EMPTY, PROBE))).wait() == 0
        for event in "decide", "done":
            assert re.match(rb"<86>rssh-nova\[\d+\]: event=%s " % event.encode(), daemon.recv(1 << 16))
    assert journal_of() == []


@needs_root
def test_a_record_reaches_the_next_journald_with_its_fields(node, tree, journald):
    transfer = node.popen(node.arguments("scp -t %s" % tree.at(EMPTY, "disk")), stdin=subprocess.PIPE)
    wait_for(lambda: len(journal_of()) == 1)
    journald.stop()
    os.unlink("/run/systemd/journal/socket")
    journald.start()
    transfer.stdin.close()
    transfer.wait()
    wait_for(lambda: len(journal_of()) == 2)
    assert [each["RSSH_NOVA_EVENT"] for each in journal_of()] == ["decide", "done"]
