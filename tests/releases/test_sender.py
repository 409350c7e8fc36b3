# SPDX-License-Identifier: Apache-2.0
"""rssh-nova-send against the SFTP servers of other releases, without rssh-nova: sftp-server, and the one inside sshd."""

import os
import subprocess
import uuid

import pytest

from conftest import BUILD
from client import Client
from release import PEER

SERVERS = {"sftp-server": "root", "internal-sftp": "inner"}
MIB = 1 << 20


class Sender:
    def __init__(self, release, user):
        self.config = Client(release, False).config
        self.settings = release.root.at(PEER + "/sender.conf")
        with open(self.settings, "w") as file:
            file.write("[sender]\nretries = 0\nssh_options = User=%s\n" % user)
        os.chmod(self.settings, 0o644)

    def copy(self, source, target):
        done = subprocess.run(
            [os.path.join(BUILD, "rssh-nova-send"), "--config", self.settings, "--ssh-config", self.config, "copy",
             source, target], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout


@pytest.fixture(params=SERVERS)
def sender(request, release):
    return Sender(release, SERVERS[request.param])


def test_a_sparse_disk_goes_and_comes(sender, release, tmp_path):
    disk, name = tmp_path / "disk", "/tmp/" + uuid.uuid4().hex
    with open(disk, "wb") as out:
        out.write(os.urandom(MIB))
        out.seek(30 * MIB, os.SEEK_CUR)
        out.write(os.urandom(100000) + bytes(4 * MIB) + b"end")
        out.truncate(64 * MIB)
    said = sender.copy(disk, "node:" + name)
    there = release.root.at(name)
    assert subprocess.run(["cmp", disk, there]).returncode == 0
    assert os.stat(there).st_blocks * 512 < 3 * MIB and said.startswith("1 file, 1.1 MiB of data, ")
    sender.copy("node:" + name, tmp_path / "back")
    assert subprocess.run(["cmp", disk, tmp_path / "back"]).returncode == 0


def test_a_tree_goes(sender, release, tmp_path):
    tree, name = tmp_path / "tree", "/tmp/" + uuid.uuid4().hex
    (tree / "sub" / "nothing").mkdir(parents=True)
    for number in range(40):
        (tree / "sub" / ("a name %d" % number)).write_bytes(os.urandom(number * 3000))
    sender.copy(tree, "node:" + name)
    assert subprocess.run(["diff", "-r", tree, release.root.at(name)]).returncode == 0
    assert os.path.isdir(release.root.at(name + "/sub/nothing"))
