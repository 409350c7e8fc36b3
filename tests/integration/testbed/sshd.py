# SPDX-License-Identifier: Apache-2.0
"""sshd: OpenSSH's server on 127.0.0.1 and a free port, one for each login.

As root it serves the users of the private /etc; else only the running user.
Source: sshd_config(5).
"""

import os
import socket
import subprocess
import time

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/{login.name}.keys
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes {strict}
ExposeAuthInfo {auth_info}
AcceptEnv {login.accept_env}
MaxStartups 600
MaxSessions 600
PrintMotd no
PrintLastLog no
LogLevel VERBOSE
Subsystem sftp {login.subsystem}
"""


def make_key(path):
    """Gives the public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    with open(path + ".pub") as public:
        return public.read().strip()


def fingerprint(path):
    said = subprocess.run(["ssh-keygen", "-lf", path], check=True, capture_output=True, text=True)
    return said.stdout.split()[1]


def wait_for(sshd):
    """Until it listens: one with a process, a port and a text() of what it said."""
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", sshd.port), 1).close()
            return
        except OSError:
            if sshd.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("sshd did not start: " + sshd.text()) from None
            time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sshd:
    def __init__(self, directory, logs, login, forced):
        """directory holds host_key; logs is the one for logs; forced: the command line of rssh-nova
        if the login forces one."""
        self.login, self.directory, self.forced = login, directory, forced
        self.keys = []
        self.port = free_port()
        self.log = os.path.join(logs, login.name + ".log")
        self.write_config()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, close_fds=True,
                preexec_fn=login.prepare)
        self.wait_until_it_listens()

    def authorize(self, key):
        if key in self.keys:
            return
        self.keys.append(key)
        options = 'command="%s",restrict ' % self.forced if self.login.key_command else ""
        with open(os.path.join(self.directory, self.login.name + ".keys"), "w") as keys:
            keys.writelines("%s%s\n" % (options, each) for each in self.keys)

    def write_config(self):
        self.config = os.path.join(self.directory, self.login.name + ".conf")
        text = CONFIG.format(
            login=self.login, port=self.port, directory=self.directory,
            strict="yes" if os.geteuid() == 0 else "no",
            auth_info="yes" if self.login.auth_info else "no")
        if self.login.force_command:
            text += "ForceCommand %s\n" % self.forced
        text += self.login.more.format(directory=self.directory)
        with open(self.config, "w") as config:
            config.write(text)

    def wait_until_it_listens(self):
        wait_for(self)

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def close(self):
        self.process.terminate()
        self.process.wait()
