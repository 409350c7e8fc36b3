# SPDX-License-Identifier: Apache-2.0
"""rssh-nova-admin fence --files, which qemu-img of nova-path runs as nova, before Nova opens what a peer brought."""
import os
import shutil
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
