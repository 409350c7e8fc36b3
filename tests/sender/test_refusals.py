# SPDX-License-Identifier: Apache-2.0
"""What a real rssh-nova refuses ends with 77, its reason and its reference, and nothing is changed there."""
import json
import os
import re

import pytest

WAYS = [["--transport", "ssh"], ["--transport", "ssh", "--legacy-scp"], ["--transport", "rsync"]]
NAMES = ["sftp", "scp", "rsync"]

pytestmark = pytest.mark.usefixtures("leftovers")


def refused(sender, *args):
    """The reason; there is a reference, and a person is told both."""
    done = sender.run(*args)
    assert done.returncode == 77, done.stderr
    reason, ref = re.search(r"refused: ([a-z-]+), ref ([0-9a-f]{8,})$", done.stderr, re.M).groups()
    end = json.loads(sender.run("--json", *args).stdout.splitlines()[-1])
    assert (end["status"], end["outcome"], end["reason"]) == (77, "refused", reason)
    assert re.fullmatch("[0-9a-f]{8,}", end["ref"]) and end["ref"] != ref
    return reason


@pytest.fixture
def foreign(rssh_nova, instance):
    """An instance that nobody brought through rssh-nova."""
    instance.mkdir()
    (instance / "disk").write_text("theirs")
    return instance


def check_copy(done, way):
    """An SFTP session is let in, and finds the file shut, or behind the second wall not there; only its own
    server could say why."""
    if way == WAYS[0]:
        assert done.returncode == 1, done.stderr
        assert re.search("Permission denied|No such file or directory", done.stderr), done.stderr
    else:
        assert done.returncode == 77 and "refused: not-" in done.stderr, done.stderr


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_an_instance_that_we_did_not_bring(sender, foreign, near, way):
    (near / "disk").write_text("ours")
    before = os.stat(foreign).st_mtime_ns
    assert refused(sender, *way, "remove-dir", "127.0.0.1", foreign) == "not-claimed"
    if way == WAYS[2]:  # rsync is not shown the file: it removes nothing, as where there is none
        assert sender.run(*way, "remove-file", "127.0.0.1", foreign / "disk").returncode == 0
    else:
        assert refused(sender, *way, "remove-file", "127.0.0.1", foreign / "disk") == "not-claimed"
    done = sender.run(*way, "copy", near / "disk", "127.0.0.1:%s/disk" % foreign)
    check_copy(done, way)
    assert os.listdir(foreign) == ["disk"] and (foreign / "disk").read_text() == "theirs"
    assert os.stat(foreign).st_mtime_ns == before


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_a_disk_is_not_read_back(sender, foreign, near, way):
    done = sender.run(*way, "copy", "127.0.0.1:%s/disk" % foreign, near / "disk")
    check_copy(done, way)
    assert os.listdir(near) == []


@pytest.mark.parametrize("way,other", zip(WAYS, ["rsync", "rsync", "ssh"]), ids=NAMES)
def test_a_transport_that_is_not_let_in(sender, rssh_nova, place, near, instance, way, other):
    config = place / "rssh-nova.conf"
    config.write_text(config.read_text().replace("= ssh, rsync", "= " + other))
    (near / "disk").write_text("ours")
    reasons = {refused(sender, *way, *words) for words in (
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
