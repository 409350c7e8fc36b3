# SPDX-License-Identifier: Apache-2.0
"""The judge of domains: every kind of domain that Nova writes passes, as Nova wrote it and as libvirt sends it; and a
domain that is wrong in one thing is refused, with that thing named.
Held by: policy/domain.def, policy/domain.c, policy/domain_memory.c, policy/domain_value.c. The files of domains/ are made by
make_domains.py and by libvirt."""

import glob
import os
import re
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = """[shell]
instances_path = /var/lib/nova/instances
[libvirt]
tunnel = on
migration_addresses = 10.77.0.2
listen_addresses = 10.77.0.2
rbd_pools = vms, volumes
block_devices = /dev/disk/by-path/ip-
"""
U = "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01"
OTHER = "11111111-2222-4333-8444-555555555555"
ROOT = "/var/lib/nova/instances/"
EMULATOR = "<emulator>/usr/bin/qemu-system-x86_64</emulator>"


def text_of(kind):
    """As libvirt sends it: it adds the emulator to what Nova writes, which never has one."""
    with open(os.path.join(HERE, "domains", kind + ".xml"), encoding="utf-8") as file:
        text = file.read()
    if kind.endswith(".nova"):
        assert text.count("<devices>") == 1 and "<emulator>" not in text
        return text.replace("<devices>", "<devices>" + EMULATOR)
    return text


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    base = tmp_path_factory.mktemp("judge")

    def run(text, config=CONFIG):
        (base / "conf").write_text(config)
        (base / "xml").write_bytes(text if isinstance(text, bytes) else text.encode())
        program = os.path.join(os.environ.get("RSSH_NOVA_BUILD", "build/release"), "tests/tunnel/judge")
        done = subprocess.run([program, base / "conf", base / "xml"], capture_output=True, check=True, timeout=60)
        return tuple(done.stdout.decode(errors="replace").rstrip("\n").split(" ", 1))

    return run


KINDS = sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(HERE, "domains", "*.xml")))


def test_there_are_kinds():
    assert len(KINDS) >= 31, KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_passes(judge, kind):
    assert judge(text_of(kind)) == ("-", "")


NVRAM = " template='/usr/share/OVMF/OVMF_VARS_4M.ms.fd'>/var/lib/libvirt/qemu/nvram/instance-0000002a_VARS.fd<"


@pytest.mark.parametrize("new", (NVRAM.replace(">", " format='raw'>"), NVRAM.replace(">", " format='qcow2'>").replace(".fd<", ".qcow2<"),
                                 NVRAM[:NVRAM.index(">") + 1] + "<"), ids=("raw", "qcow2", "no-path"))
def test_nvram_of_its_own_format_passes(judge, new):
    text = text_of("secure-boot.libvirt")
    assert NVRAM in text
    assert judge(text.replace(NVRAM, new)) == ("-", "")


def test_backing_file_of_its_own_passes(judge):
    own = "<backingStore type='file'><format type='raw'/><source file='%s%s/disk.base'/><backingStore/></backingStore>" % (ROOT, U)
    assert judge(text_of(P).replace(DISK, DISK + own)) == ("-", "")


def test_pty_passes(judge):
    serial = "<serial type='pty'><source path='/dev/pts/3'/><target type='isa-serial' port='0'/></serial>"
    assert judge(text_of(P).replace("</devices>", serial + "</devices>")) == ("-", "")


@pytest.mark.parametrize("channel", "main display inputs cursor playback record smartcard usbredir".split())
def test_secure_spice_passes(judge, channel):
    """[spice] require_secure."""
    spice = "<graphics type='spice' autoport='yes' listen='10.77.0.2'><channel name='%s' mode='secure'/></graphics>" % channel
    assert judge(text_of(P).replace("</devices>", spice + "</devices>")) == ("-", "")


def test_packed_ring_passes(judge):
    """hw:virtio_packed_ring."""
    assert judge(text_of(P).replace("<mtu size='1450'/>", "<mtu size='1450'/><driver name='vhost' packed='on'/>")) == ("-", "")


def backed_by(text, inner):
    """Whichever way its memory is backed, it is so now: the element goes behind all others."""
    text = re.sub(" *<memoryBacking>.*</memoryBacking>\n", "", text, flags=re.S)
    return text.replace("</domain>", "<memoryBacking>%s</memoryBacking></domain>" % inner)


def pages(*these):
    return "<hugepages>%s</hugepages>" % "".join("<page size='%d' unit='KiB'%s/>" % (size, nodeset) for size, nodeset in these)


SHARED, PRIVATE = "<access mode='shared'/>", "<access mode='private'/>"
MEMFD, ANONYMOUS = "<source type='memfd'/>", "<source type='anonymous'/>"
CELL = "<cell id='0' cpus='0-3' memory='524288' unit='KiB' memAccess='shared'/>"
CELLS = CELL + CELL.replace("id='0'", "id='1'").replace("0-3", "4-7")
NO_ACCESS = CELL.replace(" memAccess='shared'", "")
ACCESS_REFUSED = ("value", "domain/memoryBacking/access=memory in a file")
CELL_REFUSED = ("value", "domain/cpu/numa/cell=memory in a file")
# What backs the memory, the cells, and what is found. What libvirt makes of each, virsh domxml-to-native tells.
MEMORY = {
    "memfd": (SHARED + MEMFD, NO_ACCESS, ("-", "")),
    "memfd-first": (MEMFD + PRIVATE, NO_ACCESS, ("-", "")),
    "memfd-of-cells": (MEMFD, CELLS, ("-", "")),
    "anonymous": (ANONYMOUS, NO_ACCESS, ("-", "")),
    "small-pages-alone": (pages((4, " nodeset='0'")), NO_ACCESS, ("-", "")),
    "pages-of-a-cell": (pages((2048, " nodeset='0'")), CELL, ("-", "")),
    "pages-of-each-cell": (pages((2048, " nodeset='0'"), (1048576, " nodeset='1'")), CELLS, ("-", "")),
    "pages-of-a-list": (pages((2048, " nodeset='1,0'")), CELLS, ("-", "")),
    "pages-of-a-range": (pages((2048, " nodeset='0-1'")), CELLS, ("-", "")),
    "pages-of-the-one": (pages((2048, " nodeset='1'")), NO_ACCESS + CELLS[len(CELL):], ("-", "")),
    "access": (SHARED, NO_ACCESS, ACCESS_REFUSED),
    "access-private": (PRIVATE, NO_ACCESS, ACCESS_REFUSED),
    "access-anonymous": (ANONYMOUS + SHARED, NO_ACCESS, ACCESS_REFUSED),
    "access-source-without-type": ("<source/>" + SHARED, NO_ACCESS, ACCESS_REFUSED),
    "access-pages": (pages((2048, " nodeset='0'")) + SHARED, CELL, ACCESS_REFUSED),
    # libvirt takes the first.
    "two-sources": (ANONYMOUS + MEMFD + SHARED, NO_ACCESS, ("element", "domain/memoryBacking/source=too many")),
    "cell": ("", CELL, CELL_REFUSED),
    "cell-private": ("", CELL.replace("shared", "private"), CELL_REFUSED),
    "cell-anonymous": (ANONYMOUS, CELL, CELL_REFUSED),
    "cell-pages-of-libvirts-choice": ("<hugepages/>", CELL, CELL_REFUSED),
    "cell-small-pages": (pages((4, " nodeset='0'")), CELL, CELL_REFUSED),
    "cell-pages-nearly": (pages((2047, " nodeset='0'")), CELL, CELL_REFUSED),
    "cell-small-pages-first": (pages((4, " nodeset='0'"), (2048, " nodeset='0'")), CELL, CELL_REFUSED),
    "cell-small-pages-last": (pages((2048, " nodeset='0'"), (4, " nodeset='0'")), CELL, CELL_REFUSED),
    "cell-pages-without-size": ("<hugepages><page nodeset='0'/></hugepages>", CELL, CELL_REFUSED),
    "cell-pages-without-nodeset": (pages((2048, "")), CELL, CELL_REFUSED),
    "cell-pages-of-another": (pages((2048, " nodeset='1'")), CELL, CELL_REFUSED),
    "cell-pages-of-one": (pages((2048, " nodeset='0'")), CELLS, CELL_REFUSED),
    "cell-pages-but-not": (pages((2048, " nodeset='0-1,^1'")), CELLS, CELL_REFUSED),
    "cell-pages-backwards": (pages((2048, " nodeset='1-0'")), CELLS, CELL_REFUSED),
    "cell-pages-open": (pages((2048, " nodeset='0-'")), CELL, CELL_REFUSED),
    "cell-pages-far": (pages((2048, " nodeset='64'")), CELL, CELL_REFUSED),
    "cell-pages-of-a-large-number": (pages((2048, " nodeset='4294967296'")), CELL, CELL_REFUSED),
    "cell-pages-comma": (pages((2048, " nodeset='0,'")), CELL, CELL_REFUSED),
    "cell-without-id": (pages((2048, " nodeset='0'")), CELL.replace(" id='0'", ""), CELL_REFUSED),
    "cell-hex-id": (pages((2048, " nodeset='0'")), CELL.replace(" id='0'", " id='0x0'"), CELL_REFUSED),
    "cell-far-id": (pages((2048, " nodeset='0'")), CELL.replace(" id='0'", " id='64'"), CELL_REFUSED),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_is_in_no_file(judge, name):
    backing, cells, found = MEMORY[name]
    text = text_of("pinned.libvirt")
    assert text.count(CELL) == 1
    assert judge(backed_by(text.replace(CELL, cells), backing)) == found


def test_memory_of_the_kept_domain_is_in_no_file(judge):
    kept = text_of("finish.cookie")
    backing = "<memoryBacking>%s</memoryBacking></domain>"
    assert judge(kept.replace("</domain>", backing % (MEMFD + SHARED))) == ("-", "")
    assert judge(kept.replace("</domain>", backing % SHARED)) == ACCESS_REFUSED


@pytest.mark.parametrize("kind", ("plain.libvirt", "finish.cookie"))
def test_domain_without_an_emulator(judge, kind):
    """libvirt takes one by the architecture, which nobody configured."""
    text = text_of(kind)
    assert text.count(EMULATOR) == 1
    assert judge(text.replace(EMULATOR, "")) == ("element", "domain/devices/emulator=none")


def test_nova_names_no_emulator():
    """So libvirt adds it before it sends the domain."""
    assert all("<emulator>/usr/bin/qemu-system-" in text_of(kind) for kind in KINDS if kind != "prepare.cookie")


@pytest.mark.parametrize("value", ("2", "0x2", "2.0", "9999"))
def test_counts_pass(judge, value):
    assert judge(text_of(P).replace("<vcpu placement='static'>2<", "<vcpu placement='static'>%s<" % value)) == ("-", "")


@pytest.mark.parametrize("chain", ("<backingStore/>", "<backingStore type='file' index='2'>%s<backingStore/></backingStore>",
                                   "<backingStore type='file'>%s<backingStore type='file'>%s<backingStore/></backingStore></backingStore>"))
def test_chain_that_has_an_end_passes(judge, chain):
    assert judge(text_of(P).replace(DISK, DISK + chain.replace("%s", BASE))) == ("-", "")


DEVICES = "</devices>"
DISK = "<source file='%s%s/disk'/>" % (ROOT, U)
BASE = "<format type='raw'/><source file='%s_base/x'/>" % ROOT
SMBIOS = "<sysinfo type='smbios'><system><entry name='uuid'>%s</entry></system></sysinfo>" % U


def kept_behind(element, other):
    """The cookie names itself by element behind a domain that does not have it."""
    text = text_of("finish.cookie")
    begin, end = text.index("<domain "), text.index("</domain>")
    return text, text[:begin].replace(element, "") + "<domain type='qemu'>" + other + "</domain>" + element + text[end + 9:]


WITHOUT_UUID = (text_of("no-disk.libvirt"), "<domain type='qemu'><name>instance-0000002a</name></domain>")
IDENTITY = ("<uuid>%s</uuid>" % OTHER, "<name>instance-00000001</name>")
KEPT_BARE, KEPT_NAMELESS = kept_behind(*IDENTITY), kept_behind(*IDENTITY[::-1])

# What is changed: the kind, the text, what takes its place; and what is found: the finding, and a part of the detail.
P = "plain.libvirt"
WRONG = {
    "no-uuid": (P, "<uuid>%s</uuid>" % U, "", "value", "system/entry"),
    "no-uuid-nor-entry": ("no-disk.libvirt", *WITHOUT_UUID, "identity", "domain=no uuid or no name"),
    "two-uuids": (P, "<uuid>%s</uuid>" % U, "<uuid>%s</uuid><uuid>%s</uuid>" % (U, OTHER), "identity", "domain/uuid"),
    "upper-case-uuid": (P, "<uuid>%s</uuid>" % U, "<uuid>%s</uuid>" % U.upper(), "identity", "domain/uuid"),
    "two-names": (P, "<name>instance-0000002a</name>", "<name>a</name><name>b</name>", "identity", "domain/name"),
    "name-with-slash": (P, "<name>instance-0000002a</name>", "<name>../x</name>", "identity", "domain/name"),
    "no-name": ("no-disk.libvirt", "<name>instance-0000002a</name>", "", "identity", "no name"),
    "type-lxc": (P, "<domain type='qemu'>", "<domain type='lxc'>", "value", "domain@type=lxc"),
    "type-xen": (P, "<domain type='qemu'>", "<domain type='xen'>", "value", "domain@type=xen"),
    "namespace": (P, "<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>",
                  "attribute", "domain@xmlns:qemu"),
    "qemu-commandline": (P, DEVICES, DEVICES + "<qemu:commandline><qemu:arg value='-s'/></qemu:commandline>", "element",
                         "domain/qemu:commandline"),
    "qemu-override": (P, DEVICES, DEVICES + "<qemu:override/>", "element", "domain/qemu:override"),
    "init": (P, "<type arch", "<init>/bin/sh</init><type arch", "element", "domain/os/init"),
    "bootloader": (P, DEVICES, DEVICES + "<bootloader>/bin/sh</bootloader>", "element", "domain/bootloader"),
    "emulator": (P, "<emulator>/usr/bin/qemu-system-x86_64</emulator>", "<emulator>/bin/sh</emulator>", "value",
                 "domain/devices/emulator=/bin/sh"),
    "emulator-of-instance": (P, "<emulator>/usr/bin/qemu-system-x86_64</emulator>", "<emulator>%s%s/x</emulator>" % (ROOT, U),
                             "value", "domain/devices/emulator"),
    "disk-of-other": (P, DISK, "<source file='%s%s/disk'/>" % (ROOT, OTHER), "value", "disk/source@file=" + ROOT + OTHER),
    "disk-of-system": (P, DISK, "<source file='/etc/shadow'/>", "value", "disk/source@file=/etc/shadow"),
    "disk-climbs": (P, DISK, "<source file='%s%s/../x/disk'/>" % (ROOT, U), "value", "disk/source@file"),
    "disk-is-directory": (P, DISK, "<source file='%s%s'/>" % (ROOT, U), "value", "disk/source@file"),
    "disk-in-base": (P, DISK, "<source file='%s_base/x'/>" % ROOT, "value", "disk/source@file"),
    "disk-dir": (P, DISK, "<source dir='/etc'/>", "attribute", "disk/source@dir"),
    "disk-type-dir": (P, "<disk type='file'", "<disk type='dir'", "value", "disk@type=dir"),
    "disk-type-vhostuser": (P, "<disk type='file'", "<disk type='vhostuser'", "value", "disk@type=vhostuser"),
    "disk-type-nvme": (P, "<disk type='file'", "<disk type='nvme'", "value", "disk@type=nvme"),
    "disk-type-volume": (P, "<disk type='file'", "<disk type='volume'", "value", "disk@type=volume"),
    # libvirt's default is a file: without a type its link and its header were not judged.
    "disk-without-type": (P, "<disk type='file'", "<disk", "attribute", "devices/disk=type"),
    "kept-disk-without-type": ("finish.cookie", "<disk type='file'", "<disk", "attribute", "devices/disk=type"),
    "interface-without-type": (P, "<interface type='bridge'", "<interface", "attribute", "devices/interface=type"),
    "serial-without-type": (P, "<serial type='pty'", "<serial", "attribute", "devices/serial=type"),
    "console-without-type": (P, "<console type='pty'", "<console", "attribute", "devices/console=type"),
    "channel-without-type": ("windows.libvirt", "<channel type='unix'", "<channel", "attribute", "devices/channel=type"),
    "graphics-without-type": (P, "<graphics type='vnc'", "<graphics", "attribute", "devices/graphics=type"),
    "rng-without-model": (P, "<backend model='random'", "<backend", "attribute", "rng/backend=model"),
    "loader-without-type": ("secure-boot.libvirt", " type='pflash'", "", "attribute", "os/loader=type"),
    "rbd-without-protocol": ("ceph.libvirt", "protocol='rbd' ", "", "attribute", "disk/source=protocol"),
    "serial-port-without-mode": ("serial-tcp.libvirt", "mode='bind' host='10.77.0.2' ", "", "attribute", "source=mode"),
    "disk-lun": (P, "device='disk'", "device='lun'", "value", "disk@device=lun"),
    "disk-rawio": (P, "device='disk'", "device='disk' rawio='yes'", "attribute", "disk@rawio"),
    "disk-vmdk": (P, "type='qcow2'", "type='vmdk'", "value", "disk/driver@type=vmdk"),
    "disk-block": (P, DISK, "<source dev='/dev/sda'/>", "value", "disk/source@dev=/dev/sda"),
    "disk-block-climbs": ("volumes.libvirt", "/dev/disk/by-path/ip-10", "/dev/disk/by-path/ip-/../../../sda", "value", "@dev"),
    "disk-other-by-path": ("volumes.libvirt", "/dev/disk/by-path/ip-10", "/dev/disk/by-path/pci-10", "value", "@dev"),
    "disk-http": (P, DISK, "<source protocol='http' name='x'/>", "value", "source@protocol=http"),
    "disk-nbd": (P, DISK, "<source protocol='nbd'/>", "value", "source@protocol=nbd"),
    "disk-transient": (P, DISK, DISK + "<transient/>", "element", "disk/transient"),
    "disk-reservations": (P, DISK, "<source><reservations managed='no'/></source>", "element", "source/reservations"),
    "disk-slices": (P, DISK, "<source><slices/></source>", "element", "source/slices"),
    "disk-seclabel": (P, DISK, "<source><seclabel model='dac' relabel='no'/></source>", "element", "source/seclabel"),
    "disk-mirror": (P, DISK, DISK + "<mirror type='file'/>", "element", "disk/mirror"),
    "rbd-pool": ("ceph.libvirt", "vms/%s_disk" % U, "secret/%s_disk" % U, "value", "source@name=secret"),
    "rbd-of-other": ("ceph.libvirt", "vms/%s_disk" % U, "vms/%s_disk" % OTHER, "value", "source@name=vms/" + OTHER),
    "rbd-option": ("ceph.libvirt", "vms/%s_disk" % U, "vms/%s_disk:conf=/etc/x" % U, "value", "source@name"),
    "rbd-snapshot": ("ceph.libvirt", "vms/%s_disk" % U, "vms/%s_disk@s" % U, "value", "source@name"),
    "rbd-config": ("ceph.libvirt", "<host name='10.0.0.1'", "<config file='/etc/shadow'/><host name='10.0.0.1'", "element",
                   "source/config"),
    "secret-usage": ("ceph.libvirt", "uuid='457eb676-33da-42ec-9a8c-9293d545c337'", "usage='x'", "attribute", "secret@usage"),
    "backing-of-system": (P, DISK, DISK + "<backingStore type='file'><source file='/etc/shadow'/></backingStore>", "value",
                          "backingStore/source@file=/etc/shadow"),
    "backing-nested": (P, DISK, DISK + "<backingStore type='file'>" + BASE + "<backingStore type='file'><source file='%s%s/disk'/>"
                       "</backingStore></backingStore>" % (ROOT, OTHER), "value", "backingStore/source@file"),
    "backing-open": (P, DISK, DISK + "<backingStore type='file'>" + BASE + "</backingStore>", "value",
                     "devices/disk=a chain without an end"),
    "backing-nested-open": (P, DISK, DISK + 2 * ("<backingStore type='file'>" + BASE) + 2 * "</backingStore>", "value",
                            "devices/disk=a chain without an end"),
    "backing-no-format": (P, DISK, DISK + "<backingStore type='file'><source file='%s_base/x'/><backingStore/></backingStore>" % ROOT,
                          "value", "backingStore=no format"),
    "backing-no-file": (P, DISK, DISK + "<backingStore type='file'><format type='raw'/><backingStore/></backingStore>", "value",
                        "backingStore=no format or no file"),
    "backing-twice": (P, DISK, DISK + "<backingStore type='file'>" + BASE + "</backingStore><backingStore/>", "value",
                      "backingStore=more than one"),
    "backing-end-twice": (P, DISK, DISK + "<backingStore/><backingStore/>", "value", "backingStore=more than one"),
    "backing-in-end": (P, DISK, DISK + "<backingStore>" + BASE + "</backingStore>", "value", "backingStore/format=twice"),
    "backing-two-files": (P, DISK, DISK + "<backingStore type='file'>" + 2 * BASE + "<backingStore/></backingStore>", "value",
                          "backingStore/format=twice"),
    "backing-file-behind": (P, DISK, DISK + "<backingStore type='file'>%s<backingStore/>%s</backingStore>" % (BASE, BASE), "value",
                            "backingStore/format=twice, or behind"),
    "disk-two-drivers": (P, DISK, DISK + "<driver name='qemu' type='raw'/>", "value", "disk/driver=more than one"),
    "disk-two-sources": (P, DISK, DISK + DISK, "value", "disk/source=more than one"),
    "disk-device-qcow2": ("volumes.libvirt", "type='raw'", "type='qcow2'", "value", "devices/disk=a device that is not raw"),
    "rbd-qcow2": ("ceph.libvirt", "type='raw'", "type='qcow2'", "value", "devices/disk=a device that is not raw"),
    "many-disks": (P, DEVICES, 33 * ("<disk type='file'>%s</disk>" % DISK) + DEVICES, "value", "devices/disk=too many files"),
    "backing-network": (P, DISK, DISK + "<backingStore type='network'/>", "value", "backingStore@type"),
    "filesystem": (P, DEVICES, "<filesystem type='mount'><source dir='/'/><target dir='x'/></filesystem>" + DEVICES, "element",
                   "devices/filesystem"),
    "hostdev": (P, DEVICES, "<hostdev mode='subsystem' type='pci'/>" + DEVICES, "element", "devices/hostdev"),
    "redirdev": (P, DEVICES, "<redirdev bus='usb' type='tcp'/>" + DEVICES, "element", "devices/redirdev"),
    "smartcard": (P, DEVICES, "<smartcard mode='host'/>" + DEVICES, "element", "devices/smartcard"),
    "shmem": (P, DEVICES, "<shmem name='x'/>" + DEVICES, "element", "devices/shmem"),
    "lease": (P, DEVICES, "<lease/>" + DEVICES, "element", "devices/lease"),
    "vsock": (P, DEVICES, "<vsock model='virtio'/>" + DEVICES, "element", "devices/vsock"),
    "memory-device": (P, DEVICES, "<memory model='nvdimm'><source><path>/dev/pmem0</path></source></memory>" + DEVICES, "element",
                      "devices/memory"),
    "parallel": (P, DEVICES, "<parallel type='dev'><source path='/dev/parport0'/></parallel>" + DEVICES, "element",
                 "devices/parallel"),
    "serial-dev": (P, "<serial type='pty'", "<serial type='dev'", "value", "serial@type=dev"),
    "serial-unix": (P, "<serial type='pty'", "<serial type='unix'", "value", "serial@type=unix"),
    "serial-pipe": (P, "<serial type='pty'", "<serial type='pipe'", "value", "serial@type=pipe"),
    "serial-file": (P, "<serial type='pty'>", "<serial type='file'><source path='/etc/cron.d/x'/>", "value",
                    "serial/source@path=/etc/cron.d/x"),
    "serial-file-on-pty": (P, "<serial type='pty'>", "<serial type='file'><source path='/dev/pts/0'/>", "value",
                           "serial/source@path=/dev/pts/0"),
    "serial-log": (P, "<log file='%s%s/console.log'" % (ROOT, U), "<log file='/etc/cron.d/x'", "value", "log@file=/etc/cron.d/x"),
    "serial-tcp-connects": ("serial-tcp.libvirt", "mode='bind' ", "mode='connect' ", "value", "source@mode=connect"),
    "serial-tcp-without-mode": ("serial-tcp.libvirt", "mode='bind' ", "", "attribute", "source=mode"),
    "serial-tcp-listens": ("serial-tcp.libvirt", "host='10.77.0.2'", "host='0.0.0.0'", "value", "source@host=0.0.0.0"),
    "channel-connects": ("windows.libvirt", "mode='bind' ", "", "attribute", "channel/source=mode"),
    "channel-of-other": ("windows.libvirt", "org.qemu.guest_agent.0.instance-0000002a.sock",
                         "org.qemu.guest_agent.0.instance-00000001.sock", "value", "channel/source@path"),
    "channel-docker": ("windows.libvirt", "/var/lib/libvirt/qemu/org.qemu.guest_agent.0.instance-0000002a.sock",
                       "/run/docker.sock", "value", "channel/source@path=/run/docker.sock"),
    "channel-of-libvirt": ("windows.libvirt", "/var/lib/libvirt/qemu/org.qemu.guest_agent.0.instance-0000002a.sock",
                           "/var/lib/libvirt/qemu/channel/target/domain-1-other/org.qemu.guest_agent.0", "value",
                           "channel/source@path"),
    "vnc-port": (P, "port='-1'", "port='5901'", "value", "graphics@port=5901"),
    "metadata-without-prefix": (P, "<metadata>", "<metadata><devices/>", "element", "domain/metadata=devices"),
    "rng-egd": (P, "<backend model='random'>/dev/urandom", "<backend model='egd'>/dev/urandom", "value", "backend@model=egd"),
    "rng-file": (P, ">/dev/urandom<", ">/etc/shadow<", "value", "rng/backend=/etc/shadow"),
    "vnc-listens": (P, "listen='10.77.0.2'", "listen='0.0.0.0'", "value", "graphics@listen=0.0.0.0"),
    "vnc-socket": (P, "<graphics type='vnc'", "<graphics type='vnc' socket='/run/x'", "attribute", "graphics@socket"),
    "vnc-network": (P, "<listen type='address' address='10.77.0.2'", "<listen type='network' network='default'", "value",
                    "listen@type=network"),
    "spice-channel": (P, "</devices>", "<graphics type='spice'><channel name='main' mode='/bin/sh'/></graphics></devices>", "value",
                      "graphics/channel@mode"),
    "spice-unix": (P, "</devices>", "<graphics type='spice'><listen type='socket' socket='/run/x'/></graphics></devices>", "value",
                   "graphics/listen@type"),
    "egl": (P, "<graphics type='vnc'", "<graphics type='egl-headless'", "value", "graphics@type"),
    "bridge": (P, "bridge='br-int'", "bridge='br-ex'", "value", "source@bridge=br-ex"),
    "direct": (P, "<interface type='bridge'", "<interface type='direct'", "value", "interface@type=direct"),
    "vhostuser": (P, "<interface type='bridge'", "<interface type='vhostuser'", "value", "interface@type=vhostuser"),
    "script": ("serial-tcp.libvirt", "<target dev='tap22222222-22'", "<script path='/bin/sh'/><target dev='tap22222222-22'",
               "value", "script@path=/bin/sh"),
    "tap": ("serial-tcp.libvirt", "<target dev='tap22222222-22'", "<target dev='eth0'", "value", "target@dev=eth0"),
    "backend-tap": (P, "<mtu size='1450'/>", "<backend tap='/dev/x'/>", "element", "interface/backend"),
    "loader": ("secure-boot.libvirt", "/usr/share/OVMF/OVMF_CODE_4M.ms.fd<", "/etc/shadow<", "value", "os/loader=/etc/shadow"),
    "loader-rom-elsewhere": ("uefi-rom.libvirt-12", "/usr/share/ovmf/OVMF.amdsev.fd<", "/etc/shadow<", "value", "os/loader=/etc/shadow"),
    "loader-rom-writable": ("uefi-rom.libvirt-12", "type='rom'", "type='rom' readonly='no'", "value", "os/loader@readonly"),
    "video-device": ("plain.libvirt-12", "device='virtio-vga'", "device='vhost-user-vga'", "value", "video/model@device"),
    "loader-writable": ("secure-boot.libvirt", "readonly='yes' ", "", "attribute", "domain/os/loader=readonly"),
    "kernel-is-disk": ("kernel.libvirt", "/kernel<", "/disk<", "value", "os/kernel"),
    "kernel-is-in-directory": ("kernel.libvirt", "/kernel<", "/x/kernel<", "value", "os/kernel"),
    "initrd-is-disk": ("kernel.libvirt", "/ramdisk<", "/disk<", "value", "os/initrd"),
    "serial-log-is-disk": (P, "%s/console.log'" % U, "%s/disk'" % U, "value", "serial/log@file"),
    "serial-file-is-disk": (P, "<serial type='pty'>", "<serial type='file'><source path='%s%s/disk'/>" % (ROOT, U), "value",
                            "serial/source@path"),
    "console-log-is-disk": (P, "<console type='pty'>", "<console type='pty'><log file='%s%s/disk'/>" % (ROOT, U), "value",
                            "console/log@file"),
    "template-is-code": ("secure-boot.libvirt", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "value",
                         "nvram@template"),
    "template-in-vars": ("secure-boot.libvirt", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "/usr/share/OVMF/VARS/x", "value",
                         "nvram@template"),
    "memory-in-file": ("pinned.libvirt", "<memoryBacking>", "<memoryBacking><source type='file'/>", "value", "memoryBacking/source@type=file"),
    "tap-of-another-name": ("serial-tcp.libvirt", "<target dev='tap22222222-22'", "<target dev='tap0'", "value", "target@dev=tap0"),
    "tap-longer": ("serial-tcp.libvirt", "<target dev='tap22222222-22'", "<target dev='tap22222222-222'", "value", "target@dev=tap2"),
    "tap-and-more": ("serial-tcp.libvirt", "<target dev='tap22222222-22'", "<target dev='tap22222222-22x'", "value", "target@dev=tap2"),
    "many-blanks": (P, "<vcpu placement='static'>", "<vcpu placement='static'>" + " " * 1025, "value", "domain/vcpu"),
    "many-blanks-in-pieces": (P, "<vcpu placement='static'>", "<vcpu placement='static'>" + "\n" * 1025, "value", "domain/vcpu=blanks"),
    "nvram": ("secure-boot.libvirt", "/var/lib/libvirt/qemu/nvram/instance-0000002a_VARS.fd", "/etc/shadow", "value", "os/nvram"),
    # A guest writes its NVRAM: as an image its header would name any file of the host.
    "nvram-raw-as-qcow2": ("secure-boot.libvirt", NVRAM, NVRAM.replace(">", " format='qcow2'>"), "value", "os/nvram"),
    "nvram-qcow2-as-raw": ("secure-boot.libvirt", NVRAM, NVRAM.replace(">", " format='raw'>").replace(".fd<", ".qcow2<"), "value",
                           "os/nvram"),
    "nvram-qcow2-without-format": ("secure-boot.libvirt", NVRAM, NVRAM.replace(".fd<", ".qcow2<"), "value", "os/nvram"),
    "nvram-of-a-qcow2-loader": ("secure-boot.libvirt", "<loader ", "<loader format='qcow2' ", "value", "os/nvram"),
    "nvram-of-any-loader": ("secure-boot.libvirt", "<loader", "<nvram%s/nvram><loader" % NVRAM, "value", "os/nvram"),
    "nvram-of-other": ("secure-boot.libvirt", "nvram/instance-0000002a_VARS.fd", "nvram/instance-00000001_VARS.fd", "value",
                       "os/nvram"),
    "kernel": ("kernel.libvirt", "<kernel>%s%s/kernel" % (ROOT, U), "<kernel>/etc/shadow", "value", "os/kernel"),
    "dtb": ("kernel.libvirt", "<cmdline>", "<dtb>/etc/shadow</dtb><cmdline>", "element", "os/dtb"),
    "acpi-table": (P, "<smbios", "<acpi><table type='slic'>/etc/shadow</table></acpi><smbios", "element", "os/acpi"),
    "fwcfg": (P, "<sysinfo type='smbios'>", "<sysinfo type='fwcfg'>", "value", "sysinfo@type=fwcfg"),
    "partition": (P, "<os>", "<resource><partition>/system</partition></resource><os>", "value",
                  "resource/partition=/system"),
    "seclabel-none": (P, "<os>", "<seclabel type='none' model='selinux'/><os>", "value", "seclabel@type=none"),
    "seclabel-static": (P, "<os>", "<seclabel type='static' model='dac'/><os>", "value", "seclabel@type=static"),
    "seclabel-base": (P, "<os>", "<seclabel type='dynamic' model='dac'><baselabel>x</baselabel></seclabel><os>", "element",
                      "seclabel/baselabel"),
    "idmap": (P, "<os>", "<idmap/><os>", "element", "domain/idmap"),
    "launch-security": (P, "<os>", "<launchSecurity type='sev'/><os>", "element", "domain/launchSecurity"),
    "coredump": (P, "<on_crash>destroy", "<on_crash>coredump-destroy", "value", "domain/on_crash"),
    "watchdog-dump": ("windows.libvirt", "action='reset'", "action='dump'", "value", "watchdog@action=dump"),
    "tpm-passthrough": (P, DEVICES, "<tpm model='tpm-tis'><backend type='passthrough'/></tpm>" + DEVICES, "value",
                        "tpm/backend@type=passthrough"),
    "audio-oss": (P, DEVICES, "<audio id='1' type='oss'/>" + DEVICES, "value", "audio@type=oss"),
    "many-vcpus": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>50000000<", "value", "domain/vcpu=50000000"),
    "many-vcpus-now": (P, "<vcpu placement='static'>2<", "<vcpu placement='static' current='10000'>2<", "value", "domain/vcpu@current=10000"),
    "far-vcpu": (P, "<os>", "<vcpus><vcpu id='50000000'/></vcpus><os>", "value", "vcpus/vcpu@id"),
    "count-letter": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>2x<", "value", "domain/vcpu"),
    "count-empty-part": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>2..2<", "value", "domain/vcpu"),
    "count-ends-with-a-dot": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>2.<", "value", "domain/vcpu"),
    "count-begins-with-a-dot": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>.2<", "value", "domain/vcpu"),
    "count-many-behind-a-dot": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>2.50000<", "value", "domain/vcpu"),
    "count-sign": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>-2<", "value", "domain/vcpu"),
    "count-hex-alone": (P, "<vcpu placement='static'>2<", "<vcpu placement='static'>0x<", "value", "domain/vcpu"),
    "many-iothreads": (P, "<os>", "<iothreads>50000000</iothreads><os>", "value", "domain/iothreads"),
    "far-iothread": (P, "<os>", "<iothreadids><iothread id='50000000'/></iothreadids><os>", "value", "iothread@id"),
    "far-controller": (P, DEVICES, "<controller type='scsi' index='50000000'/>" + DEVICES, "value", "controller@index"),
    "many-ports": (P, DEVICES, "<controller type='usb' ports='50000000'/>" + DEVICES, "value", "controller@ports"),
    "far-chassis": (P, DEVICES, "<controller type='pci'><target chassis='50000000'/></controller>" + DEVICES, "value", "target@chassis"),
    "far-unit": (P, DEVICES, "<disk type='file'><address type='drive' unit='50000000'/></disk>" + DEVICES, "value", "address@unit"),
    "far-serial-port": (P, DEVICES, "<serial type='pty'><target port='50000000'/></serial>" + DEVICES, "value", "serial/target@port"),
    "far-address-port": (P, DEVICES, "<channel type='unix'><address type='virtio-serial' port='50000000'/></channel>" + DEVICES, "value", "address@port"),
    "many-queues": ("serial-tcp.libvirt", "queues='2'", "queues='50000000'", "value", "driver@queues"),
    "many-heads": (P, "heads='1'", "heads='50000000'", "value", "model@heads"),
    "far-disk": (P, "dev='vda'", "dev='sdzzzzz'", "value", "disk/target@dev=sdzzzzz"),
    "far-cell": ("pinned.libvirt", "cellid='0'", "cellid='50000000'", "value", "memnode@cellid"),
    "much-memory": (P, "<memory unit='KiB'>524288", "<memory unit='KiB'>9999999999999", "value", "domain/memory="),
    "memory-unit": (P, "<memory unit='KiB'>", "<memory unit='EiB'>", "value", "domain/memory@unit=EiB"),
    "disk-comma": (P, DISK, DISK.replace("/disk'", "/disk,x'"), "value", "disk/source@file"),
    "vcpusched-fifo": (P, "<shares>1024</shares>", "<vcpusched vcpus='0' scheduler='fifo' priority='99'/>", "value",
                       "vcpusched@scheduler=fifo"),
    "vcpusched-rr": (P, "<shares>1024</shares>", "<vcpusched vcpus='0' scheduler='rr' priority='99'/>", "value",
                     "vcpusched@scheduler=rr"),
    "tcp-port-low": ("serial-tcp.libvirt", "service='10000'", "service='9999'", "value", "source@service=9999"),
    "tcp-port-high": ("serial-tcp.libvirt", "service='10000'", "service='20001'", "value", "source@service=20001"),
    "tcp-port-long": ("serial-tcp.libvirt", "service='10000'", "service='010000'", "value", "source@service=010000"),
    "word-comma": (P, "<model type='virtio'", "<model type='virtio,x'", "value", "model@type=virtio,x"),
    "word-equals": (P, "cache='none'", "cache='a=b'", "value", "driver@cache=a=b"),
    "text": (P, "<devices>", "<devices>x", "value", "domain/devices=x"),
    "text-line-feed": (P, "<os>", "<title>a&#10;b</title><os>", "value", "domain/title"),
    "text-delete": (P, "<os>", "<title>a\x7f</title><os>", "xml", "byte"),
    "backing-deep": (P, DISK, DISK + 20 * ("<backingStore type='file'>" + BASE) + 20 * "</backingStore>", "element", "backingStore"),
    "bridge-slash": (P, "bridge='br-int'", "bridge='qbr/x'", "value", "source@bridge=qbr/x"),
    "bridge-long": (P, "bridge='br-int'", "bridge='qbr4567890123456'", "value", "source@bridge=qbr4567890123456"),
    "disk-name": (P, "<target dev='vda'", "<target dev='zda'", "value", "disk/target@dev=zda"),
    "disk-name-alone": (P, "<target dev='vda'", "<target dev='vd'", "value", "disk/target@dev=vd"),
    "disk-name-three-letters": (P, "<target dev='vda'", "<target dev='vdaaa'", "value", "disk/target@dev=vdaaa"),
    "attribute": (P, "<devices>", "<devices x='y'>", "attribute", "domain/devices@x"),
    "second-root": (P, "</domain>", "</domain><domain/>", "xml", "parser"),
    "cut": (P, "</domain>", "", "xml", "parser"),
    "declaration": (P, "<domain type", "<?xml version='1.0' encoding='UTF-16'?><domain type", "xml", "begin"),
    "doctype": (P, "<domain type", "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/shadow'>]><domain type", "xml", "begin"),
    "comment": (P, "<os>", "<!-- --><os>", "xml", "markup"),
    "cdata": (P, "<os>", "<os><![CDATA[x]]>", "xml", "markup"),
    "instruction": (P, "<os>", "<?x y?><os>", "xml", "markup"),
    "entity": (P, "<name>instance-0000002a", "<name>&x;", "xml", "markup"),
    "character": (P, "<name>instance-0000002a", "<name>&#x2f;", "xml", "markup"),
    "control": (P, "<os>", "\x01<os>", "xml", "byte"),
    "duplicate": (P, "<boot dev='hd'/>", "<boot dev='hd' dev='cdrom'/>", "xml", "parser"),
    "not-closed": (P, "</domain>", "</domai>", "xml", "parser"),
    "cookie-domain": ("finish.cookie", "<emulator>/usr/bin/qemu-system-x86_64", "<emulator>/bin/sh", "value",
                      "domain/devices/emulator=/bin/sh"),
    "cookie-other-domain": ("finish.cookie", "    <uuid>11111111-2222-4333-8444-555555555555", "    <uuid>" + U, "identity",
                            "domain/uuid"),
    # The cookie's own uuid behind its domain does not stand for that of the domain, which libvirt takes from elsewhere.
    "cookie-domain-no-uuid": ("finish.cookie", *KEPT_BARE, "identity", "domain=no uuid or no name"),
    "cookie-domain-no-name": ("finish.cookie", *KEPT_NAMELESS, "identity", "domain=no uuid or no name"),
    "cookie-no-uuid": ("finish.cookie", "  <uuid>%s</uuid>\n  <hostname>" % OTHER, "  <hostname>", "identity",
                       "qemu-migration=no uuid or no name"),
    "cookie-two-domains": ("finish.cookie", "  <statistics>", "  <domain type='qemu'/>\n  <statistics>", "element",
                           "qemu-migration/domain"),
    "smbios-uuid": (P, "<entry name='uuid'>%s" % U, "<entry name='uuid'>%s" % OTHER, "value", "system/entry=" + OTHER),
    "smbios-uuid-first": (P, "<uuid>%s</uuid>" % U, SMBIOS + "<uuid>%s</uuid>" % U, "value", "system/entry=" + U),
    "cookie-smbios-uuid": ("finish.cookie", "<entry name='uuid'>%s" % OTHER, "<entry name='uuid'>%s" % U, "value",
                           "system/entry=" + U),
    "cookie-lockstate": ("prepare.cookie", "<capabilities>", "<lockstate driver='sanlock'/><capabilities>", "element",
                         "qemu-migration/lockstate"),
    "cookie-bitmaps": ("prepare.cookie", "<capabilities>", "<blockDirtyBitmaps/><capabilities>", "element",
                       "qemu-migration/blockDirtyBitmaps"),
}


# What libvirtd looks through again and again: an element, where it goes, and how many of it pass.
MANY = {
    "graphics": ("<graphics type='vnc'/>", DEVICES, 4 - 1, "domain/devices/graphics"),
    "cells": ("<cell id='0' cpus='0' memory='4' unit='KiB'/>", "</numa>", 64, "domain/cpu/numa/cell"),
    "features": ("<feature policy='require' name='x'/>", "</cpu>", 512, "domain/cpu/feature"),
    "interfaces": ("<interface type='ethernet'/>", DEVICES, 64 - 1, "domain/devices/interface"),
    "disks": ("<disk type='file' device='cdrom'/>", DEVICES, 64 - 1, "domain/devices/disk"),
    "controllers": ("<controller type='scsi'/>", DEVICES, 256, "domain/devices/controller"),
    "serials": ("<serial type='pty'/>", DEVICES, 32 - 1, "domain/devices/serial"),
    "consoles": ("<console type='pty'/>", DEVICES, 32 - 1, "domain/devices/console"),
    "channels": ("<channel type='spicevmc'/>", DEVICES, 32, "domain/devices/channel"),
    "pins": ("<vcpupin vcpu='0' cpuset='0'/>", "</cputune>", 512, "domain/cputune/vcpupin"),
    "nodes": ("<memnode cellid='0' nodeset='0'/>", "</numatune>", 64, "domain/numatune/memnode"),
    "timers": ("<timer name='pit'/>", "</clock>", 64, "domain/clock/timer"),
}


def bare(text):
    """Without what is of the same kind, but with a place for each."""
    for element in ("controller", "timer", "cpu"):
        text = re.sub(r" *<%s\b[^>]*(/>|>.*?</%s>)\n" % (element, element), "", text, flags=re.S)
    return text.replace("<os>", "<cpu><numa></numa></cpu><numatune></numatune><os>", 1)


@pytest.mark.parametrize("name", MANY)
def test_elements_of_a_kind_are_bounded(judge, name):
    element, where, most, path = MANY[name]
    text = bare(text_of(P))
    assert text.count(where) == 1
    assert judge(text.replace(where, element * most + where)) == ("-", "")
    assert judge(text.replace(where, element * (most + 1) + where)) == ("element", path + "=too many")


def test_elements_are_bounded(judge):
    text = text_of(P)
    more = 2000 - len(re.findall("<[a-z]", text))
    for many, found in ((more, ("-", "")), (more + 1, ("element", "seclabel=too many in all"))):
        changed = text.replace("<metadata>", "<metadata>" + "<x:a/>" * (many - 1)).replace("</domain>", "<seclabel/></domain>")
        assert judge(changed) == found, many
    assert judge(text.replace("<metadata>", "<metadata>" + "<x:a/>" * 2000))[1] == "x:a=too many in all"


def test_attributes_are_bounded(judge):
    """libxml2 looks each through all before it: 30000 of them take five seconds, in metadata too."""
    text = text_of(P)
    for many, found in ((64, ("-", "")), (65, ("attribute", "nova:x=too many"))):
        element = "<nova:x%s/>" % "".join(" a%d=''" % i for i in range(many))
        assert judge(text.replace("<metadata>", "<metadata>" + element)) == found, many


@pytest.mark.parametrize("element", ("loader", "nvram"))
def test_second_firmware(judge, element):
    """libvirt takes the first."""
    text = text_of("secure-boot.libvirt")
    one = re.search("<%s .*?</%s>" % (element, element), text)[0]
    assert judge(text.replace(one, one + one)) == ("element", "domain/os/%s=too many" % element)


def test_there_are_enough():
    assert len(WRONG) >= 60


@pytest.mark.parametrize("name", WRONG)
def test_wrong_in_one_thing(judge, name):
    kind, old, new, finding, detail = WRONG[name]
    text = text_of(kind)
    assert old in text, "the domain has no %r" % old
    changed = text.replace(old, new, 1) if name != "vnc-listens" else text.replace(old, new)
    found = judge(changed)
    assert found[0] == finding and detail in found[1], found


@pytest.mark.parametrize("bytes_", (b"", b"<", b"\xef\xbb\xbf<domain/>", "<domain/>".encode("utf-16"), b"<domain>\xff</domain>",
                                    b"<domain>\xc0\xaf</domain>", b"<domain>" + b"<a>" * 100000),
                         ids=("empty", "one-byte", "mark", "utf-16", "bad-byte", "overlong", "deep"))
def test_no_document_of_another_encoding(judge, bytes_):
    assert judge(bytes_)[0] in ("xml", "element")


def test_depth_is_bounded(judge):
    text = text_of(P).replace("<metadata>", "<metadata>" + "<x:a>" * 40 + "</x:a>" * 40)
    assert judge(text) == ("element", "domain/metadata=x:a")


def test_nothing_is_configured_by_default(judge):
    """Ceph, block devices and addresses are named by the operator, or nothing of them passes."""
    bare = "[shell]\ninstances_path = /var/lib/nova/instances\n[libvirt]\ntunnel = on\n"
    assert judge(text_of("ceph.libvirt"), bare)[0] == "value"
    assert judge(text_of("volumes.libvirt"), bare)[0] == "value"
    assert judge(text_of(P), bare) == ("value", "domain/devices/graphics@listen=10.77.0.2")
