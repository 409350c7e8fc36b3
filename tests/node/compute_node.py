# SPDX-License-Identifier: Apache-2.0
"""compute_node: makes this machine look like a compute node that is in use, in namespaces of the caller's own.

/etc is a copy with Debian's account nova and the files of Nova and rssh-nova; /var/lib has a nova with instances;
/dev/log has a reader; the machine's own sshd listens on port 22 of a private loopback. The real machine keeps all
that it has. Source: nova-common.postinst (Debian), mount_namespaces(7), network_namespaces(7).
"""

import os
import shutil
import subprocess
import tempfile
import types

from testbed import namespace, tree
from testbed.sshd import wait_for
from testbed.syslog import Syslog

UID = 64060
HOME = "/var/lib/nova"
INSTANCE = HOME + "/instances/9d5c4ba7-9a46-4a5b-8a1b-0a7a4c6e7d11"
ACCOUNT = {
    # Debian's nova-common: no shell, a locked password.
    "passwd": "nova:x:{uid}:{uid}::{home}:/bin/false\n",
    "group": "nova:x:{uid}:\nnova-node:x:64061:nova\n",
    "shadow": "nova:!:19000::::::\n",
    "gshadow": "nova:!::\nnova-node:!::nova\n",
    "subuid": "nova:900000:65536\n",
    "subgid": "nova:900000:65536\n",
}
ETC = {
    "rssh-nova.conf": "[shell]\nremote_filesystem_transport = rsync\n[sandbox]\nnamespaces = off\n",
    "nova/nova.conf": "[DEFAULT]\ninstances_path = /srv/elsewhere\n[libvirt]\nremote_filesystem_transport = rsync\n",
    "nova/nova.conf.d/50-node.conf": "[libvirt]\nno_such_key = 1\nremote_filesystem_transport = rsync\n",
    "ssh/authorized_keys.d/nova": "# keys of the other nodes\n",
    "cron.deny": "nova\n",
}


def append(path, text):
    with open(path, "a") as file:
        file.write(text)


def put(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def bind_entries(source, target):
    """A directory of the caller's that holds everything of source."""
    os.mkdir(target, 0o755)
    for entry in os.scandir(source):
        at = os.path.join(target, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), at)
        elif entry.is_dir():
            os.mkdir(at)
            namespace.mount("--rbind", entry.path, at)
        elif entry.is_file():
            open(at, "w").close()
            namespace.mount("--bind", entry.path, at)


def enter_namespaces():
    """Returns the directory that holds all of it."""
    namespace.leave_the_shared_mounts()
    namespace.enter_a_network()
    base = tempfile.mkdtemp(prefix="rssh-nova-node-", dir="/var/tmp")
    os.chmod(base, 0o755)
    subprocess.run(["cp", "--archive", "/etc", base + "/etc"], check=True)
    namespace.make_devices(base + "/dev")
    bind_entries("/var/lib", base + "/lib")
    os.mkdir(base + "/run", 0o755)
    for name, at in (("dev", "/dev"), ("etc", "/etc"), ("lib", "/var/lib"), ("run", "/run")):
        namespace.mount("--rbind", os.path.join(base, name), at)
    return base


def leave_namespaces(base):
    for name in ("run", "lib", "etc", "dev"):
        at = {"lib": "/var/lib"}.get(name, "/" + name)
        subprocess.run(["umount", "--recursive", "--lazy", at], check=True)
    for name in ("lib", "dev"):
        for mounted in reversed(list(mounts_below(os.path.join(base, name)))):
            subprocess.run(["umount", "--lazy", mounted], check=True)
    shutil.rmtree(base)


def mounts_below(path):
    with open("/proc/self/mountinfo") as table:
        for line in table:
            at = line.split(" ")[4]
            if (at + "/").startswith(path + "/"):
                yield at


class ComputeNode:
    def __init__(self, base):
        self.base = base
        self.add_account()
        for name, text in ETC.items():
            put("/etc/" + name, text)
        self.add_instances()
        os.mkdir("/run/sshd", 0o755)
        os.mkdir("/run/lock", 0o1777)
        self.syslog = Syslog()
        self.sshd = self.start_sshd()

    def add_account(self):
        for name in ("nova", "nova-node"):
            if subprocess.run(["getent", "passwd", name], capture_output=True).returncode == 0:
                subprocess.run(["userdel", name], check=True, capture_output=True)
        for name, lines in ACCOUNT.items():
            append("/etc/" + name, lines.format(uid=UID, home=HOME))

    def add_instances(self):
        for name in ("disk", "disk.info", "console.log"):
            put(os.path.join(INSTANCE, name), name * 100)
        put(HOME + "/instances/_base/image", "image")
        put(HOME + "/.ssh/id_ed25519", "not a key\n", 0o600)
        subprocess.run(["chown", "-R", "%d:%d" % (UID, UID), HOME], check=True)
        os.setxattr(INSTANCE, "user.rssh-nova.claim", b"1 1 1 192.0.2.1 -")

    def start_sshd(self):
        """The machine's own configuration, with a key of this run."""
        subprocess.run(["ssh-keygen", "-A"], check=True, capture_output=True)
        log = self.base + "/sshd.log"
        with open(log, "wb") as out:
            process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e"], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        sshd = types.SimpleNamespace(process=process, port=22, text=lambda: open(log).read())
        wait_for(sshd)
        return sshd

    def snapshot(self):
        found = {}
        for place in ("/etc", HOME, "/run", "/dev"):
            found.update(tree.snapshot(place, with_content=place != "/dev"))
        for path in found:
            if os.path.isdir(path) and path.startswith(HOME):
                found[path]["claim"] = [os.getxattr(path, name) for name in os.listxattr(path)]
        return found

    def serves(self):
        """sshd answers, and the syslog still gets what is sent to /dev/log."""
        wait_for(self.sshd)
        self.syslog.flush()
        return self.sshd.process.poll() is None

    def records(self, mark):
        return self.syslog.since(mark)

    def close(self):
        self.sshd.process.terminate()
        self.sshd.process.wait()
        self.syslog.close()
