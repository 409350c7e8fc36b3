# SPDX-License-Identifier: Apache-2.0
"""Transfers through a real sshd by Nova's own clients, against the same account with a plain login shell, and the
memory of a session meanwhile."""

import os
import shutil
import subprocess
import time

from place import CONNECTION, Place, login
from rows import alone, compare, compare_rates

from testbed.node import children_of

MEGABYTES = {"full": 400, "short": 4}
FILES = {"full": 1000, "short": 10}
ROUNDS = {"full": 16, "short": 1}
CLIENTS = {
    "rsync": ["rsync", "-r", "--sparse"],
    "scp (SFTP)": ["scp", "-q", "-r"],
    "scp -O": ["scp", "-q", "-O", "-r"],
}


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


def same(ours, theirs):
    return subprocess.run(["diff", "-rq", ours, theirs], stdout=subprocess.DEVNULL, check=False).returncode == 0


class Transfers:
    def __init__(self, place, form):
        self.place, self.form = place, form
        self.target = place.work + "/disk"
        self.bulk = place.peer.write("bulk", os.urandom(MEGABYTES[form] << 20))
        for number in range(FILES[form]):
            self.small = os.path.dirname(place.peer.write("small/%04d" % number, os.urandom(4096)))

    def once(self, which, client, source):
        # Remove the old file first: to replace it would take other work.
        remove(self.target)
        start = time.perf_counter_ns()
        self.place.ask(which, *CLIENTS[client], source, "node:" + self.target)
        return time.perf_counter_ns() - start

    def copy_of(self, client, source):
        """rsync puts a directory below the target, scp makes it the target."""
        return self.target + ("/small" if client == "rsync" and source == self.small else "")

    def in_turn(self, client, source):
        took = {login.LOGIN_SHELL: [], login.PLAIN: []}
        for number in range(ROUNDS[self.form] + 1):
            for which in list(took) if number % 2 else reversed(list(took)):
                ns = self.once(which, client, source)
                # The first round finds the caches cold; it shows that all arrives.
                if number > 0:
                    took[which].append(ns)
                elif not same(source, self.copy_of(client, source)):
                    raise SystemExit("bench: %s by %s came to something else" % (source, client))
        return took.values()

    def rows(self):
        rows = []
        for client in CLIENTS:
            ours, theirs = self.in_turn(client, self.bulk)
            rows.append(compare_rates("%s of %d MB" % (client, MEGABYTES[self.form]), "/bin/sh", ours, theirs,
                                      MEGABYTES[self.form] * 1.048576, ">= 0.99"))
        for client in CLIENTS:
            ours, theirs = self.in_turn(client, self.small)
            what = "%s of %d files of 4 KiB" % (client, FILES[self.form])
            rows.append(compare(what, "/bin/sh", ours, theirs, "ms"))
        return rows


def private_kib(pid):
    with open("/proc/%d/smaps_rollup" % pid) as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def memory(place, session, line):
    """Of our processes beside a program that waits for its client: the keeper and the supervisor."""
    child = place.node.popen(["rssh-nova", "-c", line], {"SSH_CONNECTION": CONNECTION})
    samples = []
    for _ in range(10):
        time.sleep(0.05)
        samples.append(sum(map(private_kib, [child.pid, *children_of(child.pid)])))
    child.stdin.close()
    child.wait()
    return alone("private memory of keeper and supervisor: " + session, max(samples), "KiB", len(samples), "< 1024")


def measure(form):
    with Place() as place:
        rows = Transfers(place, form).rows()
        rows.append(memory(place, "rsync", "rsync --server -rSe.iLsfxCIvu . %s/file" % place.instance))
        rows.append(memory(place, "scp -O", "scp -t %s/file" % place.instance))
        rows.append(memory(place, "SFTP", "/usr/lib/openssh/sftp-server"))
        return rows
