# SPDX-License-Identifier: Apache-2.0
"""client: the peer of a release. The programs are the release's own, or those of this machine."""

import os
import subprocess

import debian
from testbed.node import Run
from release import PEER


class Client:
    """own: the release's programs, in its root. Else this machine's, which see the root's files by another path."""

    def __init__(self, release, own):
        self.release, self.own = release, own
        self.home = PEER if own else release.root.at(PEER)
        if not own:
            self.put("ssh_config", self.get("ssh_config").replace(PEER.encode() + b"/", self.home.encode() + b"/"),
                     "ssh_config.outside")

    def get(self, name):
        with open(os.path.join(self.release.root.at(PEER), name), "rb") as file:
            return file.read()

    def put(self, name, content, other=None):
        """A file of the peer's; gives its path as the peer's programs see it."""
        path = os.path.join(self.release.root.at(PEER), other or name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return os.path.join(self.home, other or name)

    def at(self, *names):
        return os.path.join(self.home, *names)

    @property
    def config(self):
        return self.at("ssh_config" if self.own else "ssh_config.outside")

    def run(self, *words, input=b"", cwd=None):
        """Both ends' outcome: the client's, and the records of the node."""
        mark = self.release.syslog.mark()
        if cwd is not None:
            words = ["dash", "-c", 'cd "$0" && exec "$@"', cwd, *words]
        done = subprocess.run(
            self.release.root.command(list(words)) if self.own else list(words), env=debian.ENVIRONMENT, input=input,
            capture_output=True, timeout=60, cwd="/")
        return Run(done.returncode, done.stdout, done.stderr, self.release.syslog.settled(mark))

    def ssh(self, line):
        return self.run("ssh", "-F", self.config, "node", line)

    def scp(self, *words):
        return self.run("scp", "-F", self.config, *words)

    def sftp(self, *lines):
        return self.run("sftp", "-F", self.config, "-b", "-", "node", input="".join(
            line + "\n" for line in lines).encode())

    def rsync(self, *words, cwd=None):
        return self.run("rsync", "-e", "ssh -F " + self.config, *words, cwd=cwd)

    def knows_both_protocols(self):
        """Has its scp the option -O? That came with OpenSSH 8.7."""
        return b"ABCOp" in self.run("scp").err
