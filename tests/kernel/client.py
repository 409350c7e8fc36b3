# SPDX-License-Identifier: Apache-2.0
"""client: a peer with the stock scp and rsync, whose ssh is a pipe to the shell of the node.

So that the node's launcher can stand between. Does for them what ssh does: joins the words of the command line, and
asks for a subsystem by the line of sshd_config.
"""

import os
import shlex
import subprocess

from testbed.node import Run
from testbed.peer import put

SSH = """\
#!/bin/sh
while [ "$1" != node ]; do shift; done
shift
line=$*
[ "$line" != sftp ] || line=/usr/lib/openssh/sftp-server
exec env -i {variables} {words} rssh-nova -c "$line"
"""
SCP = '#!/bin/sh\nexec /usr/bin/scp -S {home}/bin/ssh "$@"\n'


class Client:
    def __init__(self, node):
        self.node = node
        self.home = os.path.join(node.base, "client")
        os.makedirs(self.path("bin"))

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, name, content, mode=0o644):
        return put(self.path(name), content, mode)

    def enter(self):
        node = self.node
        variables = {"USER": node.user, "LOGNAME": node.user, "HOME": node.home, "SHELL": node.shell,
                     "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.8 22"}
        words = [*node.launcher, str(node.uid), str(node.gid), node.shell]
        self.write("bin/ssh", SSH.format(
            words=shlex.join(words), variables=shlex.join("%s=%s" % each for each in variables.items())), 0o755)
        self.write("bin/scp", SCP.format(home=self.home), 0o755)

    def run(self, login, arguments, timeout=60):
        """login is what a peer over sshd takes (testbed/peer.py); this client has none."""
        self.enter()
        mark = self.node.syslog.mark()
        done = subprocess.run(
            arguments, cwd=self.home, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout,
            env={"PATH": self.path("bin") + ":/usr/bin:/bin", "HOME": self.home, "LANG": "C.UTF-8"})
        return Run(done.returncode, done.stdout, done.stderr, self.node.records(mark))
