# SPDX-License-Identifier: Apache-2.0
"""What the second wall costs: each kind of session with namespaces = required against off."""

import subprocess
import time

from place import PEER, Place, login
from rows import compare

ROUNDS = {"full": 60, "short": 2}
SETTINGS = ("off", "required")


class Wall:
    def __init__(self, place):
        self.place = place
        self.small = place.peer.write("small", b"x" * 4096)
        self.target = "node:%s/small" % place.instance

    def turn_to(self, setting):
        self.place.node.write_config(more="[sandbox]\nnamespaces = %s\n" % setting)

    def sftp_session(self):
        """A session without requests and without ssh."""
        connection = {"SSH_CONNECTION": "%s 50000 %s 22" % (PEER, PEER)}
        child = self.place.node.popen(["rssh-nova", "-c", "/usr/lib/openssh/sftp-server"], connection,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, err = child.communicate()
        if child.returncode != 0:
            raise SystemExit("bench: sftp-server: " + err.decode())

    def scp_push(self):
        self.place.ask(login.LOGIN_SHELL, "scp", "-q", self.small, self.target)

    def rsync_push(self):
        self.place.ask(login.LOGIN_SHELL, "rsync", "-r", "--sparse", self.small, self.target)

    def row(self, what, act, rounds):
        took = {setting: [] for setting in SETTINGS}
        for number in range(rounds + 2):
            for setting in SETTINGS if number % 2 else reversed(SETTINGS):
                self.turn_to(setting)
                start = time.perf_counter_ns()
                act()
                took[setting].append(time.perf_counter_ns() - start)
        off, required = (took[setting][2:] for setting in SETTINGS)
        return compare(what + " behind the second wall", "without it", required, off, "ms")


def measure(form):
    with Place() as place:
        wall = Wall(place)
        return [wall.row(what, act, ROUNDS[form]) for what, act in (
            ("an SFTP session by itself", wall.sftp_session), ("scp of a small file", wall.scp_push),
            ("rsync of a small file", wall.rsync_push))]
