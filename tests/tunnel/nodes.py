# SPDX-License-Identifier: Apache-2.0
"""nodes: two compute nodes with libvirtd and QEMU of this machine, or of roots of other releases, each in namespaces of its own (node.sh), with a veth
between them; and a guest with nothing to boot."""

import os
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
APART = ["unshare", "--net", "--ipc", "--uts", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
UUID, NAME = "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01", "instance-0000002a"
ROOT = "/var/lib/nova/instances"
SHELL = "/opt/rssh-nova/rssh-nova"
CONFIG = """[shell]
instances_path = {root}
[libvirt]
tunnel = {tunnel}
migration_addresses = 10.77.0.1, 10.77.0.2
listen_addresses = 10.77.0.1, 10.77.0.2
"""
SETUP = """mkdir -p /opt/rssh-nova
cp "$base/rssh-nova" {shell}
cp "$base/rssh-nova.conf" /etc/rssh-nova.conf
"""
DOMAIN = """<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>a &amp; b</nova:name></nova:instance></metadata>
<sysinfo type='smbios'><system><entry name='manufacturer'>OpenStack Foundation</entry></system></sysinfo>
<os><type machine='pc'>hvm</type><boot dev='hd'/><smbios mode='sysinfo'/></os><features><acpi/><apic/></features>
<clock offset='utc'/><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/><source file='{root}/{uuid}/disk'/>
<target dev='vda' bus='virtio'/></disk>
<serial type='pty'><log file='{root}/{uuid}/console.log' append='off'/></serial>
<graphics type='vnc' autoport='yes' listen='{address}'/><video><model type='virtio'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<controller type='usb' index='0'/><memballoon model='virtio'><stats period='10'/></memballoon></devices></domain>"""


def command_of(process):
    """The first process in the namespaces that unshare(1) makes."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
            for child in children.read().split():
                if os.readlink("/proc/%s/ns/net" % child) != os.readlink("/proc/self/ns/net"):
                    return child
        time.sleep(.05)
    raise AssertionError("no node")


class Host:
    def __init__(self, base, number, shell, root=""):
        self.base, self.number, self.address = base, number, "10.77.0.%d" % number
        self.process = subprocess.Popen(APART + [os.path.join(HERE, "node.sh"), base, "node%d" % number, str(number), shell, root],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid, self.root = command_of(self.process), root

    def run(self, *words, check=True, timeout=120):
        inside = ["-r"] if self.root else []
        done = subprocess.run(["nsenter", "-t", self.pid, "-m", "-n", "-u", "-i", "-p", *inside, *words], capture_output=True,
                              text=True, timeout=timeout)
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done

    def write(self, path, text):
        with open(os.path.join(self.base, "text"), "w") as file:
            file.write(text)
        self.run("cp", os.path.join(self.base, "text"), path)

    def virsh(self, *words, check=True):
        return self.run("virsh", "-q", *words, check=check)

    def state(self):
        return self.virsh("domstate", NAME, check=False).stdout.strip()

    def records(self, event):
        """The audit's records of an event, as dicts of words."""
        found = []
        for line in self.run("cat", "/var/log/audit", check=False).stdout.splitlines():
            if " event=%s " % event in line:
                found.append(dict(word.split("=", 1) for word in line.split() if "=" in word))
        return found

    def forget(self):
        for words in (("destroy", NAME), ("undefine", NAME)):
            self.virsh(*words, check=False)
        self.run("sh", "-c", ": > /var/log/audit")


class Nodes:
    """shell: nova's login shell on both. The keys, the programs and the shared directory are in base."""

    def __init__(self, base, build, shell=SHELL, tunnel="on", roots=("", "")):
        self.base = base
        for name in ("key", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(base, name)], check=True)
        subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O2", "-o", os.path.join(base, "nfs.so"),
                        os.path.join(HERE, "nfs.c"), "-ldl"], check=True)
        subprocess.run(["cp", os.path.join(build, "rssh-nova"), base], check=True)
        for name, text in (("setup", SETUP.format(shell=SHELL)), ("rssh-nova.conf", CONFIG.format(root=ROOT, tunnel=tunnel))):
            with open(os.path.join(base, name), "w") as file:
                file.write(text)
        os.mkdir(os.path.join(base, "shared"))
        self.hosts = [Host(base, number, shell, roots[number - 1]) for number in (1, 2)]
        subprocess.run(["ip", "link", "add", "veth0", "netns", self.hosts[0].pid, "type", "veth", "peer", "name", "veth0",
                        "netns", self.hosts[1].pid], check=True)
        for host in self.hosts:
            assert host.process.stdout.readline() == "ready\n", "the node does not come up"

    def disk(self, host):
        host.run("sh", "-c", "mkdir -p {r}/_base {r}/{u} && cd {r} && qemu-img create -q -f raw _base/base 64M && qemu-img create -q "
                 "-f qcow2 -b {r}/_base/base -F raw {u}/disk && touch {u}/console.log".format(r=ROOT, u=UUID))

    def start(self, memory=64):
        """The guest on the first node."""
        first = self.hosts[0]
        for host in self.hosts:
            host.forget()
        self.disk(first)
        first.write("/run/domain", DOMAIN.format(name=NAME, uuid=UUID, root=ROOT, address=first.address, memory=memory))
        first.virsh("define", "/run/domain")
        first.virsh("start", NAME)

    def command(self, source, target, *more):
        """What Nova asks of libvirt, as virsh says it."""
        text = source.virsh("dumpxml", "--migratable", NAME).stdout.replace(source.address, target.address)
        source.write("/run/target", text)
        return ("virsh", "-q", "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "--xml", "/run/target",
                "--persistent-xml", "/run/target", "--migrateuri", "tcp://" + target.address, *more, NAME,
                "qemu+ssh://nova@%s/system" % target.address)

    def migrate(self, source, target, *more):
        return source.run(*self.command(source, target, *more), check=False)

    def close(self):
        for host in self.hosts:
            host.process.stdin.close()
            host.process.kill()
            host.process.wait()
