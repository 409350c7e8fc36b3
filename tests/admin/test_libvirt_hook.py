# SPDX-License-Identifier: Apache-2.0
"""setup --libvirt, and the finding of doctor about the hook. tests/libvirt runs the hook in libvirt."""
import os
import subprocess
import time

import pytest

from conftest import ADMIN
from host import throw_away_host
from libvirt_hook import HOOK, hook, libvirt, version

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /run of its own")


@pytest.fixture
def host():
    with throw_away_host() as host:
        yield host


def test_setup_installs_the_hook_beside_others_and_undo_deletes_it(host):
    libvirt(host)
    (host.top / "etc/libvirt/hooks/qemu.d").mkdir()
    host.write("etc/libvirt/hooks/qemu", "#!/bin/sh\n", 0o755)
    host.write("etc/libvirt/hooks/qemu.d/other", "#!/bin/sh\n", 0o755)
    before = host.snapshot()
    done = host.setup("--libvirt", "--dry-run")
    assert done.returncode == 0 and "would create the file /" + HOOK in done.stdout, done
    assert host.snapshot() == before
    done = host.setup("--libvirt")
    assert done.returncode == 0 and "libvirt has not read the changes yet" in done.stdout, done
    st = host.path(HOOK).stat()
    assert (st.st_mode & 0o7777, st.st_uid, st.st_gid) == (0o755, 0, 0)
    assert f"exec {ADMIN} fence -- \"$@\"\n" in host.read(HOOK)
    assert host.read("etc/libvirt/hooks/qemu.d/other") == host.read("etc/libvirt/hooks/qemu") == "#!/bin/sh\n"
    done = host.setup("--libvirt")
    assert "nothing to change" in done.stdout, done
    done = host.setup()
    assert done.returncode == 0 and host.path(HOOK).exists(), done
    assert host.setup("--undo").returncode == 0
    assert host.snapshot() == before


def test_undo_deletes_the_directories_with_the_hook(host):
    (host.top / "etc/libvirt").mkdir()
    before = host.snapshot()
    hook(host)
    assert host.path(HOOK).exists()
    assert host.setup("--undo").returncode == 0
    assert {name for name in host.snapshot() if name not in before} <= {"etc/libvirt/hooks"}


def test_without_the_option_there_is_no_hook(host):
    libvirt(host)
    assert host.setup().returncode == 0 and not host.path(HOOK).exists()


@pytest.mark.parametrize("arrange, says", [
    (lambda h: None, "/etc/libvirt does not exist"),
    (lambda h: (libvirt(h), (h.top / HOOK).parent.mkdir(), h.write(HOOK, "#!/bin/sh\n")), "is not as setup writes it"),
    (lambda h: (libvirt(h), (h.top / HOOK).parent.mkdir(), os.symlink("/bin/true", h.top / HOOK)), "is not as setup writes it"),
], ids=["no libvirt", "taken", "a link"])
def test_a_host_without_a_place_for_the_hook_is_unchanged(host, arrange, says):
    arrange(host)
    before = host.snapshot()
    done = host.setup("--libvirt")
    assert done.returncode == 1 and says in done.stderr, done
    assert host.snapshot() == before


def test_setup_refuses_a_libvirt_that_ignores_the_directory(host):
    libvirt(host)
    done = host.setup("--libvirt", before=version(host, "6.4.0"))
    assert done.returncode == 1 and "libvirt 6.4 ignores" in done.stderr, done
    for number in ("6.5.0", "7.0.0", "10.0.0", "unknown"):
        done = host.setup("--libvirt", before=version(host, number))
        assert done.returncode == 0, (number, done)
    found = host.findings(before=version(host, "6.4.0"))
    assert [f["text"] for f in found if f["check"] == "libvirt-hook" and "6.4" in f["text"]], found


def test_the_hook_runs_the_fence_and_exits_with_0_if_it_was_removed(host):
    hook(host)
    done = subprocess.run([host.path(HOOK), "d", "started", "begin", "-"], input=b"", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done
    done = subprocess.run([host.path(HOOK), "-d", "prepare", "begin", "-"], input=b"no xml", capture_output=True, timeout=60)
    assert done.returncode == 1 and b"not the XML of a libvirt domain" in done.stderr, done
    host.write(HOOK, host.read(HOOK).replace(str(ADMIN), "/nonexistent/rssh-nova-admin"), 0o755)
    done = subprocess.run([host.path(HOOK), "d", "prepare", "begin", "-"], input=b"no xml", capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b""), done


def test_doctor_finds_a_libvirt_that_started_before_the_hook(host):
    """libvirt finds hooks only when it starts. The kernel tells the start of a process in whole seconds."""
    libvirt(host)
    daemon = subprocess.Popen(["sleep", "600"])
    pid_file = f"echo {daemon.pid} > /run/libvirtd.pid && exec \"$@\""
    try:
        until = time.time() + 3.1  # both times are whole seconds, and doctor ignores a difference of one
        while time.time() < until:
            time.sleep(.1)
        hook(host)
        found = host.findings(before=("sh", "-c", pid_file, "sh"))
        assert [f["do"] for f in found if f["check"] == "libvirt-hook" and f["level"] == "warning"
                and "started before" in f["text"]], found
    finally:
        daemon.kill()
        daemon.wait()
    assert [f["level"] for f in host.findings() if f["check"] == "libvirt-hook"] == ["ok"]
    daemon = subprocess.Popen(["sleep", "600"])
    pid_file = f"echo {daemon.pid} > /run/virtqemud.pid && exec \"$@\""
    try:
        found = host.findings(before=("sh", "-c", pid_file, "sh"))
        assert [f["level"] for f in found if f["check"] == "libvirt-hook"] == ["ok"], found
    finally:
        daemon.kill()
        daemon.wait()
