# SPDX-License-Identifier: Apache-2.0
"""sshd: the root's own sshd with the root's own configuration, on 127.0.0.1 and a free port."""

import subprocess

from testbed.sshd import free_port, wait_for
from debian import ENVIRONMENT


class Sshd:
    def __init__(self, root, log):
        self.root, self.log, self.port = root, log, free_port()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                root.command(["/usr/sbin/sshd", "-D", "-e", "-p", str(self.port), "-o", "ListenAddress=127.0.0.1"]),
                env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait_for(self)

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def host_key(self):
        return self.root.read("/etc/ssh/ssh_host_ed25519_key.pub").strip()

    def close(self):
        self.process.terminate()
        self.process.wait()
