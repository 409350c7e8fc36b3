# SPDX-License-Identifier: Apache-2.0
"""release: the root of another Debian release, with its sshd and rsync and our shell as the login shell of nova.

Packages are only unpacked: none of their scripts runs, and what they would have made, users and directories, stands
here. The shell is the one of this machine's build, which is static; everything that it starts is the release's own.
Source: mmdebstrap(1), variant extract.
"""

import os
import shutil
import subprocess

import debian
from testbed import account, tree
from testbed.sshd import free_port, make_key, wait_for

PACKAGES = "base-files,base-passwd,coreutils,dash,mount,openssh-server,openssh-client,openssh-sftp-server,rsync"
HOME, SHELL, PEER = "/var/lib/nova", "/usr/bin/rssh-nova", "/root/peer"
USERS = """\
root:x:0:0::/root:/bin/dash
sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
inner:x:102:65534::/tmp:/bin/dash
"""
CONFIG = """\
[shell]
remote_filesystem_transport = ssh, rsync
[sandbox]
namespaces = {namespaces}
"""
SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/keys
PidFile none
UsePAM no
PasswordAuthentication no
ExposeAuthInfo yes
LogLevel VERBOSE
Subsystem sftp /usr/lib/openssh/sftp-server
Match User inner
	ForceCommand internal-sftp
"""
SSH = """\
Host *
	HostName 127.0.0.1
	Port {port}
	User nova
	IdentityFile {peer}/key
	IdentitiesOnly yes
	UserKnownHostsFile {peer}/known_hosts
	GlobalKnownHostsFile none
	HostKeyAlias node
	StrictHostKeyChecking yes
	BatchMode yes
	LogLevel ERROR
"""


def make(suite, tar):
    debian.make(tar, suite, PACKAGES, ["--variant=extract"])


class Release:
    """Takes a directory that there is not yet. A node and a peer in one root."""

    def __init__(self, suite, tar, place, build):
        self.suite = suite
        self.root = debian.Root(tar, place)
        self.port = free_port()
        try:
            self.arrange(build)
        except BaseException:
            self.root.close()
            raise
        self.log = self.root.at("/root/sshd.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.root.command(["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/node.conf"]),
                env=debian.ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(self)

    def arrange(self, build):
        root = self.root
        self.uid = account.free_uid(39000)
        root.write("/etc/passwd", USERS + "nova:x:%d:%d::%s:%s\n" % (self.uid, self.uid, HOME, SHELL))
        root.write("/etc/group", "root:x:0:\nnova:x:%d:\n" % self.uid)
        root.write("/etc/shadow", "root:*:19000::::::\ninner:*:19000::::::\nnova:*:19000::::::\n", 0o600)
        shutil.copy(os.path.join(build, "rssh-nova"), root.at(SHELL))
        os.chmod(root.at(SHELL), 0o755)
        for path, mode in (("/run/sshd", 0o755), (HOME, 0o755), (PEER, 0o700), ("/tmp", 0o1777)):
            os.makedirs(root.at(path), exist_ok=True)
            os.chmod(root.at(path), mode)
        os.chown(root.at(HOME), self.uid, self.uid)
        self.tree = tree.Tree(root.at(HOME), self.uid, self.uid)
        self.configure("auto")
        key = make_key(root.at(PEER + "/key"))
        host = make_key(root.at("/etc/ssh/host_key"))
        root.write("/etc/ssh/keys", key + "\n")
        root.write("/etc/ssh/node.conf", SSHD.format(port=self.port))
        root.write(PEER + "/known_hosts", "node %s\n" % host)
        root.write(PEER + "/ssh_config", SSH.format(port=self.port, peer=PEER))

    def configure(self, namespaces):
        self.root.write("/etc/rssh-nova.conf", CONFIG.format(namespaces=namespaces))

    def rsync_version(self):
        said = self.command(["rsync", "--version"]).stdout.split()
        return tuple(int(word) for word in said[2].split(b".")[:2])

    def versions(self):
        """What is tried, for the header of a failure."""
        rsync = self.command(["rsync", "--version"]).stdout.split(b"\n")[0]
        return (rsync + b", " + self.command(["ssh", "-V"]).stderr.strip()).decode()

    def command(self, words, timeout=60):
        """As root in the release's own root."""
        return subprocess.run(self.root.command(words), env=debian.ENVIRONMENT, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout)

    def path(self, *names):
        """Of the instances, as the release sees it."""
        return os.path.join(HOME, "instances", *names)

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.root.close()
