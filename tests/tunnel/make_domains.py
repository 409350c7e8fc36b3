# SPDX-License-Identifier: Apache-2.0
"""make_domains: Nova's XML of each kind of instance, by Nova's own classes (nova.virt.libvirt.config).

usage: make_domains.py DIRECTORY
Writes DIRECTORY/KIND.nova.xml. With what libvirt makes of each (virsh define, virsh dumpxml --migratable), which is what
arrives, they are the files of tests/tunnel/domains: tests/tunnel/run --domains makes them anew. KIND.libvirt.xml is of
libvirt 9.0, a name with -11 or -12 of 11.3 or 12.8. Of the kinds uefi*, Nova's XML is <os firmware='efi'>, as it is since
Nova 2026.1, and libvirt has chosen the firmware.
"""
import os
import sys

from nova.virt.libvirt import config as c

UUID = "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01"
NAME = "instance-0000002a"
ROOT = "/var/lib/nova/instances"
DIR = ROOT + "/" + UUID


def make(cls, **values):
    made = cls()
    for key, value in values.items():
        setattr(made, key, value)
    return made


def guest(**values):
    g = c.LibvirtConfigGuest()
    g.virt_type, g.uuid, g.name, g.memory, g.vcpus = "qemu", UUID, NAME, 512 * 1024, 2
    g.os_type, g.os_mach_type, g.os_boot_dev = c.fields.VMMode.HVM, "pc", ["hd"]
    g.features = [c.LibvirtConfigGuestFeatureACPI(), c.LibvirtConfigGuestFeatureAPIC()]
    g.os_smbios = c.LibvirtConfigGuestSMBIOS()
    g.sysinfo = make(c.LibvirtConfigGuestSysinfo, system_manufacturer="OpenStack Foundation", system_product="OpenStack Nova",
                     system_version="26.2.2", system_serial=UUID, system_uuid=UUID, system_family="Virtual Machine")
    clock = make(c.LibvirtConfigGuestClock, offset="utc")
    for name, policy, present in (("pit", "delay", None), ("rtc", "catchup", None), ("hpet", None, False)):
        clock.add_timer(make(c.LibvirtConfigGuestTimer, name=name, tickpolicy=policy, present=present))
    g.set_clock(clock)
    g.cputune = make(c.LibvirtConfigGuestCPUTune, shares=1024)
    meta = c.LibvirtConfigGuestMetaNovaInstance()
    meta.package, meta.name = "26.2.2", "a guest & <more>"
    meta.creationTime = 1700000000
    meta.flavor = make(c.LibvirtConfigGuestMetaNovaFlavor, name="m1.small", memory=512, disk=1, vcpus=2)
    meta.owner = make(c.LibvirtConfigGuestMetaNovaOwner, userid="1", username="admin", projectid="2", projectname="demo")
    g.metadata.append(meta)
    for key, value in values.items():
        setattr(g, key, value)
    return g


def add(g, *devices):
    for device in devices:
        g.add_device(device)
    return g


def disk(path=DIR + "/disk", target="vda", **values):
    return make(c.LibvirtConfigGuestDisk, **{
        "source_type": "file", "source_path": path, "driver_name": "qemu", "driver_format": "qcow2", "driver_cache": "none",
        "target_dev": target, "target_bus": "virtio", **values})


def console():
    return make(c.LibvirtConfigGuestSerial, type="pty", log=make(c.LibvirtConfigGuestCharDeviceLog, file=DIR + "/console.log"))


def vnc():
    return make(c.LibvirtConfigGuestGraphics, type="vnc", listen="10.77.0.2")


def bridge(**values):
    return make(c.LibvirtConfigGuestInterface, **{
        "net_type": "bridge", "mac_addr": "fa:16:3e:00:00:01", "model": "virtio", "source_dev": "br-int",
        "target_dev": "tap12345678-9a", "mtu": 1450, "vporttype": "openvswitch", **values})


def ovs():
    nic = bridge()
    nic.add_vport_param("interfaceid", "5b1f3a3e-1111-4222-8333-123456789abc")
    return nic


def usual():
    return [console(), vnc(), make(c.LibvirtConfigGuestVideo, type="virtio"),
            make(c.LibvirtConfigGuestRng, backend="/dev/urandom"), make(c.LibvirtConfigMemoryBalloon, model="virtio", period=10),
            make(c.LibvirtConfigGuestInput, type="tablet", bus="usb"),
            make(c.LibvirtConfigGuestUSBHostController, type="usb", index=0)]


def secure_boot():
    g = guest(os_mach_type="q35", os_loader="/usr/share/OVMF/OVMF_CODE_4M.ms.fd", os_loader_type="pflash",
              os_loader_secure=True, os_nvram_template="/usr/share/OVMF/OVMF_VARS_4M.ms.fd")
    return add(g, disk(), ovs(), *usual())


def pinned():
    g = guest(vcpus=4)
    g.cpuset = None
    tune = c.LibvirtConfigGuestCPUTune()
    tune.emulatorpin = make(c.LibvirtConfigGuestCPUTuneEmulatorPin, cpuset={0, 1})
    for i in range(4):
        tune.vcpupin.append(make(c.LibvirtConfigGuestCPUTuneVCPUPin, id=i, cpuset={0, 1}))
    g.cputune = tune
    g.numatune = c.LibvirtConfigGuestNUMATune()
    g.numatune.memory = make(c.LibvirtConfigGuestNUMATuneMemory, mode="strict", nodeset=[0])
    g.numatune.memnodes = [make(c.LibvirtConfigGuestNUMATuneMemNode, cellid=0, mode="strict", nodeset=[0])]
    cpu = make(c.LibvirtConfigGuestCPU, mode="custom", match="exact", model="qemu64", sockets=1, cores=2, threads=2)
    cpu.numa = c.LibvirtConfigGuestCPUNUMA()
    cpu.numa.cells.append(make(c.LibvirtConfigGuestCPUNUMACell, id=0, cpus={0, 1, 2, 3}, memory=512 * 1024, memAccess="shared"))
    g.cpu = cpu
    pages = make(c.LibvirtConfigGuestMemoryBackingPage, size_kb=2048, nodeset=[0])
    g.membacking = make(c.LibvirtConfigGuestMemoryBacking, hugepages=[pages])
    return add(g, disk(), ovs(), *usual())


def windows():
    g = guest()
    hyperv = make(c.LibvirtConfigGuestFeatureHyperV, relaxed=True, vapic=True, spinlocks=True, spinlock_retries=8191,
                  vendorid_spoof=True, vendorid="1234567890ab")
    g.features.append(hyperv)
    g.features.append(make(c.LibvirtConfigGuestFeatureKvmHidden))
    agent = make(c.LibvirtConfigGuestChannel, type="unix", target_name="org.qemu.guest_agent.0",
                 source_path="/var/lib/libvirt/qemu/org.qemu.guest_agent.0.%s.sock" % NAME)
    spice = make(c.LibvirtConfigGuestChannel, type="spicevmc", target_name="com.redhat.spice.0")
    screen = make(c.LibvirtConfigGuestGraphics, type="spice", listen="10.77.0.2")
    dog = make(c.LibvirtConfigGuestWatchdog, action="reset")
    made = [disk(), disk(DIR + "/disk.config", "sda", source_device="cdrom", driver_format="raw", target_bus="sata"), ovs(), agent, spice,
            screen, dog, console(), make(c.LibvirtConfigGuestVideo, type="qxl", vram=65536)]
    return add(g, *made)


def kernel():
    g = guest(os_kernel=DIR + "/kernel", os_initrd=DIR + "/ramdisk", os_cmdline="ro root=/dev/vda console=tty0 console=ttyS0",
              os_boot_dev=[])
    return add(g, disk(driver_format="raw"), disk(DIR + "/disk.swap", "vdb", driver_format="raw"), ovs(), *usual())


def rbd(name="vms/%s_disk" % UUID, target="vda"):
    return make(c.LibvirtConfigGuestDisk, source_type="network", source_protocol="rbd", source_name=name, driver_name="qemu",
                driver_format="raw", driver_cache="writeback", driver_discard="unmap", target_dev=target, target_bus="virtio",
                source_hosts=["10.0.0.1", "10.0.0.2"], source_ports=["6789", "6789"], auth_username="cinder",
                auth_secret_type="ceph", auth_secret_uuid="457eb676-33da-42ec-9a8c-9293d545c337")


def volumes():
    lun = make(c.LibvirtConfigGuestDisk, source_type="block", driver_name="qemu", driver_format="raw", driver_cache="none", driver_io="native",
               source_path="/dev/disk/by-path/ip-10.0.0.5:3260-iscsi-iqn.2010-10.org.openstack:volume-1-lun-1",
               target_dev="vdb", target_bus="virtio", serial="0b1c2d3e-0000-4000-8000-0123456789ab")
    lun.disk_total_iops_sec, lun.disk_read_bytes_sec = 500, 10485760
    return add(guest(), disk(), lun, ovs(), *usual())


def serial_tcp():
    port = make(c.LibvirtConfigGuestSerial, type="tcp", listen_host="10.77.0.2", listen_port=10000,
                log=make(c.LibvirtConfigGuestCharDeviceLog, file=DIR + "/console.log"))
    nic = make(c.LibvirtConfigGuestInterface, net_type="ethernet", mac_addr="fa:16:3e:00:00:02", model="virtio",
               target_dev="tap22222222-22", script="", driver_name="vhost", vhost_queues=2)
    return add(guest(), disk(), nic, port, vnc())


def scsi():
    controller = make(c.LibvirtConfigGuestController, type="scsi", model="virtio-scsi", index=0)
    unit = disk(target="sda", target_bus="scsi", driver_discard="unmap")
    unit.device_addr = make(c.LibvirtConfigGuestDeviceAddressDrive, controller=0, unit=0)
    g = guest(os_mach_type="q35")
    g.features.append(c.LibvirtConfigGuestFeatureVMCoreInfo())
    return add(g, unit, controller, bridge(vporttype=None, source_dev="brq12345678-9a"),
               make(c.LibvirtConfigGuestPCIeRootController), make(c.LibvirtConfigGuestPCIeRootPortController), *usual())


def arm64():
    g = guest(os_arch="aarch64", os_mach_type="virt", os_loader="/usr/share/AAVMF/AAVMF_CODE.fd", os_loader_type="pflash",
              os_nvram_template="/usr/share/AAVMF/AAVMF_VARS.fd",
              cpu=make(c.LibvirtConfigGuestCPU, mode="custom", match="exact", model="cortex-a57", sockets=2, cores=1, threads=1))
    g.features = [c.LibvirtConfigGuestFeatureACPI(), c.LibvirtConfigGuestFeatureAPIC(), c.LibvirtConfigGuestFeatureVMCoreInfo()]
    g.set_clock(make(c.LibvirtConfigGuestClock, offset="utc"))
    return add(g, disk(), disk(DIR + "/disk.config", "sda", source_device="cdrom", driver_format="raw", target_bus="scsi"),
               make(c.LibvirtConfigGuestController, type="scsi", model="virtio-scsi", index=0), ovs(), console(), vnc(),
               make(c.LibvirtConfigGuestVideo, type="virtio"), make(c.LibvirtConfigGuestRng, backend="/dev/urandom"),
               make(c.LibvirtConfigGuestInput, type="tablet", bus="usb"), make(c.LibvirtConfigGuestInput, type="keyboard", bus="usb"),
               make(c.LibvirtConfigMemoryBalloon, model="virtio", period=10),
               make(c.LibvirtConfigGuestUSBHostController, type="usb", model="qemu-xhci", index=0))


KINDS = {
    "plain": lambda: add(guest(), disk(), ovs(), *usual()),
    "no-disk": lambda: add(guest(), console(), vnc()),
    "ceph": lambda: add(guest(), rbd(), rbd("volumes/volume-0b1c2d3e-0000-4000-8000-0123456789ab", "vdb"), ovs(), *usual()),
    "volumes": volumes,
    "secure-boot": secure_boot,
    "pinned": pinned,
    "windows": windows,
    "kernel": kernel,
    "serial-tcp": serial_tcp,
    "scsi": scsi,
    "arm64": arm64,
}

for kind, builder in KINDS.items():
    with open(os.path.join(sys.argv[1], kind + ".nova.xml"), "w", encoding="utf-8") as file:
        file.write(builder().to_xml())
