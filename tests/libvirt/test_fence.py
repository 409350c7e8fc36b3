# SPDX-License-Identifier: Apache-2.0
"""The instance lives here: what libvirt's start of a domain does to the peer that brought it, and to what it brought.
Real libvirt, real QEMU, real sessions; the hook is run by libvirt."""

import os
import subprocess
import threading
import time
import traceback

import pytest

import sftp_client as sftp
from testbed import claim
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.tree import COMING, IMAGE, TENANT
from hypervisor import Hypervisor, disk

pytestmark = needs_root
SFTP = "/usr/lib/openssh/sftp-server"
FLAGS = sftp.FLAG_WRITE | sftp.FLAG_CREATE
ROUNDS = int(os.environ.get("RSSH_NOVA_LIBVIRT_ROUNDS", "12"))
COST = os.environ.get("RSSH_NOVA_LIBVIRT_COST")
AT_ONCE = 4
VIRTUAL = 1 << 20


@pytest.fixture(scope="module")
def hypervisor(node):
    hypervisor = Hypervisor(node)
    hypervisor.install_hook()
    hypervisor.start()
    yield hypervisor
    hypervisor.close()


@pytest.fixture
def host(node, tree, hypervisor):
    """Claims in force, an instance that a peer has just brought, and no domain."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
    hypervisor.hook(True)
    yield Host(node, tree, hypervisor)
    hypervisor.forget()


def qemu_img(*words):
    subprocess.run(["qemu-img", *words], check=True, capture_output=True)


class Host:
    def __init__(self, node, tree, hypervisor):
        self.node, self.tree, self.hypervisor = node, tree, hypervisor
        self.base = tree.at("_base", IMAGE)
        tree.write(self.base, bytes(VIRTUAL))

    def at(self, *names, uuid=COMING):
        return self.tree.at(uuid, *names)

    def image(self, path, form="qcow2", backing=None, data=None):
        words = ["-o", "data_file=" + data] if data else []
        words += ["-u", "-b", backing, "-F", "raw"] if backing else []
        qemu_img("create", "-q", "-f", form, *words, path, str(VIRTUAL))
        for made in (path, data):
            if made is not None:
                self.tree.own(made)
        return path

    def own_disk(self, uuid=COMING):
        return self.image(self.at("disk", uuid=uuid), backing=self.base)

    def start(self, *disks, name="instance-1", **more):
        self.hypervisor.define(name, *disks, **more)
        return self.hypervisor.run(name)


def fences(node, mark):
    return [record for record in node.records(mark) if record["event"] == "fence"]


def opened(host):
    """An SFTP session of the peer that has the disk open and has written to it."""
    client = sftp.Client(host.node.start(SFTP))
    handle = client.open(host.at("upload"), FLAGS, mode=0o644)
    assert handle is not None and client.write(handle, b"x") == sftp.OK
    return client, handle


SESSIONS = ("scp -t {}/upload", "rsync --server -rSe.iLsfxCIvu . {}/upload")


def test_open_sessions_are_gone_before_the_domain_runs(host):
    host.own_disk()
    client, handle = opened(host)
    others = [host.node.start(line.format(host.at())) for line in SESSIONS]
    assert others[0].stdout.read(1) == b"\0"
    mark = host.node.syslog.mark()
    assert host.start(disk(host.at("disk"))) is None
    assert host.node.processes() == {}
    with pytest.raises((EOFError, BrokenPipeError)):
        client.write(handle, b"y")
    for child in others:
        child.communicate()
    records = host.node.records(mark)
    assert sorted(record["limit"] for record in records if record["event"] == "done") == ["claim"] * 3
    fence, = [record for record in records if record["event"] == "fence"]
    assert (fence["verdict"], fence["finding"], fence["instance"], fence["domain"], fence["peer"]) == (
        "allow", "good", COMING, "instance-1", "192.0.2.7")


COMMANDS = ("scp -t {}/disk", "rsync --server -rSe.iLsfxCIvu . {}/disk", "rm -rf {}",
            "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . {}")


def test_the_peer_is_refused_while_it_runs_and_when_it_is_shut_off(host):
    host.own_disk()
    assert host.start(disk(host.at("disk"))) is None
    for state in ("running", "shut off"):
        for line in COMMANDS:
            run = host.node.run(line.format(host.at()))
            assert run.status == 77 and run.decides[0]["reason"] == "not-claimed", (state, line, run)
        host.node.run("mkdir -p " + host.at())
        assert claim.read(host.at()) is None, state
        client = sftp.Client(host.node.start(SFTP))
        assert client.open(host.at("disk"), FLAGS) is None, state
        client.end()
        if state == "running":
            host.hypervisor.destroy("instance-1")


def test_without_the_hook_the_peer_may_write_it_when_it_is_shut_off(host):
    """Today's behaviour, which the hook ends."""
    host.own_disk()
    host.hypervisor.hook(False)
    assert host.start(disk(host.at("disk"))) is None
    host.hypervisor.destroy("instance-1")
    os.chown(host.at("disk"), host.node.uid, host.node.gid)  # as dynamic_ownership = 0 leaves it
    client = sftp.Client(host.node.start(SFTP))
    assert client.open(host.at("disk"), FLAGS) is not None
    client.end()


HOSTILE = {
    "another instance's disk": (lambda host: host.image(host.at("disk"), backing=host.at("disk", uuid=TENANT)), "qcow2", "backing"),
    "a file of the host": (lambda host: host.image(host.at("disk"), backing=host.tree.home + "/secret.conf"), "qcow2", "backing"),
    "json": (lambda host: host.image(host.at("disk"), backing='json:{"driver":"file","filename":"%s"}' % host.base), "qcow2",
             "protocol"),
    "nbd": (lambda host: host.image(host.at("disk"), backing="nbd://127.0.0.1:1/x"), "qcow2", "protocol"),
    "a data file": (lambda host: host.image(host.at("disk"), data=host.at("data")), "qcow2", "data-file"),
    "a raw disk that is qcow2": (lambda host: host.own_disk(), "raw", "mismatch"),
    "a deep chain": (lambda host: (host.image(host.base, backing=host.tree.home + "/secret.conf"), host.own_disk()), "qcow2",
                     "mismatch"),
    "vmdk": (lambda host: host.image(host.at("disk"), "vmdk"), "vmdk", "format"),
    "a link": (lambda host: os.symlink(host.at("disk", uuid=TENANT), host.at("disk")), "raw", "link"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_image_does_not_start_and_virsh_says_why(host, what):
    make, form, finding = HOSTILE[what]
    make(host)
    mark = host.node.syslog.mark()
    said = host.start(disk(host.at("disk"), form))
    assert said is not None and "Hook script execution failed" in said, said
    assert "rssh-nova: refused: " in said and ": %s: " % finding in said, said
    fence, = fences(host.node, mark)
    assert (fence["verdict"], fence["finding"]) == ("deny", finding)
    host.hypervisor.hook(False)
    if form != "vmdk" and what not in ("nbd", "a deep chain", "a data file"):
        assert host.hypervisor.run("instance-1") is None, "the hook alone refuses it"


def test_the_honest_ones_of_a_migration_start(host):
    iso, vfat = host.at("disk.config"), host.at("disk.config.vfat")
    subprocess.run(["genisoimage", "-quiet", "-o", iso, "-J", "-r", "-V", "config-2", host.tree.home + "/public"], check=True,
                   capture_output=True)
    host.tree.write(vfat, bytes(4 << 20))
    subprocess.run(["mkfs.vfat", "-n", "config-2", vfat], check=True, capture_output=True)
    host.own_disk()
    for name in ("ephemeral_1_40d1d2c", "swap_512"):
        host.tree.write(host.tree.at("_base", name), bytes(VIRTUAL))
    host.image(host.at("disk.eph0"), backing=host.tree.at("_base", "ephemeral_1_40d1d2c"))
    host.image(host.at("disk.swap"), backing=host.tree.at("_base", "swap_512"))
    host.image(host.at("disk.raw"), "raw")
    host.image(host.at("disk.flat"))
    host.tree.own(iso)
    assert host.start(
        disk(host.at("disk")), disk(host.at("disk.eph0"), target="vdb"), disk(host.at("disk.swap"), target="vdc"),
        disk(host.at("disk.raw"), "raw", "vdd"), disk(host.at("disk.flat"), target="vde"), disk(vfat, "raw", "vdf"),
        disk(iso, "raw", device="cdrom"), machine="q35") is None


def test_firmware_its_variables_and_a_vtpm_start(host):
    """NVRAM is libvirt's, or lies in the instance; so does the state of swtpm."""
    host.own_disk()
    nvram = host.at("nvram")
    with open("/usr/share/OVMF/OVMF_VARS_4M.fd", "rb") as variables:
        host.tree.write(nvram, variables.read())
    boot = ("<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram>%s</nvram>" % nvram)
    vtpm = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
    assert host.start(disk(host.at("disk")), boot=boot, devices=vtpm, machine="q35") is None
    host.hypervisor.destroy("instance-1")
    with open(nvram, "r+b") as file:
        file.write(b"QFI\xfb\0\0\0\3")
    said = host.hypervisor.run("instance-1")
    assert said is not None and ": mismatch: " in said, said


def test_a_kernel_of_the_instance_starts(host):
    host.own_disk()
    host.tree.write(host.at("kernel"), open("/usr/share/qemu/linuxboot_dma.bin", "rb").read())
    mark = host.node.syslog.mark()
    host.start(disk(host.at("disk")), boot="<kernel>%s</kernel>" % host.at("kernel"))  # no kernel, whatever QEMU says
    assert fences(host.node, mark)[0]["verdict"] == "allow"


def test_a_domain_elsewhere_starts_unseen(host):
    path = host.image(os.path.join(host.node.base, "elsewhere"), backing=host.at("disk", uuid=TENANT))
    mark = host.node.syslog.mark()
    assert host.start(disk(path)) is None
    assert fences(host.node, mark) == [] and claim.read(host.at()) is not None


def test_a_restart_of_libvirt_kills_no_domain(host):
    """It is asked for each running domain, and has nothing against one: libvirt would kill it."""
    host.own_disk()
    assert host.start(disk(host.at("disk"))) is None
    claim.write(host.at(), "1 %d %d 192.0.2.7 -" % claim.of_now())
    done = subprocess.run([os.path.join("/opt/rssh-nova", "rssh-nova-admin"), "fence", "--", "instance-1", "reconnect", "begin", "-"],
                          input=host.hypervisor.virsh("dumpxml", "instance-1").stdout, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and claim.read(host.at()) is None, done


def test_a_start_that_cannot_be_fenced_is_refused_or_not(host):
    """A lock that no transfer of ours holds never goes."""
    import fcntl

    host.own_disk()
    directory = os.open(host.at(), os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(directory, fcntl.LOCK_SH)
    claim.configure(host.node, more="[images]\nfence_wait = 1\n")
    began = time.monotonic()
    said = host.start(disk(host.at("disk")))
    assert said is not None and ": sessions: " in said and time.monotonic() - began < 30, said
    claim.configure(host.node, more="[images]\nfence_wait = 1\nfence = open\n")
    assert host.hypervisor.run("instance-1") is None
    os.close(directory)


def uuid_of(number):
    return "66666666-6666-4666-8666-%012d" % number


def headers(host, uuid):
    """The first bytes of a hostile and of an honest disk of that instance."""
    found = []
    for backing in (host.at("disk", uuid=TENANT), host.base):
        path = host.image(os.path.join(host.node.base, "header-" + uuid), backing=backing)
        with open(path, "rb") as file:
            found.append(file.read(4096))
        os.unlink(path)
    return found


class Writer(threading.Thread):
    """The peer: writes one header and the other in turn, for as long as it can."""

    def __init__(self, host, uuid, texts, address):
        super().__init__()
        self.client = sftp.Client(host.node.start(SFTP, address))
        self.handle = self.client.open(host.at("disk", uuid=uuid), FLAGS)
        assert self.handle is not None
        self.texts, self.writes = texts, 0

    def run(self):
        try:
            while True:
                if self.client.write(self.handle, self.texts[self.writes % 2]) != sftp.OK:
                    break
                self.writes += 1
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass
        self.client.end()


def race(host, number):
    """One round: True if the domain ran, and then never with the hostile header."""
    uuid, name = uuid_of(number), "race-%d" % number
    # Each thread is a peer of its own: a session may write all that its peer has claimed, and ends with any of it.
    address = {"SSH_CONNECTION": "192.0.2.%d 50000 192.0.2.8 22" % (100 + number % AT_ONCE)}
    assert host.node.start("mkdir -p " + host.at(uuid=uuid), address).wait() == 0
    texts = headers(host, uuid)
    host.own_disk(uuid)
    host.hypervisor.define(name, disk(host.at("disk", uuid=uuid)))
    writer = Writer(host, uuid, texts, address)
    writer.start()
    said = host.hypervisor.run(name)
    with open(host.at("disk", uuid=uuid), "rb") as file:
        header = file.read(4096)
    writer.join(30)
    assert not writer.is_alive() and writer.writes > 0
    if said is None:
        assert header != texts[0], "QEMU runs with a hostile header"
        host.hypervisor.destroy(name)
    else:
        assert ": backing: " in said, said
    with open(host.at("disk", uuid=uuid), "rb") as file:
        assert said is not None or file.read(4096) != texts[0], "it was written while it ran"
    host.hypervisor.virsh("undefine", name)
    return said is None


def test_no_domain_runs_with_a_header_that_is_refused(host):
    failed, ran = [], []

    def rounds(first):
        for number in range(first, ROUNDS, AT_ONCE):
            try:
                ran.append(race(host, number))
            except Exception:  # noqa: BLE001  shown below
                failed.append((number, traceback.format_exc()))
                return

    threads = [threading.Thread(target=rounds, args=(first,)) for first in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(ran) == ROUNDS
    print("race: %d rounds, %d started, %d refused" % (len(ran), sum(ran), len(ran) - sum(ran)))
    assert ROUNDS < 50 or 0 < sum(ran) < len(ran), "both must come about"


def test_what_the_hook_costs(host):
    """In turn without a hook, with one that does nothing, and with ours: libvirt runs a hook three times for a start. A
    goal is held by tests/libvirt/run alone: elsewhere the machine is not ours."""
    host.own_disk()
    host.hypervisor.define("instance-1", disk(host.at("disk")))
    times = {"none": [], "empty": [], "ours": []}
    for _ in range(int(COST or 1)):
        for what, taken in times.items():
            host.hypervisor.install_hook("#!/bin/sh\nexit 0\n" if what == "empty" else None)
            host.hypervisor.hook(what != "none")
            began = time.monotonic()
            assert host.hypervisor.run("instance-1") is None
            taken.append(time.monotonic() - began)
            host.hypervisor.destroy("instance-1")
    none, empty, ours = (sorted(taken)[len(taken) // 2] * 1000 for taken in times.values())
    print("cost: virsh start %.1f ms without a hook, %.1f ms with an empty one (%+.1f), %.1f ms with ours (%+.1f)" % (
        none, empty, empty - none, ours, ours - none))
    assert COST is None or ours - none <= 20
