# SPDX-License-Identifier: Apache-2.0
"""What the number of instances on a node costs: a builtin command and an SFTP session, with ten instances against ten
thousand. Another peer claims each instance except one. On a disk, as real instances are."""

import os
import subprocess
import time
import uuid

from place import COMING, PEER, Place, login
from testbed import claim
from rows import compare

COUNTS = {"full": (10, 10000), "short": (10, 200)}
ROUNDS = {"full": 60, "short": 2}
CONFIG = """\
[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {root}
"""


def fill(node, root, count):
    node.tree.make_directory(root)
    wall, boot = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    for _ in range(count - 1):
        path = os.path.join(root, str(uuid.uuid4()))
        for name in ("disk", "disk.info"):
            node.tree.write(os.path.join(path, name))
        claim.write(path, "1 %d %d 198.51.100.9 -" % (wall, boot))


class Instances:
    def __init__(self, place, counts):
        self.place, self.counts = place, counts
        self.small = place.peer.write("small", b"x" * 4096)
        self.roots = {count: os.path.join(place.node.home, "root-%d" % count) for count in counts}
        for count, root in self.roots.items():
            fill(place.node, root, count)
            self.turn_to(root)
            place.ask(login.LOGIN_SHELL, "ssh", "node", "mkdir -p %s/%s" % (root, COMING))
            self.sftp(root)  # creates the file that counts them

    def turn_to(self, root):
        self.place.node.write_config(CONFIG.format(root=root))

    def local(self, line):
        connection = {"SSH_CONNECTION": "%s 50000 %s 22" % (PEER, PEER)}
        child = self.place.node.popen(["rssh-nova", "-c", line], connection, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL)
        _, err = child.communicate()
        if child.returncode != 0:
            raise SystemExit("bench: %s: %s" % (line, err.decode()))

    def builtin(self, root):
        self.local("mkdir -p %s/%s" % (root, COMING))

    def sftp(self, _):
        self.local("/usr/lib/openssh/sftp-server")

    def scp(self, root):
        self.place.ask(login.LOGIN_SHELL, "scp", "-q", self.small, "node:%s/%s/small" % (root, COMING))

    def row(self, what, act, rounds):
        took = {count: [] for count in self.counts}
        for number in range(rounds + 2):
            for count in self.counts if number % 2 else reversed(self.counts):
                self.turn_to(self.roots[count])
                start = time.perf_counter_ns()
                act(self.roots[count])
                took[count].append(time.perf_counter_ns() - start)
        few, many = (took[count][2:] for count in self.counts)
        return compare("%s on a node with %d instances" % (what, self.counts[1]),
                       "with %d" % self.counts[0], many, few, "ms")


def measure(form):
    with Place(in_memory=False) as place:
        instances = Instances(place, COUNTS[form])
        return [instances.row(what, act, ROUNDS[form]) for what, act in (
            ("a builtin command", instances.builtin), ("an SFTP session by itself", instances.sftp),
            ("scp through sshd", instances.scp))]
