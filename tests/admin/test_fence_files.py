# SPDX-License-Identifier: Apache-2.0
"""rssh-nova-admin fence --files, which qemu-img of nova-path runs as nova, before Nova opens what a peer brought."""
import fcntl
import os
import shutil
import struct
import threading
import time

import pytest

from testbed import claim
from testbed.qcow2 import qcow2
from conftest import A, B
from fenced import Host, Session, has_claim, has_hint

SEAL = "user.rssh-nova.seal"


@pytest.fixture
def host(node):
    made = Host(node)
    for uuid in (A, B):
        for path in (made.root / uuid, made.root / uuid / "disk"):
            os.chown(path, node.uid, -1)
    for path in (made.root / ".rssh-nova", *(made.root / ".rssh-nova").iterdir()):
        os.chown(path, node.uid, -1)
    return made


def is_sealed(path):
    return SEAL in os.listxattr(path)


def write(host, text, name="disk"):
    (host.mine / name).write_bytes(text)
    os.chown(host.mine / name, host.node.uid, -1)


def test_it_ends_the_claim_of_each_instance_that_the_files_are_in(host):
    done = host.fence_files(host.mine / "disk")
    assert (done.returncode, done.stderr) == (0, b""), done
    assert not has_claim(host.mine) and not has_hint(host.mine) and not is_sealed(host.mine)
    assert has_claim(host.root / B) and has_hint(host.root / B)
    host.claim(host.mine)
    done = host.fence_files("/dev/null", host.mine / "disk.swap", host.base, host.root / B / "disk")
    assert (done.returncode, has_claim(host.mine), has_claim(host.root / B)) == (0, False, False), done


HOSTILE = {"data-file": qcow2(data_file=True), "backing": qcow2("/etc/shadow"), "protocol": qcow2("nbd:x")}


@pytest.mark.parametrize("name", ["disk", "disk.eph0"])
@pytest.mark.parametrize("finding", HOSTILE)
def test_it_judges_every_image_that_came_and_deletes_none(host, finding, name):
    text = HOSTILE[finding]
    write(host, text, name)
    for _ in range(2):  # and again, although the claim is gone
        done = host.fence_files(host.mine / "disk")
        assert done.returncode == 1 and f": {A}/{name}: {finding}: ".encode() in done.stderr, done
        assert not has_claim(host.mine) and (host.mine / name).read_bytes() == text
    write(host, qcow2(host.base), name)
    assert host.fence_files(host.mine / "disk").returncode == 0
    write(host, text, name)
    assert host.fence_files(host.mine / "disk").returncode == 0, "it lives here now"


def test_what_no_peer_brought_is_not_looked_at(host):
    os.removexattr(host.mine, "user.rssh-nova.claim")
    write(host, qcow2("/etc/shadow"))
    session = Session(host.mine)
    begun = time.monotonic()
    done = host.fence_files(host.mine / "disk")
    assert (done.returncode, done.stderr) == (0, b"") and time.monotonic() - begun < 4, done
    session.end()


def test_files_elsewhere_are_ignored(host, tmp_path):
    for path in (tmp_path / "none", host.base, host.root, "relative", f"{host.root}/{A}_resize/disk", "-"):
        done = host.fence_files(path)
        assert (done.returncode, done.stderr) == (0, b""), (path, done)
    assert host.fence_files().returncode == 0
    assert has_claim(host.mine)


def test_an_instance_that_is_a_link_is_no_peers(host):
    (host.root / B).rename(host.root / "real")
    (host.root / B).symlink_to("real")
    assert host.fence_files(host.root / B / "disk").returncode == 0


def test_an_instance_that_is_missing_is_refused(host):
    shutil.rmtree(host.mine)
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b": unread: " in done.stderr, done


def test_an_instance_that_lives_here_is_not_judged(host):
    """A process has locked a file of it, as QEMU does."""
    write(host, qcow2("/etc/shadow"), "disk.eph0")
    with claim.locked(host.mine / "disk"):
        assert host.fence_files(host.mine / "disk").returncode == 0
    assert not has_claim(host.mine)


def test_a_root_that_is_missing_stops_only_what_is_in_an_instance(host):
    host.node.other.rmdir()
    assert host.fence_files(host.base).returncode == 0
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b"rssh-nova-admin fence: " in done.stderr, done


def test_it_waits_for_the_session_and_judges_what_that_left(host):
    session = Session(host.mine)

    def write_and_end():
        while has_claim(host.mine):
            time.sleep(.01)
        write(host, qcow2(data_file=True))
        session.end()

    thread = threading.Thread(target=write_and_end)
    thread.start()
    done = host.fence_files(host.mine / "disk")
    thread.join()
    assert done.returncode == 1 and b": data-file: " in done.stderr, done


def test_a_session_that_does_not_end_is_refused_again_and_again(host):
    host.configure("fence_wait = 1")
    session = Session(host.mine)
    for _ in range(2):
        done = host.fence_files(host.mine / "disk")
        assert done.returncode == 1 and b": sessions: " in done.stderr, done
    write(host, qcow2("/etc/shadow"))
    session.end()
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b": backing: " in done.stderr, done


def test_libvirts_hook_ends_what_the_files_left_open(host):
    write(host, qcow2("/etc/shadow"))
    assert host.fence_files(host.mine / "disk").returncode == 1 and is_sealed(host.mine)
    write(host, qcow2(host.base))
    assert host.fence(host.xml(host.disk())).returncode == 0 and not is_sealed(host.mine)
    write(host, qcow2("/etc/shadow"))
    assert host.fence_files(host.mine / "disk").returncode == 0


def test_a_node_that_only_sends_has_no_configuration(host):
    host.node.config.unlink()
    assert host.fence_files(host.mine / "disk").returncode == 0
    host.node.configure(text="[shell]\nnothing = known\n")
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b"rssh-nova-admin fence: " in done.stderr, done


def test_names_that_it_cannot_take_are_refused(host):
    assert host.fence_files(*(["/x"] * 17)).returncode == 2
    done = host.fence_files("/" + "n" * 5000)
    assert done.returncode == 1 and b"too long" in done.stderr, done


SIDE = "disk.rescue"


def test_what_the_domain_does_not_name_stays_unjudged(host):
    """Nova's rescue opens an image that came with the instance, long after the instance has started."""
    write(host, qcow2(data_file=True), SIDE)
    for operation in ("prepare", "reconnect"):
        host.claim(host.mine)
        assert host.fence(host.xml(host.disk()), "instance-1", operation, "begin", "-").returncode == 0
        assert not has_claim(host.mine)
        done = host.fence_files(host.mine / SIDE)
        assert done.returncode == 1 and f": {A}/{SIDE}: data-file: ".encode() in done.stderr, done


def test_what_libvirts_hook_refused_is_refused(host):
    """Although the claim had no seal, as one of an older version."""
    write(host, qcow2(data_file=True))
    assert host.fence(host.xml(host.disk())).returncode == 1 and not has_claim(host.mine)
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b": data-file: " in done.stderr, done


def test_a_session_that_is_let_be_is_waited_for_the_next_time(host):
    host.configure("fence = open\nfence_wait = 1")
    session = Session(host.mine)
    assert host.fence_files(host.mine / "disk").returncode == 0
    write(host, qcow2("/etc/shadow"))
    session.end()
    assert host.fence_files(host.mine / "disk").returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_judges_what_the_owner_of_the_instance_would(host):
    write(host, qcow2("/etc/shadow"))
    done = host.fence_files(host.mine / "disk", as_root=True)
    assert done.returncode == 1 and b": backing: " in done.stderr, done
    write(host, qcow2(host.base))
    assert host.fence_files(host.mine / "disk", as_root=True).returncode == 0 and not is_sealed(host.mine)


def test_while_an_instance_lives_here_only_the_named_image_is_judged(host):
    write(host, qcow2("/etc/shadow"))
    write(host, qcow2(data_file=True), SIDE)
    with open(host.mine / "disk", "r+b") as disk:
        fcntl.fcntl(disk, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        for _ in range(2):
            done = host.fence_files(host.mine / "disk")
            assert (done.returncode, done.stderr, has_claim(host.mine)) == (0, b"", False), done
        done = host.fence_files(host.mine / SIDE)
        assert done.returncode == 1 and f": {A}/{SIDE}: data-file: ".encode() in done.stderr, done
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and b": backing: " in done.stderr, "it does not live here any more"


@pytest.mark.parametrize("by", ["start", "life"])
def test_what_once_lived_here_is_kept_only_from_the_bad_image(host, by):
    """nova-compute asks for each disk of the node every minute, and one failure ends that task."""
    write(host, qcow2(data_file=True), SIDE)
    if by == "start":
        assert host.fence(host.xml(host.disk())).returncode == 0
    else:
        with open(host.mine / "disk", "r+b") as disk:
            fcntl.fcntl(disk, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            assert host.fence_files(host.mine / "disk").returncode == 0
    for _ in range(2):
        assert host.fence_files(host.mine / "disk").returncode == 0
        assert host.fence_files(host.mine / SIDE).returncode == 1
        assert host.fence_files(host.mine / "disk", host.mine / SIDE).returncode == 1
    write(host, qcow2(host.base), SIDE)
    assert host.fence_files(host.mine / "disk").returncode == 0 and not is_sealed(host.mine)


def test_it_judges_the_backing_file_too(host):
    host.base.write_bytes(qcow2(data_file=True))
    done = host.fence_files(host.mine / "disk")
    assert done.returncode == 1 and f": {A}/disk: data-file: ".encode() in done.stderr, done
    assert f"(_base/{host.base.name})".encode() in done.stderr, done


def test_a_link_from_elsewhere_does_not_hide_a_file_that_is_missing(host):
    link = host.root.parent / "link"
    link.symlink_to(host.root)
    assert host.fence_files(link / A / "none").returncode == 0 and not has_claim(host.mine)
    done = host.fence_files(link / A.replace("a", "e") / "none")
    assert done.returncode == 1 and b": unread: " in done.stderr, done


def test_it_reads_the_configuration_that_the_shell_would(host):
    os.chown(host.node.config, host.node.uid, -1)
    assert host.fence_files(host.mine / "disk").returncode == 0 and not has_claim(host.mine)
    if os.geteuid() == 0:
        done = host.fence_files(host.root / B / "disk", as_root=True)
        assert done.returncode == 1 and b"must be owned by root" in done.stderr, done


def test_a_link_hides_no_instance(host):
    for name, place in (("file", host.mine / "disk"), ("directory", host.root / B)):
        (host.node.top / name).symlink_to(place)
    assert host.fence_files(host.node.top / "file", host.node.top / "directory" / "disk").returncode == 0
    assert not has_claim(host.mine) and not has_claim(host.root / B)


def test_what_is_local_needs_no_valid_configuration(host):
    os.removexattr(host.mine, "user.rssh-nova.claim")
    host.node.configure(text="[shell]\nnothing = known\n")
    done = host.fence_files(host.base, host.mine / "disk")
    assert (done.returncode, done.stderr) == (0, b""), done
    assert host.fence_files(host.root / B / "disk").returncode == 1 and has_claim(host.root / B)
