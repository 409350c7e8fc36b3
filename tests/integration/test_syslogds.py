# SPDX-License-Identifier: Apache-2.0
"""The records arrive whole in the files of the real syslog daemons."""

import os
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
