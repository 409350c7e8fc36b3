# SPDX-License-Identifier: Apache-2.0
"""hypervisor: libvirtd and QEMU of this machine inside the test bed, whose /etc, /run and /var/lib are its own.

QEMU runs by software emulation with a machine that has nothing to boot. The hook is the one of setup, and libvirt runs
it, not the test. The daemon has namespaces of its own for processes, network and mounts, so that it and every guest
end with it and nothing reaches the machine's network.
"""

import os
import shutil
import signal
import subprocess
import time

from testbed import namespace

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ADMIN = "/opt/rssh-nova/rssh-nova-admin"
HOOK = "/etc/libvirt/hooks/qemu.d/rssh-nova"
# Without what needs the machine: its security modules, control groups and log daemon.
QEMU_CONF = """security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
swtpm_user = "root"
swtpm_group = "root"
"""
LIBVIRTD_CONF = 'auth_unix_rw = "none"\nlog_outputs = "3:file:/var/log/libvirtd.log"\n'
DOMAIN = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='{machine}'>hvm</type>{boot}</os><features><acpi/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{devices}
<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""
DISK = """<disk type='file' device='{device}'><driver name='qemu' type='{form}'/><source file='{path}'/>
<target dev='{target}' bus='{bus}'/>{read_only}</disk>"""


def disk(path, form="qcow2", target="vda", device="disk"):
    cdrom = device == "cdrom"
    return DISK.format(path=path, form=form, device=device, target="sda" if cdrom else target,
                       bus="sata" if cdrom else "virtio", read_only="<readonly/>" if cdrom else "")


class Hypervisor:
    def __init__(self, node):
        self.node, self.daemon = node, None
        shutil.copy(os.path.join(node.build, "rssh-nova-admin"), ADMIN)
        os.chmod(ADMIN, 0o755)
        shutil.rmtree("/etc/libvirt/hooks", ignore_errors=True)
        shutil.rmtree("/etc/libvirt/qemu/networks", ignore_errors=True)
        cache = os.path.join(node.base, "cache")
        os.mkdir(cache)
        os.makedirs("/var/cache/libvirt", exist_ok=True)
        namespace.mount("--bind", cache, "/var/cache/libvirt")
        for path, text in (("/etc/libvirt/qemu.conf", QEMU_CONF), ("/etc/libvirt/libvirtd.conf", LIBVIRTD_CONF)):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)

    def install_hook(self, text=None):
        """What setup --libvirt writes, which tests/admin holds it to; or another text."""
        if text is None:
            with open(os.path.join(TOP, "install/libvirt/qemu"), encoding="ascii") as recipe:
                text = recipe.read().replace("@PROGRAM@", ADMIN)
        os.makedirs(os.path.dirname(HOOK), exist_ok=True)
        with open(HOOK, "w", encoding="ascii") as hook:
            hook.write(text)
        self.hook(True)

    def hook(self, on):
        """libvirt passes over a hook that is not executable."""
        os.chmod(HOOK, 0o755 if on else 0o644)

    def start(self):
        # libvirt waits until no trace of a QEMU is left, so process 1 must reap.
        self.daemon = subprocess.Popen(
            ["unshare", "--net", "--ipc", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child",
             "bash", "-c", "libvirtd & wait"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 60
        while self.virsh("version").returncode != 0:
            assert time.monotonic() < end and self.daemon.poll() is None, "libvirtd does not come up"
            time.sleep(.05)

    def virsh(self, *words):
        return subprocess.run(["virsh", "-q", "-c", "qemu:///system", *words], capture_output=True, text=True, timeout=120)

    def define(self, name, *disks, boot="", devices="", machine="pc"):
        path = os.path.join(self.node.base, name + ".xml")
        with open(path, "w", encoding="ascii") as xml:
            xml.write(DOMAIN.format(name=name, boot=boot, devices="".join(disks) + devices, machine=machine))
        done = self.virsh("define", path)
        assert done.returncode == 0, done.stderr

    def run(self, name):
        """Starts a domain: None, or what virsh says."""
        done = self.virsh("start", name)
        assert (done.returncode == 0) == (self.virsh("domstate", name).stdout.strip() == "running"), done
        return None if done.returncode == 0 else done.stderr

    def destroy(self, name):
        done = self.virsh("destroy", name)
        assert done.returncode == 0, done.stderr

    def forget(self):
        """No domain is left."""
        for name in self.virsh("list", "--all", "--name").stdout.split():
            self.virsh("destroy", name)
            self.virsh("undefine", "--keep-nvram", name)

    def close(self):
        if self.daemon is not None and self.daemon.poll() is None:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()
        namespace.mount("--make-private", "/var/cache/libvirt")
        subprocess.run(["umount", "--lazy", "/var/cache/libvirt"], check=True)
