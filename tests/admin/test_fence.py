# SPDX-License-Identifier: Apache-2.0
"""rssh-nova-admin fence with the XML that libvirt passes to a hook. tests/libvirt runs it in libvirt."""
import os
import shutil
import subprocess
import threading
import time

import pytest

from testbed.qcow2 import qcow2
from conftest import A, ADMIN, B
from fenced import Host, Session, has_claim, has_hint


@pytest.fixture
def host(node):
    return Host(node)


def test_it_ends_only_the_claim_of_the_domains_instance(host):
    done = host.fence(host.xml(host.disk()))
    assert (done.returncode, done.stderr) == (0, b""), done
    assert not has_claim(host.mine) and not has_hint(host.mine)
    assert has_claim(host.root / B) and has_hint(host.root / B)


def test_a_fenced_instance_cannot_be_claimed_again(host):
    line = b"mkdir -p " + os.fsencode(host.mine)
    write = b"scp -t " + os.fsencode(host.mine / "disk")
    assert host.fence(host.xml(host.disk())).returncode == 0
    host.node.shell(line, peer="192.0.2.1")
    assert not has_claim(host.mine)
    done = host.node.shell(write, peer="192.0.2.1")
    assert done.returncode == 77 and b"not-claimed" in done.stderr, done
    done = host.node.shell(b"rm -rf " + os.fsencode(host.mine), peer="192.0.2.1")
    assert done.returncode == 77 and host.mine.exists(), done


@pytest.mark.parametrize("where", ["kernel", "initrd", "loader", "nvram", "dtb"])
def test_a_boot_file_names_the_instance_too(host, where):
    (host.mine / where).write_bytes(b"QFI\xfb" if where in ("kernel", "initrd", "dtb") else bytes(64))
    done = host.fence(host.xml(os_part=f"<{where}>{host.mine / where}</{where}>"))
    assert (done.returncode, has_claim(host.mine)) == (0, False), done


def test_a_domain_elsewhere_is_ignored(host, tmp_path):
    (tmp_path / "disk").write_bytes(qcow2("/etc/shadow"))
    for path in (tmp_path / "disk", tmp_path / "none", "/dev/null", f"{host.root}2/disk", "relative/disk", host.root):
        done = host.fence(host.xml(host.disk(path)))
        assert (done.returncode, done.stderr) == (0, b""), (path, done)
    assert host.fence(host.xml()).returncode == 0
    assert has_claim(host.mine)


@pytest.mark.parametrize("words", [("d", "prepare", "end", "-"), ("d", "start", "begin", "-"),
                                   ("d", "started", "begin", "-"), ("d", "stopped", "end", "-"),
                                   ("d", "release", "end", "-"), ("d", "migrate", "begin", "-"),
                                   ("d", "restore", "begin", "-"), ("d", "attach", "begin", "-"),
                                   ("d", "what-comes-next", "begin", "-")])
def test_other_events_are_ignored(host, words):
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    done = host.fence(host.xml(host.disk()), *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done
    assert has_claim(host.mine)


def test_a_running_domain_loses_its_claim_and_is_never_refused(host):
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    done = host.fence(host.xml(host.disk()), "d", "reconnect", "begin", "-")
    assert done.returncode == 0 and not has_claim(host.mine), done
    assert host.fence(b"no xml", "d", "reconnect", "begin", "-").returncode == 0
    (host.root / B).rename(host.root / "real")
    (host.root / B).symlink_to("real")
    xml = host.xml(host.disk(host.root / B / "disk"))
    assert host.fence(xml).returncode == 1
    assert host.fence(xml, "d", "reconnect", "begin", "-").returncode == 0


HOSTILE = {
    "backing": lambda host: host.root / B / "disk",
    "protocol": lambda host: 'json:{"driver":"nbd"}',
}


@pytest.mark.parametrize("finding", HOSTILE)
def test_a_hostile_backing_file_is_refused(host, finding):
    (host.mine / "disk").write_bytes(qcow2(HOSTILE[finding](host)))
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == 1 and f": {finding}: ".encode() in done.stderr, done
    assert done.stderr.startswith(f"rssh-nova: refused: {A}/disk: ".encode()), done
    assert not has_claim(host.mine)


def test_other_hostile_images_are_refused(host):
    for text, form, finding in ((qcow2(data_file=True), "qcow2", "data-file"), (qcow2(), "raw", "mismatch"),
                                (b"QFI\xfb\0\0\0\3", "qcow2", "header"), (b"KDMV", "vmdk", "format"),
                                (b"QED\0", "qed", "format"), (bytes(512), "qcow2", "mismatch")):
        (host.mine / "disk").write_bytes(text)
        done = host.fence(host.xml(host.disk(form=form)))
        assert done.returncode == 1 and f": {finding}: ".encode() in done.stderr, (finding, done)


def test_good_images_start(host):
    files = {"disk": (qcow2(host.base), "qcow2"), "disk.eph0": (qcow2(host.base), "qcow2"),
             "disk.swap": (qcow2(host.base), "qcow2"), "disk.local": (bytes(4096), "raw"),
             "disk.config": (bytes(32769) + b"CD001" + bytes(100), "raw"),
             "disk.vfat": (b"\xeb\x3c\x90mkfs.fat" + bytes(499) + b"\x55\xaa", "raw"), "disk.luks": (b"LUKS\xba\xbe\0\1", "raw")}
    for name, (text, _) in files.items():
        (host.mine / name).write_bytes(text)
    done = host.fence(host.xml(*(host.disk(host.mine / name, form) for name, (_, form) in files.items())))
    assert (done.returncode, done.stderr) == (0, b""), done


def test_the_whole_backing_chain_is_checked(host):
    host.base.write_bytes(qcow2(host.root / "_base" / "deeper"))
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == 1 and b": depth: " in done.stderr, done
    host.base.write_bytes(bytes(4096))
    (host.mine / "other").write_bytes(qcow2("/etc/shadow"))
    more = f"<backingStore type='file'><format type='qcow2'/><source file='{host.mine / 'other'}'/><backingStore/></backingStore>"
    done = host.fence(host.xml(host.disk(more=more)))
    assert done.returncode == 1 and b"other: " in done.stderr, done


def test_no_link_is_followed(host, tmp_path):
    (host.mine / "disk").unlink()
    (tmp_path / "secret").write_bytes(bytes(512))
    (host.mine / "disk").symlink_to(tmp_path / "secret")
    done = host.fence(host.xml(host.disk(form="raw")))
    assert done.returncode == 1 and b": link: " in done.stderr, done
    (tmp_path / "elsewhere").symlink_to(host.root)  # a link from outside: the fence finds the instance
    (host.root / B / "disk").write_bytes(qcow2("/etc/shadow"))
    done = host.fence(host.xml(host.disk(tmp_path / "elsewhere" / B / "disk")))
    assert done.returncode == 1 and not has_claim(host.root / B), done


CONSOLES = {
    "serial log": "<serial type='pty'><log file='%s' append='off'/></serial>",
    "console log": "<console type='pty'><source path='/dev/pts/3'/><log file='%s' append='off'/></console>",
    "serial file": "<serial type='file'><source path='%s'/></serial>",
}


@pytest.mark.parametrize("what", CONSOLES)
def test_a_log_that_is_a_link_is_refused(host, tmp_path, what):
    """libvirt makes the file that it points to, and writes it, as root."""
    xml = host.xml(devices=CONSOLES[what] % (host.mine / "console.log"))
    assert host.fence(xml).returncode == 0, "no such file yet"
    (host.mine / "console.log").write_bytes(b"boot")
    assert host.fence(xml).returncode == 0
    (host.mine / "console.log").unlink()
    (host.mine / "console.log").symlink_to(tmp_path / "made")
    done = host.fence(xml)
    assert done.returncode == 1 and b"console.log: link: " in done.stderr, done


def test_a_kernel_that_is_a_link_is_refused(host, tmp_path):
    (host.mine / "kernel").symlink_to(tmp_path)
    done = host.fence(host.xml(os_part=f"<kernel>{host.mine / 'kernel'}</kernel>"))
    assert done.returncode == 1 and b"kernel: link: " in done.stderr, done


def test_doubled_slashes_hide_nothing(host):
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    assert host.fence(host.xml(host.disk(f"{host.root}//{A}//disk"))).returncode == 1


def test_audit_mode_and_off_start_all(host):
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    host.configure("headers = audit")
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == 0 and b"allowed anyway" in done.stderr and not has_claim(host.mine), done
    host.claim(host.mine)
    host.configure("headers = off")
    done = host.fence(host.xml(host.disk()))
    assert (done.returncode, done.stderr) == (0, b"") and not has_claim(host.mine), done


def test_the_configuration_limits_formats_and_directories(host):
    cache = host.root / "cache" / "a"
    cache.parent.mkdir()
    cache.write_bytes(bytes(512))
    (host.mine / "disk").write_bytes(qcow2(cache))
    assert host.fence(host.xml(host.disk())).returncode == 1
    host.configure("backing = cache")
    assert host.fence(host.xml(host.disk())).returncode == 0
    (host.mine / "disk").write_bytes(b"conectix" + bytes(600))
    assert host.fence(host.xml(host.disk(form="vpc"))).returncode == 1
    host.configure("formats = raw, vpc")
    assert host.fence(host.xml(host.disk(form="vpc"))).returncode == 0


def test_it_waits_until_the_last_session_is_gone(host):
    session = Session(host.mine)
    ended = []

    def end_when_fenced():
        while has_claim(host.mine):
            time.sleep(.01)
        ended.append(time.monotonic())
        session.end()

    thread = threading.Thread(target=end_when_fenced)
    thread.start()
    done = host.fence(host.xml(host.disk()))
    thread.join()
    assert done.returncode == 0 and ended and time.monotonic() >= ended[0], done


def test_it_checks_the_files_that_the_last_session_left(host):
    session = Session(host.mine)

    def write_and_end():
        while has_claim(host.mine):
            time.sleep(.01)
        (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
        session.end()

    thread = threading.Thread(target=write_and_end)
    thread.start()
    done = host.fence(host.xml(host.disk()))
    thread.join()
    assert done.returncode == 1 and b": backing: " in done.stderr, done


def fence_while(host, session, act):
    """The fence waits for session; meanwhile act happens, and the session ends."""
    def run():
        while has_claim(host.mine):
            time.sleep(.01)
        act()
        session.end()

    thread = threading.Thread(target=run)
    thread.start()
    done = host.fence(host.xml(host.disk()))
    thread.join()
    return done


def make_anew(host, text):
    """Does what rm -rf, mkdir -p and a transfer of the peer do."""
    host.mine.rename(host.root / f"before-{time.monotonic_ns()}")
    host.node.instance(A)
    host.claim(host.mine)
    (host.mine / "disk").write_bytes(text)


def test_a_directory_that_is_made_anew_is_fenced_too(host):
    done = fence_while(host, Session(host.mine), lambda: make_anew(host, qcow2(host.base)))
    assert (done.returncode, has_claim(host.mine), has_hint(host.mine)) == (0, False, False), done
    host.claim(host.mine)
    done = fence_while(host, Session(host.mine), lambda: make_anew(host, qcow2("/etc/shadow")))
    assert done.returncode == 1 and b": backing: " in done.stderr and not has_claim(host.mine), done


def test_the_files_of_the_directory_before_do_not_count(host):
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    done = fence_while(host, Session(host.mine), lambda: make_anew(host, qcow2(host.base)))
    assert (done.returncode, has_claim(host.mine)) == (0, False), done


def test_a_claim_that_comes_again_is_ended_too(host):
    done = fence_while(host, Session(host.mine), lambda: host.claim(host.mine))
    assert (done.returncode, has_claim(host.mine)) == (0, False), done


def test_a_directory_that_is_made_anew_again_and_again_never_starts(host):
    host.configure("fence_wait = 1")
    sessions, over = [Session(host.mine)], threading.Event()

    def anew_always():
        while not over.is_set():
            if has_claim(host.mine):
                time.sleep(.01)
                continue
            make_anew(host, qcow2(host.base))
            sessions.append(Session(host.mine))
            sessions[-2].end()
        sessions[-1].end()

    thread = threading.Thread(target=anew_always)
    thread.start()
    done = host.fence(host.xml(host.disk()))
    over.set()
    thread.join()
    assert done.returncode == 1 and b": sessions: " in done.stderr and len(sessions) > 2, done


def test_the_session_of_the_directory_that_is_made_anew_is_waited_for(host):
    host.configure("fence_wait = 1")
    later = []
    done = fence_while(host, Session(host.mine),
                       lambda: (make_anew(host, qcow2(host.base)), later.append(Session(host.mine))))
    assert done.returncode == 1 and b": sessions: " in done.stderr, done
    later[0].end()


@pytest.mark.parametrize("choice", ["closed", "open"])
def test_an_instance_that_is_missing_does_not_start(host, choice):
    """A peer could make and claim it after the fence."""
    host.configure(f"fence = {choice}")
    shutil.rmtree(host.mine)
    for xml in (host.xml(host.disk()), host.xml(os_part=f"<nvram>{host.mine}/nvram</nvram>")):
        done = host.fence(xml)
        assert done.returncode == 1 and f"{A}: unread: ".encode() in done.stderr, done
        assert host.fence(xml, "d", "reconnect", "begin", "-").returncode == 0


def test_a_file_that_is_missing_in_a_fenced_instance_is_no_fault(host):
    done = host.fence(host.xml(host.disk(), os_part=f"<nvram>{host.mine}/nvram</nvram>"))
    assert (done.returncode, has_claim(host.mine)) == (0, False), done


def test_an_instance_is_fenced_in_each_root(host):
    twin = host.node.instance(A, host.node.other)
    host.claim(twin)
    done = host.fence(host.xml(host.disk(), host.disk(twin / "disk")))
    assert (done.returncode, has_claim(host.mine), has_claim(twin)) == (0, False, False), done


@pytest.mark.parametrize("choice, status", [("closed", 1), ("open", 0)])
def test_a_session_that_does_not_end_stops_the_start_or_not(host, choice, status):
    host.configure(f"fence = {choice}\nfence_wait = 1")
    session = Session(host.mine)
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == status and b": sessions: " in done.stderr, done
    assert not has_claim(host.mine)
    (host.mine / "disk").write_bytes(qcow2("/etc/shadow"))
    assert host.fence(host.xml(host.disk())).returncode == 1, "open fence, and the images are judged all the same"
    session.end()


def test_without_enforced_claims_it_does_not_wait(host):
    host.configure("fence_wait = 1m", claims="mode = audit")
    session = Session(host.mine)
    assert host.fence(host.xml(host.disk())).returncode == 0
    session.end()


@pytest.mark.parametrize("text", [
    b"", b"no xml", b"<domain>", b"<network/>",
    b"<!DOCTYPE domain [<!ENTITY x 'y'>]><domain><devices/></domain>",
    b"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>",
    b"<domain>&x;</domain>",
    b"<domain>" + b"<x>" * 100000 + b"</x>" * 99999,
    b"<domain><metadata>" + b"x" * (5 << 20) + b"</metadata></domain>",
    b"<domain><os><kernel>/" + b"n" * 5000 + b"</kernel></os></domain>",
    b"<domain><devices>" + b"<disk><source file='/x'/></disk>" * 65 + b"</devices></domain>",
    b"<domain><devices><disk>" + b"<backingStore>" * 20 + b"</backingStore>" * 20 + b"</disk></devices></domain>",
    b"<domain><devices><disk><driver type='" + b"r" * 16 + b"'/></disk></devices></domain>",
], ids=lambda text: text[:20].decode())
def test_xml_that_libvirt_never_writes_is_refused(host, text):
    done = host.fence(text)
    assert done.returncode == 1 and done.stderr.startswith(b"rssh-nova-admin fence: "), done


def test_elements_elsewhere_name_nothing(host):
    xml = (f"<domain><metadata><disk><source file='{host.mine}/disk'/></disk><kernel>{host.mine}/k</kernel>"
           f"<serial type='file'><source path='{host.mine}/console.log'/></serial></metadata>"
           f"<devices><channel type='unix'><source path='{host.mine}/x'/></channel></devices></domain>")
    assert host.fence(xml.encode()).returncode == 0
    assert has_claim(host.mine)


def test_an_invalid_configuration_is_refused(host):
    host.node.configure(text="[shell]\nunknown = 1\n")
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == 1 and b"%s:2: unknown key" % bytes(host.node.config) in done.stderr, done.stderr
    assert host.fence(host.xml(host.disk()), config=host.node.top / "none").returncode == 1


@pytest.mark.parametrize("words", [(), ("d",), ("d", "prepare", "begin"), ("d", "prepare", "begin", "-", "more")])
def test_it_needs_the_arguments_of_a_hook(host, words):
    done = subprocess.run([ADMIN, "fence", *words], input=b"", capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stderr != b"", done


def test_names_cannot_control_a_terminal(host):
    (host.mine / "disk").write_bytes(qcow2(b"/x\x1b[2J/y"))
    done = host.fence(host.xml(host.disk()))
    assert done.returncode == 1 and b"\x1b" not in done.stderr, done


def test_it_takes_milliseconds(host):
    """A generous limit for a busy machine; tests/libvirt measures the time."""
    began = time.monotonic()
    assert host.fence(host.xml(host.disk())).returncode == 0
    assert time.monotonic() - began < 5
