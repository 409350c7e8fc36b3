# SPDX-License-Identifier: Apache-2.0
"""peer: the sending compute node, as a user of its own with ssh set up as deployments do.

ssh, scp and rsync find their port and key through wrappers in PATH, so that Nova's drivers run with
nothing changed. Source: ssh_config(5).
"""

import os
import pwd
import shutil
import subprocess
import time

from testbed import account
from testbed.node import Run
from testbed.patience import give_up
from testbed.sshd import fingerprint, make_key

CONFIG = """\
Host *
	HostName 127.0.0.1
	Port {port}
	User {user}
	IdentityFile {home}/key
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile {home}/known_hosts
	GlobalKnownHostsFile none
	HostKeyAlias node
	StrictHostKeyChecking yes
	BindAddress {address}
	BatchMode yes
	LogLevel ERROR
"""


def put(path, content, mode=0o644):
    """Writes a file, and the directories that it needs. Gives its path."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb" if isinstance(content, bytes) else "w") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


class Peer:
    def __init__(self, base, node, as_root=False, name="peer", address="127.0.0.1", key_of=None):
        """address is where its connections come from, key_of another peer whose key it has."""
        self.node, self.as_root, self.address = node, as_root, address
        self.masters = {}
        self.home = os.path.join(base, "peer-root" if as_root else name)
        if as_root or os.geteuid() != 0:
            self.uid = self.gid = os.geteuid()
            self.gid = os.getegid()
            os.mkdir(self.home)
        else:
            self.uid = self.gid = account.free_uid(node.uid + 1)
            account.add(name, self.uid, self.home, "/bin/sh")
        self.key = self.take_key(key_of) if key_of else make_key(self.path("key"))
        self.fingerprint = fingerprint(self.path("key"))
        self.write("known_hosts", "node %s\n" % node.host_key())
        for name in ("key", "key.pub"):
            os.chown(self.path(name), self.uid, self.gid)

    def take_key(self, other):
        for name in ("key", "key.pub"):
            shutil.copy(other.path(name), self.path(name))
        return other.key

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, name, content, mode=0o644):
        """A file of the peer's own."""
        path = put(self.path(name), content, mode)
        for owned in (path, os.path.dirname(path)):
            os.chown(owned, self.uid, self.gid)
        return path

    def enter(self, login):
        """Makes ready to come in this way. Gives the directory with the wrappers for PATH."""
        port = self.node.sshd(login, self.key).port
        name = "%s.ssh" % login.name
        if not os.path.exists(self.path(name)):
            config = self.write(
                name, CONFIG.format(port=port, user=self.node.user, home=self.home, address=self.address))
            for program in ("ssh", "scp"):
                self.write(
                    os.path.join(login.name, program),
                    '#!/bin/sh\nexec /usr/bin/%s -F %s "$@"\n' % (program, config), 0o755)
        return self.path(login.name)

    def environment(self, login):
        return {
            "PATH": self.enter(login) + ":/usr/bin:/bin",
            "HOME": self.home,
            "USER": pwd.getpwuid(self.uid).pw_name,
            "LANG": "C.UTF-8",
            "TMPDIR": "/tmp",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def popen(self, login, arguments, more=None, **keywords):
        environment = self.environment(login)
        environment.update(more or {})
        if os.geteuid() == 0:
            keywords.update(user=self.uid, group=self.gid, extra_groups=[])
        for name in ("stdin", "stdout", "stderr"):
            keywords.setdefault(name, subprocess.PIPE)
        return subprocess.Popen(arguments, env=environment, cwd=self.home, **keywords)

    def run(self, login, arguments, input=b"", timeout=60, more=None):
        """Any client program of the peer's, over a connection of its own."""
        mark = self.node.syslog.mark()
        child = self.popen(login, arguments, more)
        try:
            out, err = child.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            give_up(child)
            raise
        records = [] if login.name == "plain-sh" else self.node.records(mark)
        return Run(child.returncode, out, err, records)

    def connect(self, login):
        """One connection for many commands. Gives the socket of its master."""
        path = self.path("%s.mux" % login.name)
        self.enter(login)
        master = self.masters.get(login.name)
        if master is None or master.poll() is not None:
            if os.path.exists(path):
                os.unlink(path)
            self.masters[login.name] = self.popen(
                login, ["ssh", "-MNT", "-S", path, "node"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 10
            while not os.path.exists(path):
                if time.monotonic() > end:
                    raise RuntimeError("no connection: " + self.node.daemons[login.name].text())
                time.sleep(0.01)
        return path

    def ask(self, login, *words, input=b"", timeout=60, more=None):
        """A command line over the shared connection; a last word -s before it asks for a subsystem."""
        arguments = ["ssh", "-T", "-S", self.connect(login)]
        return self.run(login, arguments + list(words[:-1]) + ["node", words[-1]], input, timeout, more)

    def remote_shell(self, login, line):
        """A program for rsync -e that asks for line, whatever rsync would ask for."""
        script = "#!/bin/sh\nexec /usr/bin/ssh -F %s -S %s node '%s'\n" % (
            self.path("%s.ssh" % login.name), self.connect(login), line)
        return self.write("remote-shell", script, 0o755)

    def close(self):
        for master in self.masters.values():
            master.terminate()
            master.wait()
