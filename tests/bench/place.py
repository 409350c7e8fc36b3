# SPDX-License-Identifier: Apache-2.0
"""place: the environment of the parts: the test bed of tests/integration with a syslog that keeps nothing, as root, in
a mount namespace of its own. Each part runs in its own process, because a process cannot leave the namespace."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.path.abspath(os.environ.get("RSSH_NOVA_BUILD", TOP / "build" / "release"))
sys.path.insert(0, str(TOP / "tests" / "integration"))

from testbed import namespace, login  # noqa: E402
from testbed.node import Node  # noqa: E402
from testbed.peer import Peer  # noqa: E402
from testbed.tree import COMING  # noqa: E402

PEER = "127.0.0.1"
CONNECTION = PEER + " 50000 " + PEER + " 22"


class Place:
    """in_memory: all files are in a tmpfs, so that no disk counts."""

    def __init__(self, in_memory=True):
        self.base = tempfile.mkdtemp(prefix="rssh-nova-bench-", dir="/var/tmp")
        self.in_memory = in_memory
        self.rates = []

    def __enter__(self):
        namespace.leave_the_shared_mounts()
        if self.in_memory:
            namespace.mount("-t", "tmpfs", "-o", "size=6G", "tmpfs", self.base)
        os.chmod(self.base, 0o755)
        namespace.enter(self.base)
        self.sink = subprocess.Popen([self.program("sink"), "/dev/log"])
        self.node = Node(self.base, BUILD)
        self.node.write_config(more="")
        self.node.tree.rebuild()
        self.peer = Peer(self.base, self.node)
        self.instance = self.node.tree.at(COMING)
        # The peers of a comparison act here: what they make right in the instance directory would end the claim.
        self.work = os.path.join(self.instance, "work")
        for path in (self.instance, self.work):
            self.ask(login.LOGIN_SHELL, "ssh", "node", "mkdir -p " + path)
        return self

    def __exit__(self, *_):
        self.peer.close()
        self.node.close()
        self.sink.kill()
        self.sink.wait()
        namespace.leave(self.base)
        if self.in_memory:
            namespace.mount("--make-rprivate", self.base)
            subprocess.run(["umount", "--lazy", self.base], check=True)
        shutil.rmtree(self.base, ignore_errors=self.in_memory)

    def program(self, name):
        return os.path.join(BUILD, name)

    def ask(self, which, *words, **more):
        """Runs a client of the peer, which must succeed."""
        child = self.peer.popen(which, list(words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **more)
        _, err = child.communicate()
        if child.returncode != 0:
            sys.exit("bench: %s: %s" % (" ".join(words), err.decode()))

    def alternate(self, rounds, *commands, prepare=()):
        """Runs commands in turn as nova, as sshd starts them. Returns a list of nanoseconds for each."""
        words = list(prepare)
        for command in commands:
            words += ["--"] + list(command)
        environment = {
            "USER": "nova", "LOGNAME": "nova", "HOME": self.node.home, "PATH": "/usr/bin:/bin",
            "SSH_CONNECTION": CONNECTION}
        done = subprocess.run(
            [self.program("alternate"), str(rounds)] + words, env=environment, user=self.node.uid,
            group=self.node.gid, extra_groups=[], cwd=self.node.home, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit("bench: a command of these did not end well: %s" % (words,))
        return list(zip(*([int(word) for word in line.split()] for line in done.stdout.splitlines())))
