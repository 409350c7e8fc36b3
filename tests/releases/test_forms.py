# SPDX-License-Identifier: Apache-2.0
"""Each form that a program of the distribution does, with the programs and the libc of another release on both sides,
and with this machine's on the peer's: Nova's own words and options."""

import os
import shutil

import pytest

from testbed.audit import REFUSAL
from testbed.tree import COMING, IMAGE, LATER, PROBE, TENANT, changes, snapshot
from client import Client
from release import PEER

SIZE = 3 << 20
TREE = {"tree/disk": b"begin" + bytes(SIZE) + b"end", "tree/disk.info": b"{}",
        "tree/vtpm/tpm2-00.permall": b"t" * 5000, "tree/vtpm/more/deep": b"", "tree/empty": b""}


@pytest.fixture
def peer(login, node):
    client = Client(node, login[1])
    for name, content in TREE.items():
        client.put(name, content)
    yield client
    for name in ("c", "none", "all"):
        shutil.rmtree(os.path.join(node.root.at(PEER), name), ignore_errors=True)


@pytest.fixture
def coming(peer, node):
    """The instance that comes, claimed by the peer. Gives its path on the node."""
    done(node, peer.ssh("mkdir -p " + node.path(COMING)), "mkdir")
    return node.path(COMING)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def done(node, run, *forms):
    """Allowed, done, and nothing of it refused by a wall."""
    assert run.status == 0, (run.status, run.err, node.versions())
    assert [record["form"] for record in run.decides] == list(forms), run.records
    assert {record["verdict"] for record in run.decides} == {"allow"}
    for record in run.dones:
        assert (record["status"], record["signal"], record["limit"]) == ("0", "0", "-"), record
        assert record["denied"] == "-", (forms[0], record["denied"], node.versions())
    for record in run.decides[:1]:
        if record["form"] != "mkdir":
            assert ("namespaces" in record["confine"].split(",")) == (node.wall == "required")


def here(node, *names):
    """As this machine sees it."""
    return node.tree.at(*names)


def expect_tree(node, name, mode=0o644):
    for path, text in TREE.items():
        assert content(here(node, COMING, name, path.split("/", 1)[1])) == text, path
        status = os.stat(here(node, COMING, name, path.split("/", 1)[1]))
        assert (status.st_uid, oct(status.st_mode & 0o7777)) == (node.uid, oct(mode))


def test_scp_by_sftp(node, peer, coming):
    """scp of OpenSSH 9, or sftp where scp does not speak it."""
    if peer.knows_both_protocols():
        done(node, peer.scp("-r", peer.at("tree"), "node:" + coming + "/new"), "sftp")
        done(node, peer.scp("-C", peer.at("tree/disk"), "node:" + coming + "/disk"), "sftp")
        done(node, peer.scp("-r", "node:" + node.path("_base", IMAGE), peer.at("image")), "sftp")
    else:
        done(node, peer.sftp("mkdir %s/new" % coming, "put -r %s/. %s/new" % (peer.at("tree"), coming)), "sftp")
        done(node, peer.sftp("put %s %s/disk" % (peer.at("tree/disk"), coming)), "sftp")
        done(node, peer.sftp("get %s %s" % (node.path("_base", IMAGE), peer.at("image"))), "sftp")
    expect_tree(node, "new")
    assert content(here(node, COMING, "disk")) == TREE["tree/disk"]
    assert peer.get("image") == content(here(node, "_base", IMAGE))


def test_scp_of_old(node, peer, coming):
    old = ["-O"] if peer.knows_both_protocols() else []
    done(node, peer.scp(*old, "-r", peer.at("tree"), "node:" + coming), "scp-to")
    expect_tree(node, "tree")
    done(node, peer.scp(*old, "-C", "-r", "node:" + node.path("_base", IMAGE), peer.at("image")), "scp-from")
    assert peer.get("image") == content(here(node, "_base", IMAGE))


@pytest.mark.parametrize("options", ([], ["--compress"]), ids=("plain", "compressed"))
def test_rsync_copies(node, peer, coming, options):
    may = node.wall == "required" or node.rsync_version() >= (3, 5)
    mode = 0o644 if may else 0o600  # the temporary file's: that rsync sets modes by path
    done(node, peer.rsync("-r", "--sparse", peer.at("tree/disk"), "node:" + coming + "/disk", *options), "rsync-push")
    assert content(here(node, COMING, "disk")) == TREE["tree/disk"]
    assert oct(os.stat(here(node, COMING, "disk")).st_mode & 0o7777) == oct(mode)
    assert os.stat(here(node, COMING, "disk")).st_blocks * 512 < SIZE
    for _ in range(2):  # and again, over what is there
        done(node, peer.rsync("-r", "--sparse", peer.at("tree"), "node:" + coming, *options), "rsync-push")
        expect_tree(node, "tree", mode)
    done(node, peer.rsync("-r", "--sparse", "node:" + node.path("_base", IMAGE), peer.at("image"), *options),
         "rsync-pull")
    assert peer.get("image") == content(here(node, "_base", IMAGE))
    done(node, peer.rsync("-r", "--sparse", "node:" + node.path("_base"), peer.at("all"), *options), "rsync-pull")
    assert peer.get("all/_base/" + IMAGE) == content(here(node, "_base", IMAGE))


def test_rsync_creates_and_removes(node, peer):
    """Nova's create_dir, create_file, remove_file and remove_dir."""
    instance, probe = node.path(LATER), node.path(LATER, PROBE)
    os.makedirs(node.root.at(PEER) + "/c" + instance)
    archive = ["--archive", "--relative", "--no-implied-dirs"]
    done(node, peer.rsync(*archive, "." + instance, "node:/", cwd=peer.at("c")), "rsync-create", "rsync-create")
    assert os.listdir(here(node, LATER)) == []
    peer.put("c" + probe, b"")
    done(node, peer.rsync(*archive, "." + probe, "node:/", cwd=peer.at("c")), "rsync-create", "rsync-create")
    assert os.listdir(here(node, LATER)) == [PROBE]
    os.makedirs(node.root.at(PEER) + "/none")
    os.chown(node.root.at(PEER) + "/none", 1, 1)  # a user with a name, as nova: rsync sends names of all but root
    delete = ["--archive", "--delete", "--include", PROBE, "--exclude", "*"]
    done(node, peer.rsync(*delete, peer.at("none") + "/", "node:" + instance), "rsync-remove", "rsync-remove")
    assert os.listdir(here(node, LATER)) == []
    done(node, peer.rsync("-r", "--sparse", peer.at("tree"), "node:" + instance), "rsync-push")
    done(node, peer.rsync("--archive", "--delete-excluded", "--exclude", "*", peer.at("none") + "/",
                          "node:" + instance), "rsync-empty")
    assert os.listdir(here(node, LATER)) == []
    delete = ["--archive", "--delete", "--include", LATER, "--exclude", "*"]
    done(node, peer.rsync(*delete, peer.at("none") + "/", "node:" + node.path()), "rsync-remove", "rsync-remove")
    assert not os.path.exists(here(node, LATER))


def test_one_step_off_is_refused(node, peer):
    """An instance that lives here, the disk of one, and the image cache for writing."""
    old = ["-O"] if peer.knows_both_protocols() else []
    before = snapshot(node.tree.home, with_content=True)
    disk, theirs, image = peer.at("tree/disk"), node.path(TENANT), node.path("_base", IMAGE)
    for run in (peer.scp(*old, disk, "node:" + theirs + "/disk"), peer.scp(*old, disk, "node:" + image),
                peer.scp(*old, "node:" + theirs + "/disk", peer.at("stolen")),
                peer.rsync("-r", "--sparse", disk, "node:" + theirs + "/disk"),
                peer.rsync("-r", "--sparse", "node:" + theirs + "/disk", peer.at("stolen")),
                peer.rsync("-r", "-p", "--sparse", disk, "node:" + node.path(COMING, "disk"))):
        assert run.status != 0
        assert [record["verdict"] for record in run.decides] == ["deny"], run.records
        if run.decides[0]["form"].startswith("rsync"):
            assert run.status == 77 and REFUSAL.fullmatch(run.err), (run.status, run.err, node.versions())
    for run in (peer.sftp("put %s %s/disk" % (disk, theirs)), peer.sftp("put %s %s" % (disk, image)),
                peer.sftp("get %s/disk %s" % (theirs, peer.at("stolen"))), peer.sftp("rm %s/disk" % theirs),
                peer.sftp("chmod 4755 %s/disk" % theirs), peer.sftp("get /etc/rssh-nova.conf " + peer.at("stolen"))):
        assert run.status != 0
        assert [record["form"] for record in run.decides] == ["sftp"], run.records
    assert peer.sftp("chmod 777 %s/disk" % theirs).status == 0  # it is answered, and does nothing
    assert changes(before, snapshot(node.tree.home, with_content=True)) == []
    stolen = node.root.at(PEER + "/stolen")
    assert not os.path.exists(stolen) or os.path.getsize(stolen) == 0
