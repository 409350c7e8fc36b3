# SPDX-License-Identifier: Apache-2.0
"""booted: a clean Debian root with its own systemd, which starts services, a journal and, on port 22, sshd.

systemd has namespaces of its own, and a cgroup below which it makes others. Commands of an operator use the network of
this machine, because apt needs it. The services and the peers use a network that has only a loopback.
Needs root and cgroup2. Source: systemd's CONTAINER_INTERFACE, cgroups(7), unshare(1).
"""

import os
import signal
import shutil
import subprocess
import tempfile
import time

from testbed import namespace
import debian

# /proc/sys and /sys are the machine's own: systemd finds them read-only, and starts neither sysctl nor udev.
BOOT = """
echo $$ >"$2/cgroup.procs"
exec unshare --mount --propagation private --pid --fork --kill-child --net --uts --ipc --cgroup /bin/sh -euc "$3" sh "$1"
"""
ENTER = """
mount --rbind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
ip link set lo up
mkdir old
pivot_root . old
cd /
umount -l /old
rmdir /old
exec env -i container=unshare /lib/systemd/systemd
"""
BOOT_BOUND = 120


class Booted(debian.Root):
    port = 22

    def __init__(self, tar, place):
        self.unpack(tar, place)
        self.write("/etc/hostname", "node\n")
        self.write("/etc/hosts", "127.0.0.1 localhost node\n")
        self.groups = tempfile.mkdtemp(dir=os.path.dirname(place))
        namespace.mount("-t", "cgroup2", "cgroup2", self.groups)
        self.group = tempfile.mkdtemp(prefix="rssh-nova-", dir=self.groups)
        self.said = open(place + ".console", "w+b")
        self.outer = subprocess.Popen(["/bin/sh", "-euc", BOOT, "sh", place, self.group, ENTER], env=debian.ENVIRONMENT,
                                      stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said)
        self.pid = None
        try:
            self.await_systemd()
        except BaseException:
            self.close()
            raise

    def console(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def await_systemd(self):
        end = time.monotonic() + BOOT_BOUND
        state = ""
        while state not in ("running", "degraded"):
            assert self.outer.poll() is None and time.monotonic() < end, "systemd does not start: " + self.console()
            time.sleep(0.2)
            told = subprocess.run(["pgrep", "--parent", str(self.outer.pid)], capture_output=True, text=True).stdout
            self.pid = int(told) if told else None
            if os.path.exists("/proc/%s/root/run/systemd/private" % self.pid):
                state = subprocess.run(self.command(["systemctl", "is-system-running"]), env=debian.ENVIRONMENT,
                                       capture_output=True, text=True).stdout.strip()

    def command(self, words):
        return ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--", *words]

    def from_peer(self, words):
        """From outside the root, over the network of its services."""
        return ["nsenter", "--net=/proc/%d/ns/net" % self.pid, "--", *words]

    def host_key(self):
        return self.read("/etc/ssh/ssh_host_ed25519_key.pub").strip()

    def close(self):
        if self.pid is None:
            self.outer.kill()
        else:
            os.kill(self.pid, signal.SIGKILL)  # ends all others in its namespace
        self.outer.wait()
        self.said.close()
        for directory, _, _ in os.walk(self.group, topdown=False):
            os.rmdir(directory)
        for place in self.groups, self.at("/dev"):
            subprocess.run(["umount", "--recursive", "--lazy", place], check=True)
        os.rmdir(self.groups)
        shutil.rmtree(self.path)
