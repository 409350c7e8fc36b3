# SPDX-License-Identifier: Apache-2.0
"""A refusal of a real rssh-nova ends with 77, a reason and a reference, and changes nothing."""
import json
import os
import re

import pytest

TRANSPORTS = [["--transport", "ssh"], ["--transport", "ssh", "--legacy-scp"], ["--transport", "rsync"]]
NAMES = ["sftp", "scp", "rsync"]

pytestmark = pytest.mark.usefixtures("leftovers")


def refused(sender, *args):
    """Returns the reason. Checks that there is a reference, and that both are shown."""
    done = sender.run(*args)
    assert done.returncode == 77, done.stderr
    reason, ref = re.search(r"refused: ([a-z-]+), ref ([0-9a-f]{8,})$", done.stderr, re.M).groups()
    end = json.loads(sender.run("--json", *args).stdout.splitlines()[-1])
    assert (end["status"], end["outcome"], end["reason"]) == (77, "refused", reason)
    assert re.fullmatch("[0-9a-f]{8,}", end["ref"]) and end["ref"] != ref
    return reason


@pytest.fixture
def foreign(rssh_nova, instance):
    """An instance that did not come through rssh-nova."""
    instance.mkdir()
    (instance / "disk").write_text("theirs")
    return instance


def check_copy(done, transport):
    """An SFTP session is allowed, but the file in it is closed or, behind the second wall, missing. Only its server
    could say why."""
    if transport == TRANSPORTS[0]:
        assert done.returncode == 1, done.stderr
        assert re.search("Permission denied|No such file or directory", done.stderr), done.stderr
    else:
        assert done.returncode == 77 and "refused: not-" in done.stderr, done.stderr


@pytest.mark.parametrize("transport", TRANSPORTS, ids=NAMES)
def test_an_instance_that_we_did_not_bring(sender, foreign, near, transport):
    (near / "disk").write_text("ours")
    before = os.stat(foreign).st_mtime_ns
    assert refused(sender, *transport, "remove-dir", "127.0.0.1", foreign) == "not-claimed"
    if transport == TRANSPORTS[2]:  # rsync does not see the file, so it removes nothing, as if there were none
        assert sender.run(*transport, "remove-file", "127.0.0.1", foreign / "disk").returncode == 0
    else:
        assert refused(sender, *transport, "remove-file", "127.0.0.1", foreign / "disk") == "not-claimed"
    done = sender.run(*transport, "copy", near / "disk", "127.0.0.1:%s/disk" % foreign)
    check_copy(done, transport)
    assert os.listdir(foreign) == ["disk"] and (foreign / "disk").read_text() == "theirs"
    assert os.stat(foreign).st_mtime_ns == before


@pytest.mark.parametrize("transport", TRANSPORTS, ids=NAMES)
def test_a_disk_is_not_read_back(sender, foreign, near, transport):
    done = sender.run(*transport, "copy", "127.0.0.1:%s/disk" % foreign, near / "disk")
    check_copy(done, transport)
    assert os.listdir(near) == []


@pytest.mark.parametrize("transport,other", zip(TRANSPORTS, ["rsync", "rsync", "ssh"]), ids=NAMES)
def test_a_transport_that_is_not_let_in(sender, rssh_nova, place, near, instance, transport, other):
    config = place / "rssh-nova.conf"
    config.write_text(config.read_text().replace("= ssh, rsync", "= " + other))
    (near / "disk").write_text("ours")
    reasons = {refused(sender, *transport, *words) for words in (
        ["create-dir", "127.0.0.1", instance],
        ["copy", near / "disk", "127.0.0.1:%s/disk" % instance],
        ["copy", "127.0.0.1:%s/kernel" % instance, near / "kernel"],
        ["migrate", near, "127.0.0.1:%s" % instance])}
    assert reasons == {"transport"}
    assert not instance.exists() and os.listdir(near) == ["disk"]


def test_a_node_that_is_not_configured(sender, rssh_nova, instance, place):
    """It refuses everything, with a status of its own; trying again would not mend it."""
    sender.configure("retries = 3\n")
    with open(place / "rssh-nova.conf", "a") as config:
        config.write("nonsense = 1\n")
    done = sender.run("create-dir", "127.0.0.1", instance)
    assert done.returncode == 77, done.stderr
    assert re.search("refused: not-(configured|recorded), ref ", done.stderr)
    assert len(rssh_nova.commands()) == 1
