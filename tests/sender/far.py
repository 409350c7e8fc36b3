# SPDX-License-Identifier: Apache-2.0
"""far: the far end. A private sshd on 127.0.0.1 and ::1, with a free port and new keys. It logs each command line, and
then runs a script that the test chooses.

As root it has an /etc/passwd of its own with the login shell /bin/sh: another shell would run its start-up files for
each command. Without root the user's shell stays."""
import ctypes
import getpass
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time

SSHD = "/usr/sbin/sshd"
PROBE_SECONDS = 30
PORTS = 5  # attempts: another program may take a port before sshd does
CLONE_NEWNS = 0x20000

RECORDER = """#!/bin/sh
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>{log}
. {shell}
"""

THROTTLE = "/usr/bin/python3 %s" % shlex.quote(str(pathlib.Path(__file__).resolve().parent / "throttle.py"))

PLAIN = 'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'

SSHD_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey {dir}/host_key
PidFile {dir}/sshd.pid
AuthorizedKeysFile {dir}/user_key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
LogLevel VERBOSE
Subsystem sftp /usr/lib/openssh/sftp-server
{force}
"""

IN_NAMESPACE = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                'mount --no-mtab --bind "$1" /etc/passwd && shift && exec "$@"', "sh"]

SSH_CONFIG = """
Host far-alias
    HostName 127.0.0.1
Host *
    Port {port}
    IdentityFile {dir}/user_key
    IdentitiesOnly yes
    UserKnownHostsFile {dir}/known_hosts
    GlobalKnownHostsFile /dev/null
    HostKeyAlias far
    {more}
"""


def keep_mounts_to_ourselves():
    """Our mounts end with us, even if we are killed, and nobody else sees them. Needs root."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["mount", "--no-mtab", "--make-rprivate", "/"], check=True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Far:
    def __init__(self, directory, recording=True):
        self.recording = recording
        self.dir = pathlib.Path(directory)
        self.port = None
        self.log = self.dir / "commands"
        self.shell = self.dir / "shell"
        self.ssh_config = self.dir / "ssh_config"
        self.small = None
        self.sshd = None

    def _key(self, name):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.dir / name], check=True)

    def start(self):
        keep_mounts_to_ourselves()
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self._key("host_key")
        self._key("user_key")
        host_key = (self.dir / "host_key.pub").read_text().split()
        (self.dir / "known_hosts").write_text("far %s %s\n" % tuple(host_key[:2]))
        recorder = self.dir / "recorder"
        recorder.write_text(RECORDER.format(log=self.log, shell=self.shell))
        recorder.chmod(0o755)
        self.be_plain()
        self._write_passwd()
        self._mount_small()
        self.launch()

    def _mount_small(self):
        """2 MiB, mounted before sshd gets mounts of its own, so that both ends see it. Needs root."""
        if os.geteuid() == 0:
            self.small = self.dir / "small"
            self.small.mkdir()
            subprocess.run(["mount", "--no-mtab", "-t", "tmpfs", "-o", "size=2m", "small", self.small], check=True)

    def _write_passwd(self):
        lines = []
        for line in pathlib.Path("/etc/passwd").read_text().splitlines():
            fields = line.split(":")
            if fields[0] == getpass.getuser():
                fields[-1] = "/bin/sh"
            lines.append(":".join(fields) + "\n")
        (self.dir / "passwd").write_text("".join(lines))
        (self.dir / "passwd").chmod(0o644)

    def launch(self):
        """Starts sshd, on its former port if that is still free."""
        for _ in range(PORTS):
            self.port = self.port or free_port()
            self.write_ssh_config()
            force = "ForceCommand %s" % (self.dir / "recorder") if self.recording else ""
            (self.dir / "sshd_config").write_text(
                SSHD_CONFIG.format(dir=self.dir, port=self.port, force=force))
            if self._listens():
                return
            self.port = None
        raise AssertionError((self.dir / "sshd.log").read_text())

    def _listens(self):
        wrap = IN_NAMESPACE + [self.dir / "passwd"] if os.geteuid() == 0 else []
        self.sshd = subprocess.Popen(
            wrap + [SSHD, "-D", "-f", self.dir / "sshd_config", "-E", self.dir / "sshd.log"],
            stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                if self.sshd.poll() is None:
                    return True
            except OSError:
                pass
            if self.sshd.poll() is not None:
                return False
            time.sleep(0.02)
        raise AssertionError("sshd does not listen")

    def stop(self):
        self.cut()
        self.sshd.terminate()
        self.sshd.wait()
        if self.small is not None:
            subprocess.run(["umount", "--no-mtab", "-l", self.small], check=True)
        end = time.monotonic() + PROBE_SECONDS
        while self.strays():
            assert time.monotonic() < end, "left running: %s" % self.strays()
            time.sleep(0.1)

    def strays(self):
        """Processes of this far end that still run."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and bytes(self.dir) in pathlib.Path("/proc", entry, "cmdline").read_bytes():
                    found.append(int(entry))
            except OSError:
                pass
        return found

    def sessions(self):
        """The sshd processes of connections: the listener's children and theirs."""
        return descendants(self.sshd.pid)

    def cut(self):
        """Breaks every connection. Programs that sshd started keep running."""
        for pid in self.sessions():
            try:
                if pathlib.Path("/proc", str(pid), "comm").read_text().startswith("sshd"):
                    os.kill(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass

    def write_ssh_config(self, more=""):
        self.ssh_config.write_text(SSH_CONFIG.format(dir=self.dir, port=self.port, more=more))

    def be(self, script):
        """script: lines of sh(1) that handle $SSH_ORIGINAL_COMMAND."""
        self.shell.write_text(script)

    def be_slow(self, copies, size, pause, sends=False):
        """copies: a pattern of sh(1) for the command lines with a slow stream: their input, or their output if
        sends."""
        line = '/bin/sh -c "$SSH_ORIGINAL_COMMAND"'
        slow = "%s %d %f" % (THROTTLE, size, pause)
        pipe = "%s | %s" % ((line, slow) if sends else (slow, line))
        self.be("case $SSH_ORIGINAL_COMMAND in %s) %s; exit $?;; esac\n%s" % (copies, pipe, PLAIN))

    def be_plain(self):
        self.be(PLAIN)

    def be_rssh_nova(self, program, config):
        self.be("exec %s --config %s\n" % (shlex.quote(str(program)), shlex.quote(str(config))))

    def forget(self):
        self.log.write_text("")

    def commands(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


def descendants(pid):
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found
