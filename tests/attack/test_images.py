# SPDX-License-Identifier: Apache-2.0
"""What a peer brings is a disk image that names another file: QEMU would give that file to the guest. Held by the
supervisor, which judges the headers when the transfer has ended, and deletes what is refused.
That a peer with an open session writes it again afterwards, the fence before libvirt's start sees: tests/libvirt."""

import os
import struct
import subprocess

import pytest

import sftp_client as sftp
from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.qcow2 import qcow2
from testbed.tree import COMING, IMAGE, LATER, TENANT

pytestmark = needs_root
SFTP = "/usr/lib/openssh/sftp-server"
FLAGS = sftp.FLAG_WRITE | sftp.FLAG_CREATE
FORMS = ("sftp", "scp-to", "rsync-push")


def by_sftp(node, path, content):
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP))
    handle = client.open(path, FLAGS, mode=0o644)
    for at in range(0, len(content), 32768):
        assert client.write(handle, content[at:at + 32768], at) == sftp.OK
    assert client.close(handle) == sftp.OK
    client.child.stdin.close()
    err = client.child.stderr.read()
    return client.child.wait(), err, node.records(mark)


def by_scp(node, path, content):
    run = node.run("scp -t " + path, input=b"C0644 %d disk\n%s\0" % (len(content), content))
    return run.status, run.err, run.records


def by_rsync(node, path, content):
    """A real client, with the shell in the place of ssh. content may be the path of what it sends."""
    source = content
    if isinstance(content, bytes):
        source = os.path.join(node.base, "source")
        with open(source, "wb") as file:
            file.write(content)
    mark = node.syslog.mark()
    script = os.path.join(node.base, "rsh")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nshift\nexec setpriv --reuid %d --regid %d --clear-groups env -i SSH_CONNECTION='192.0.2.7 5 192.0.2.8 22'"
                   " HOME=%s %s -c \"$*\"\n" % (node.uid, node.gid, node.home, node.shell))
    os.chmod(script, 0o755)
    done = subprocess.run(["rsync", "-r", "--sparse", "-e", script, source, "node:" + path], capture_output=True, timeout=60)
    return done.returncode, done.stderr, node.records(mark)


BY = {"sftp": by_sftp, "scp-to": by_scp, "rsync-push": by_rsync}


@pytest.fixture
def coming(node, tree):
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    return tree


def images(records):
    return [record for record in records if record["event"] == "image"]


@pytest.mark.parametrize("form", ("sftp", "scp-to"))
def test_claim_that_ends_before_the_session(node, coming, form):
    """The session is killed at the end of its claim, with the header written: it is judged all the same."""
    claim.configure(node, window="4s", grace="0s")
    os.rmdir(coming.at(COMING))
    expect_done(node, node.run("mkdir -p " + coming.at(COMING)))
    content, mark = qcow2(coming.home + "/secret.conf").ljust(30000, b"\0"), node.syslog.mark()
    if form == "sftp":
        client = sftp.Client(node.start(SFTP))
        assert client.write(client.open(coming.at(COMING, "disk"), FLAGS, mode=0o644), content, 0) == sftp.OK
        child = client.child
    else:
        child = node.start("scp -t " + coming.at(COMING))
        child.stdin.write(b"C0644 %d disk\n%s" % (len(content), content))
        child.stdin.flush()
    child.stdout.read()
    assert child.wait() == 77
    records = node.records(mark)
    assert [each["limit"] for each in records if each["event"] == "done"] == ["claim"]
    assert [(each["finding"], each["file"]) for each in images(records)] == [("backing", "disk")], records
    assert os.listdir(coming.at(COMING)) == []


HOSTILE = {
    "another instance's disk": (lambda tree: qcow2(tree.at(TENANT, "disk")), "backing"),
    "a file of the host": (lambda tree: qcow2(tree.home + "/secret.conf"), "backing"),
    "a base of another root": (lambda tree: qcow2(tree.home + "/instances2/_base/x"), "backing"),
    "json": (lambda tree: qcow2('json:{"driver":"file"}'), "protocol"),
    "a data file": (lambda tree: qcow2(data_file=True), "data-file"),
    "vmdk": (lambda tree: b"# Disk DescriptorFile\nversion=1\nRW 1 FLAT \"/etc/passwd\" 0\n", "format"),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_image_is_refused_and_does_not_stay(node, coming, form, what):
    make, finding = HOSTILE[what]
    coming.write(coming.at(COMING, "disk.info"), b"{}")
    status, err, records = BY[form](node, coming.at(COMING, "disk"), make(coming))
    assert status != 0 and b"rssh-nova: refused: image (ref " in err, (status, err)
    assert os.listdir(coming.at(COMING)) == ["disk.info"]
    image, = images(records)
    assert (image["finding"], image["instance"], image["file"]) == (finding, COMING, "disk")
    done, = [record for record in records if record["event"] == "done"]
    assert (done["status"], done["ref"]) == ("77", image["ref"])


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_image_stays(node, coming, form):
    for content in (qcow2(coming.at("_base", IMAGE)), qcow2(), bytes(65536), bytes(32769) + b"CD001", b"LUKS\xba\xbe\0\1", b""):
        status, err, records = BY[form](node, coming.at(COMING, "disk"), content)
        assert (status, err, images(records)) == (0, b"", []), (status, err)
        with open(coming.at(COMING, "disk"), "rb") as file:
            assert file.read() == content
        os.unlink(coming.at(COMING, "disk"))
        coming.seal(coming.at(COMING))


@pytest.mark.parametrize("form", FORMS)
def test_audit_mode_tells_and_off_does_not_look(node, coming, form):
    for mode, count in (("audit", 1), ("off", 0)):
        claim.configure(node, more="[images]\nheaders = %s\n" % mode)
        status, err, records = BY[form](node, coming.at(COMING, "disk"), qcow2("/etc/shadow"))
        assert (status, err, len(images(records))) == (0, b"", count), (status, err)
        assert os.listdir(coming.at(COMING)) == ["disk"]


def test_a_header_that_is_cut_is_refused_where_nobody_else_writes(node, coming):
    for form in ("scp-to", "rsync-push"):
        status, err, records = BY[form](node, coming.at(COMING, "disk"), b"QFI\xfb\0\0\0\3")
        assert status != 0 and images(records)[0]["finding"] == "header", (status, err)
        assert os.listdir(coming.at(COMING)) == []


def far(backing):
    """Clusters of 128 KiB: the name stands in the first one, and behind the first 64 KiB."""
    text = bytearray(131072)
    text[:len(qcow2())] = qcow2()
    name = os.fsencode(backing)
    struct.pack_into(">QII", text, 8, 100000, len(name), 17)
    text[100000:100000 + len(name)] = name
    return bytes(text)


@pytest.mark.parametrize("form", FORMS)
def test_a_name_behind_what_is_judged_is_refused(node, coming, form):
    status, err, records = BY[form](node, coming.at(COMING, "disk"), far(coming.at(TENANT, "disk")))
    assert status != 0 and [record["finding"] for record in images(records)] == ["header"], (status, err)
    assert os.listdir(coming.at(COMING)) == []


def test_a_file_that_its_mode_hides_is_refused(node, coming):
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP))
    handle = client.open(coming.at(COMING, "disk"), FLAGS, mode=0)
    assert client.write(handle, qcow2("/etc/shadow")[:32768]) == sftp.OK
    client.child.stdin.close()
    assert client.child.stderr.read() != b"" and client.child.wait() != 0
    assert [record["finding"] for record in images(node.records(mark))] == ["unread"]
    assert os.listdir(coming.at(COMING)) == []


def hide_many(source):
    for number in range(1500):
        open(source + "/f%04d" % number, "w", encoding="ascii").close()


def hide_deep(source):
    os.makedirs(source + "/a/1/2/3/4/5/6/7/8/9")


def hide_shut(source):
    os.makedirs(source + "/a")
    os.chmod(source + "/a", 0)


@pytest.mark.parametrize("hide", [hide_many, hide_deep, hide_shut])
def test_nothing_beside_it_keeps_a_hostile_image(node, coming, hide):
    source = os.path.join(node.base, hide.__name__)
    os.makedirs(source)
    hide(source)
    with open(source + "/disk", "wb") as file:
        file.write(qcow2(coming.at(TENANT, "disk")))
    status, err, records = by_rsync(node, coming.at(COMING), source + "/")
    assert status != 0 and len(images(records)) == 1, (status, err)
    assert not os.path.exists(coming.at(COMING, "disk")) and len(os.listdir(coming.at(COMING))) > 0


def test_what_another_session_is_writing_is_left_to_it(node, coming):
    """Two disks at a time from one peer: the end of one transfer finds the other half-way."""
    expect_done(node, node.run("mkdir -p " + coming.at(LATER)))
    content = qcow2(coming.at("_base", IMAGE))
    slow = sftp.Client(node.start(SFTP))
    handle = slow.open(coming.at(LATER, "disk"), FLAGS, mode=0o644)
    assert slow.write(handle, content[:300]) == sftp.OK
    status, err, _ = by_sftp(node, coming.at(COMING, "disk"), content)
    assert (status, err) == (0, b"")
    assert slow.write(handle, content[300:], 300) == sftp.OK
    slow.child.stdin.close()
    assert (slow.child.stderr.read(), slow.child.wait()) == (b"", 0)
    with open(coming.at(LATER, "disk"), "rb") as file:
        assert file.read() == content


@pytest.mark.parametrize("how", ["released", "lives here"])
def test_what_is_not_the_peers_any_more_is_not_deleted(node, coming, how):
    """The end of the claim ended the session: a disk that QEMU has open is not judged from afar."""
    client = sftp.Client(node.start(SFTP))
    handle = client.open(coming.at(COMING, "disk"), FLAGS, mode=0o644)
    assert client.write(handle, qcow2("/etc/shadow")) == sftp.OK
    mark = node.syslog.mark()
    if how == "released":
        os.removexattr(coming.at(COMING), claim.ATTRIBUTE)
        client.child.wait(30)
    else:
        with claim.locked(coming.at(COMING, "disk")):
            client.child.wait(30)
    client.child.communicate()
    assert os.listdir(coming.at(COMING)) == ["disk"]
    assert images(node.records(mark)) == []
