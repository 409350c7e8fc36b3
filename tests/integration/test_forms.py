# SPDX-License-Identifier: Apache-2.0
"""Each form over real ssh, in every way in: let through as Nova sends it, refused one step off."""

import os
import stat

import pytest

from testbed import login
from testbed.audit import expect_done, expect_failed, expect_refused, ops
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, IMAGE, LATER, LOCKS, PROBE, STOPPED, TENANT

LOGINS = [
    pytest.param(each, id=each.name, marks=() if each is login.FORCED_COMMAND else needs_root)
    for each in login.RESTRICTED
]
by_every_login = pytest.mark.parametrize("which", LOGINS)
SFTP_SERVER = "/usr/lib/openssh/sftp-server"
ARCHIVE = "rsync --server -logDtpre.iLsfxCIvu"
CREATE = "rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . /"


def at(tree, text):
    """I stands for the instances root, U for the instance that is not here yet, and so on."""
    for name, value in (("I", tree.root), ("U", COMING), ("T", TENANT), ("E", EMPTY), ("X", PROBE),
                        ("B", IMAGE), ("S", STOPPED)):
        text = text.replace("{%s}" % name, value)
    return text


@by_every_login
def test_touch(node, tree, peer, which):
    for name in (tree.at(EMPTY, PROBE), tree.at(TENANT, "disk.info")):
        os.utime(name, (1, 1)) if os.path.exists(name) else None
        run = peer.ask(which, "touch " + name)
        expect_done(node, run, form="touch", op="touch", path=name, transport="ssh")
        assert os.stat(name).st_mtime > 1
    assert os.stat(tree.at(TENANT, "disk.info")).st_size == 18


@needs_root
def test_touch_of_a_directory_updates_its_times(node, tree):
    name = tree.at(TENANT, "vtpm")
    os.utime(name, (1, 1))
    run = node.run("touch " + name)
    assert (run.status, run.err) == (0, b"")
    assert os.stat(name).st_mtime > 1


@by_every_login
def test_remove(node, tree, peer, which):
    name = tree.at(TENANT, "disk.info")
    run = peer.ask(which, "rm " + name)
    expect_done(node, run, form="remove", op="remove", path=name, instance=TENANT)
    assert not os.path.lexists(name)
    again = peer.ask(which, "rm " + name)
    assert again.status == 1
    assert again.err.decode() == "rm: cannot remove '%s': No such file or directory\n" % name
    expect_failed(node, again)


@by_every_login
def test_remove_of_a_directory_fails_as_rm_does(node, tree, peer, which, untouched):
    name = tree.at(TENANT, "vtpm")
    run = peer.ask(which, "rm " + name)
    assert run.status == 1
    assert run.err.decode() == "rm: cannot remove '%s': Is a directory\n" % name
    expect_failed(node, run)


@by_every_login
def test_mkdir(node, tree, peer, which):
    for name in (tree.at(COMING), tree.at(COMING), tree.at(COMING, "a/b/c"), tree.at(LATER, "a")):
        run = peer.ask(which, "mkdir -p " + name)
        expect_done(node, run, form="mkdir", op="mkdir", path=name)
        status = os.lstat(name)
        assert stat.S_ISDIR(status.st_mode) and status.st_mode & 0o7022 == 0


@by_every_login
def test_mkdir_over_a_file_fails_as_mkdir_does(node, tree, peer, which, untouched):
    name = tree.at(TENANT, "disk")
    run = peer.ask(which, "mkdir -p " + name)
    assert run.status == 1
    assert run.err.decode() == "mkdir: cannot create directory '%s': File exists\n" % name
    expect_failed(node, run)


@by_every_login
def test_remove_tree(node, tree, peer, which):
    tree.write(tree.at(COMING, "a/b/c/file"))
    tree.write(tree.at(COMING, "disk"))
    tree.link("/etc/passwd", tree.at(COMING, "a/link"))
    for name in (tree.at(COMING, "a"), tree.at(COMING), tree.at(COMING), tree.at(LATER, "no/such")):
        run = peer.ask(which, "rm -rf " + name)
        expect_done(node, run, form="remove-tree", op="remove-tree", path=name)
        assert not os.path.lexists(name)
    assert sorted(os.listdir(tree.root)) == sorted(
        ["_base", TENANT, STOPPED, EMPTY, TENANT + "_resize", "locks", "compute_nodes", "snapshots",
         LOCKS])


@by_every_login
def test_legacy_scp(node, tree, peer, which):
    tree.make_directory(tree.at(COMING))
    peer.write("a/one", b"1" * 70000)
    peer.write("b/two", b"2")
    push = peer.run(which, ["scp", "-O", "-r", peer.path("a/one"), "node:" + tree.at(COMING, "disk")])
    expect_done(node, push, form="scp-to", op="receive", path=tree.at(COMING, "disk"))
    push = peer.run(which, ["scp", "-O", "-r", peer.path("a"), peer.path("b"), "node:" + tree.at(COMING)])
    expect_done(node, push, form="scp-to", op="receive", path=tree.at(COMING), instance=COMING)
    assert open(tree.at(COMING, "a/one"), "rb").read() == b"1" * 70000
    assert open(tree.at(COMING, "b/two"), "rb").read() == b"2"
    pull = peer.run(which, ["scp", "-O", "-v", "node:" + tree.at("_base", IMAGE), peer.path("image")])
    assert pull.status == 0, pull.err
    assert open(peer.path("image"), "rb").read() == open(tree.at("_base", IMAGE), "rb").read()
    if node.is_root:
        assert ops(pull) == [("allow", "send", tree.at("_base", IMAGE))]
        assert len(pull.dones) == 1
    stolen = peer.run(which, ["scp", "-O", "node:" + tree.at(TENANT, "disk"), peer.path("stolen")])
    assert stolen.status != 0 and not os.path.exists(peer.path("stolen"))


@by_every_login
def test_sftp_as_scp_speaks_it(node, tree, peer, which):
    tree.make_directory(tree.at(COMING))
    peer.write("a/one", b"1" * 70000)
    os.chmod(peer.path("a/one"), 0o600)
    push = peer.run(which, ["scp", "-r", peer.path("a"), "node:" + tree.at(COMING)])
    expect_done(node, push, form="sftp", op="sftp")
    assert push.err == b""
    assert [done["denied"] for done in push.dones] == ["-"]
    assert open(tree.at(COMING, "a/one"), "rb").read() == b"1" * 70000
    pull = peer.run(which, ["scp", "-r", "node:" + tree.at("_base"), peer.path("base-" + which.name)])
    expect_done(node, pull, form="sftp")
    assert os.listdir(peer.path("base-" + which.name)) == [IMAGE]


@pytest.mark.parametrize("line", (
    SFTP_SERVER, "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server"))
@by_every_login
def test_the_known_spellings_of_sftp_server(node, tree, peer, which, line, untouched):
    """What sshd_config of other distributions names starts our own sftp-server; end of input ends it."""
    expect_done(node, peer.ask(which, line), form="sftp")


@by_every_login
def test_internal_sftp_is_a_forced_command_s_spelling_only(node, tree, peer, which, untouched):
    run = peer.ask(which, "internal-sftp")
    if which.forced:
        expect_done(node, run, form="sftp")
    else:
        expect_refused(node, run, "unknown-command")


@by_every_login
def test_rsync_push_and_pull(node, tree, peer, which):
    tree.make_directory(tree.at(COMING))
    source = peer.write("disk", b"disk" * 50000)
    for options in ([], ["--compress"]):
        target = tree.at(COMING, "disk%d" % len(options))
        push = peer.run(which, ["rsync", "-r", "--sparse", source, "node:" + target] + options)
        expect_done(node, push, form="rsync-push", op="receive", path=target, transport="rsync")
        assert open(target, "rb").read() == b"disk" * 50000
        pull = peer.run(
            which, ["rsync", "-r", "--sparse", "node:" + tree.at("_base", IMAGE), peer.path("i")] + options)
        expect_done(node, pull, form="rsync-pull", op="send", path=tree.at("_base", IMAGE))


@by_every_login
def test_done_counts_what_a_transfer_moved(node, tree, peer, which):
    if not node.is_root:
        pytest.skip("needs root: reads audit records from /dev/log")
    tree.make_directory(tree.at(COMING))
    source = peer.write("disk", os.urandom(300000))
    push = peer.run(which, ["rsync", "-r", "--sparse", source, "node:" + tree.at(COMING, "disk")])
    done = push.dones[0]
    assert int(done["bytes_in"]) >= 300000 or done["bytes_in"] == "-1"
    assert 0 <= int(done["ms"]) < 60000
    assert done["denied"] == "-"


# Each line with the reason that it is refused for.
REFUSED = (
    ("touch", "unknown-form"),
    ("touch -a {I}/{E}/{X}", "unknown-form"),
    ("touch -- {I}/{E}/{X}", "unknown-form"),
    ("touch {I}/{E}/{X} {I}/{E}/{X}", "unknown-form"),
    ("touch {I}/{E}/{X} /etc/passwd", "unknown-form"),
    ("touch {X}", "unknown-form"),
    ("touch {I}/{E}", "not-writable"),
    ("touch {I}/{X}", "not-writable"),
    ("touch {I}", "not-writable"),
    ("rm", "unknown-form"),
    ("rm -f {I}/{T}/disk", "unknown-form"),
    ("rm -r {I}/{T}/disk", "unknown-form"),
    ("rm {I}/{T}/disk {I}/{S}/disk", "unknown-form"),
    ("rm {I}/{T}", "not-writable"),
    ("rm {I}/compute_nodes", "not-writable"),
    ("rm {I}/_base/{B}", "not-writable"),
    ("mkdir {I}/{U}", "unknown-form"),
    ("mkdir -p", "unknown-form"),
    ("mkdir -pv {I}/{U}", "unknown-form"),
    ("mkdir --parents {I}/{U}", "unknown-form"),
    ("mkdir -p -m 777 {I}/{U}", "unknown-form"),
    ("mkdir -p {I}/{U} {I}/{E}", "unknown-form"),
    ("mkdir -p {I}", "not-writable"),
    ("mkdir -p {I}/not-a-uuid", "not-writable"),
    ("mkdir -p {I}/{U}_resize", "not-writable"),
    ("rm -rf", "unknown-form"),
    ("rm -fr {I}/{T}", "unknown-form"),
    ("rm -r -f {I}/{T}", "unknown-form"),
    ("rm -rf {I}/{T} {I}/{S}", "unknown-form"),
    ("rm -rf {I}", "not-writable"),
    ("rm -rf {I}/_base", "not-writable"),
    ("rm -rf {I}/locks", "not-writable"),
    ("rm -rf {I}/{T}_resize", "not-writable"),
    ("scp {I}/{E}", "unknown-form"),
    ("scp -t", "unknown-form"),
    ("scp -f", "unknown-form"),
    ("scp -p -t {I}/{E}", "unknown-form"),
    ("scp -t -r {I}/{E}", "unknown-form"),
    ("scp -r -v -t {I}/{E}", "unknown-form"),
    ("scp -rt {I}/{E}", "unknown-form"),
    ("scp -t {I}/{E} {I}/{T}", "unknown-form"),
    ("scp -t -f {I}/{E}", "unknown-form"),
    ("scp -t {I}", "not-writable"),
    ("scp -t {I}/_base/{B}", "not-writable"),
    ("scp -f {I}/{T}/disk", "not-readable"),
    ("scp -r -f {I}/{T}", "not-readable"),
    ("scp -r -f {I}", "not-readable"),
    (SFTP_SERVER + " -d /etc", "unknown-form"),
    (SFTP_SERVER + " -u 0", "unknown-form"),
    ("sftp-server", "unknown-command"),
    ("/usr/bin/sftp-server", "unknown-command"),
    (CREATE + " x", "unknown-form"),
    ("rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . {I}", "unknown-form"),
    ("rsync --server -logDtprRe.iLsfxCIvu . /", "unknown-form"),
    ("rsync --server -logDtpRre.iLsfxCIvu --no-implied-dirs . /", "unknown-form"),
    ("rsync --server --no-implied-dirs -logDtprRe.iLsfxCIvu . /", "unknown-form"),
    ("rsync --server -logDtprRe.iLsf/ --no-implied-dirs . /", "unknown-form"),
    (ARCHIVE + " --delete . /", "bad-path"),
    (ARCHIVE + " --delete . {I}/_base", "not-writable"),
    (ARCHIVE + " --delete . {I}/{T}/vtpm", "not-writable"),
    (ARCHIVE + " --delete . {I} {I}", "unknown-form"),
    (ARCHIVE + " --delete-after . {I}", "unknown-form"),
    (ARCHIVE + " . {I}/{T}", "unknown-form"),
    (ARCHIVE + " --delete-excluded . {I}", "not-writable"),
    (ARCHIVE + " --delete-excluded --delete . {I}/{E}", "unknown-form"),
    ("rsync --server -rSe.iLsfxCIvu . {I}", "not-writable"),
    ("rsync --server -rSe.iLsfxCIvu . {I}/_base/{B}", "not-writable"),
    ("rsync --server -rSe.iLsfxCIvu . {I}/{E}/disk /etc/shadow", "unknown-form"),
    ("rsync --server -rSe.iLsfxCIvu {I}/{E}/disk", "unknown-form"),
    ("rsync --server -rSpe.iLsfxCIvu . {I}/{E}/disk", "unknown-form"),
    ("rsync --server -rzSe.iLsfxCIvu . {I}/{E}/disk", "unknown-form"),
    ("rsync --server --sender -rSe.iLsfxCIvu . {I}/{T}/disk", "not-readable"),
    ("rsync --server --sender -rSe.iLsfxCIvu . {I}", "not-readable"),
    ("rsync --sender --server -rSe.iLsfxCIvu . {I}/_base/{B}", "unknown-form"),
    ("rsync --sender -rSe.iLsfxCIvu . {I}/_base/{B}", "unknown-form"),
    ("rsync --server -slogDtpre.iLsfxCIvu . {I}/{E}", "secluded-args"),
    ("rsync --daemon .", "unknown-form"),
    ("id", "unknown-command"),
    ("/bin/sh", "unknown-command"),
    ("rsync", "unknown-form"),
)


@pytest.mark.parametrize("line,reason", REFUSED, ids=[line for line, _ in REFUSED])
@pytest.mark.parametrize("which", LOGINS[:2])
def test_one_step_off_is_refused(node, tree, peer, which, line, reason, untouched):
    run = peer.ask(which, at(tree, line))
    expect_refused(node, run, reason)
    if node.is_root:
        assert run.decides[0]["cmd"] == at(tree, line)


@by_every_login
def test_the_first_step_off_each_form_is_refused(node, tree, peer, which, untouched):
    firsts = {}
    for line, reason in REFUSED:
        firsts.setdefault(line.split(" ")[0], (at(tree, line), reason))
    for line, reason in firsts.values():
        expect_refused(node, peer.ask(which, line), reason)
