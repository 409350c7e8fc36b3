# SPDX-License-Identifier: Apache-2.0
"""node: the receiving compute node: user nova, the installed shell, its configuration, its ways in."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass, field

from testbed import account, tree
from testbed.patience import give_up, patient
from testbed.sshd import Sshd, make_key

CONFIG = """\
[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {root}
"""
# For most tests: what is here already may be written, so that every other wall shows.
CLAIMS_OFF = "[claims]\nmode = off\n"


def children_of(pid):
    """Of the shell: its supervisor, whose child is the program."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
            return [int(child) for child in children.read().split()]
    except FileNotFoundError:
        return []


def name_of(pid):
    """"" for one that has ended meanwhile, as the helper that makes the second wall does at once."""
    try:
        with open("/proc/%s/comm" % pid) as comm:
            return comm.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def child_of(pid):
    """The program that the supervisor of the shell started, once it has gone through its exec."""
    end = time.monotonic() + patient(10)
    while time.monotonic() < end:
        for supervisor in children_of(pid):
            for child in children_of(supervisor):
                if name_of(child) in ("sftp-server", "rsync", "scp"):
                    return child
        time.sleep(0.01)
    raise AssertionError("no child")


@dataclass
class Run:
    """One command that ended: what its caller saw and what the audit says."""

    status: int
    out: bytes
    err: bytes
    records: list = field(default_factory=list)

    def of(self, event):
        return [record for record in self.records if record["event"] == event]

    @property
    def decides(self):
        return self.of("decide")

    @property
    def dones(self):
        return self.of("done")

    @property
    def faults(self):
        return self.of("fault")


class Node:
    """Takes a directory that only its owner writes. As root it needs namespace.enter() before."""

    def __init__(self, base, build):
        self.base, self.build = base, build
        self.is_root = os.geteuid() == 0
        self.daemons = {}
        self.login_shell = None
        self.syslog = None
        self.audited = True
        self.groups = []  # that the user is in besides its own, when the shell is started without sshd
        self.launcher = []  # stands before the shell: a program that takes words, uid, gid, and what to start
        if self.is_root:
            self.install()
        else:
            self.borrow()
        self.default_config = CONFIG.format(root=os.path.join(self.home, "instances"))
        self.tree = tree.Tree(self.home, self.uid, self.gid)
        os.makedirs(self.ssh_directory)
        make_key(os.path.join(self.ssh_directory, "host_key"))
        self.write_config()

    def install(self):
        self.user, self.home = "nova", "/var/lib/nova"
        self.shell = "/opt/rssh-nova/rssh-nova"
        self.config = "/etc/rssh-nova.conf"
        self.ssh_directory = "/etc/ssh/nodes"
        self.uid = self.gid = account.free_uid(40000 + os.getpid() % 1000 * 10)
        account.add(self.user, self.uid, self.home, "/bin/sh")
        account.append("/etc/shells", self.shell)
        self.install_shell()

    def install_shell(self):
        os.makedirs(os.path.dirname(self.shell), exist_ok=True)
        if os.path.exists(os.path.join(self.build, "rssh-nova")):
            shutil.copy(os.path.join(self.build, "rssh-nova"), self.shell)
            os.chmod(self.shell, 0o755)

    def borrow(self):
        """Not root: the running user in nova's place, the configuration named on the command line."""
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.uid, self.gid = os.geteuid(), os.getegid()
        self.home = os.path.join(self.base, "home")
        os.mkdir(self.home)
        self.shell = os.path.join(self.build, "rssh-nova")
        self.config = os.path.join(self.base, "rssh-nova.conf")
        self.ssh_directory = os.path.join(self.base, "ssh")
        self.audited = os.path.exists("/dev/log")

    @property
    def forced(self):
        """The command line of a forced command."""
        return self.shell if self.is_root else "%s --config %s" % (self.shell, self.config)

    def write_config(self, text=None, more=CLAIMS_OFF):
        """text stands for the whole file, more for lines behind the default one."""
        if text is None:
            text = self.default_config + ("" if self.audited else "[audit]\nrequired = no\n") + more
        if os.path.lexists(self.config):
            os.unlink(self.config)
        with open(self.config, "w") as config:
            config.write(text)
        os.chmod(self.config, 0o644)

    def sshd(self, login, client_key):
        """The running server of a way, and its login shell in force."""
        if login.name not in self.daemons:
            self.daemons[login.name] = Sshd(
                self.ssh_directory, self.base, login, self.forced)
        self.daemons[login.name].authorize(client_key)
        if self.is_root:
            wanted = self.shell if login.restricted_login_shell else "/bin/sh"
            if wanted != self.login_shell:
                account.set_login_shell(self.user, wanted)
                self.login_shell = wanted
        return self.daemons[login.name]

    def host_key(self):
        with open(os.path.join(self.ssh_directory, "host_key.pub")) as public:
            return public.read().strip()

    def popen(self, arguments, environment=None, prepare=None, **keywords):
        """Starts the shell as nova, as sshd would: its own session, pipes, few variables.
        prepare is called in the child and may leave descriptors open for the shell."""
        variables = {
            "USER": self.user, "LOGNAME": self.user, "HOME": self.home, "PATH": "/usr/bin:/bin",
            "SHELL": self.shell, "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.8 22",
            "SSH_CLIENT": "192.0.2.7 50000 22",
        }
        variables.update(environment or {})
        first = self.launcher[0] if self.launcher else self.shell
        if self.launcher:
            arguments = [*self.launcher, str(self.uid), str(self.gid), self.shell, *arguments]
        elif self.is_root:
            keywords.update(user=self.uid, group=self.gid, extra_groups=self.groups)
        for name in ("stdin", "stdout", "stderr"):
            keywords.setdefault(name, subprocess.PIPE)
        return subprocess.Popen(
            list(arguments), executable=first, cwd=self.home, env=variables,
            preexec_fn=prepare, start_new_session=True, close_fds=prepare is None, **keywords)

    def arguments(self, line):
        """argv that makes the shell see line as a login shell would; not root: as a forced command."""
        return ["rssh-nova", "-c", line] if self.is_root else self.forced.split(" ")

    def start(self, line, environment=None, prepare=None, **keywords):
        """A command line straight to the shell, without ssh between."""
        environment = dict(environment or {})
        if not self.is_root:
            environment.setdefault("SSH_ORIGINAL_COMMAND", line)
        return self.popen(self.arguments(line), environment, prepare, **keywords)

    def run(self, line, environment=None, input=b"", timeout=30, prepare=None):
        mark = self.syslog.mark()
        return self.finish(self.start(line, environment, prepare), mark, input, timeout)

    def run_forced(self, line, environment=None, input=b"", timeout=30, prepare=None):
        """The same as a forced command would get it; None for a client that asked for nothing."""
        environment = dict(environment or {})
        if line is not None:
            environment["SSH_ORIGINAL_COMMAND"] = line
        mark = self.syslog.mark()
        child = self.popen(self.forced.split(" "), environment, prepare)
        return self.finish(child, mark, input, timeout)

    def finish(self, child, mark, input=b"", timeout=30):
        try:
            out, err = child.communicate(input, patient(timeout))
        except subprocess.TimeoutExpired:
            give_up(child)
            raise
        return Run(child.returncode, out, err, self.records(mark))

    def records(self, mark):
        return self.syslog.settled(mark) if self.is_root else []

    def snapshot(self):
        """Everything that a run may not change but where it is meant to."""
        found = tree.snapshot(self.home, with_content=True)
        for place in self.litter() + (["/var/lib", "/etc", "/opt", "/run"] if self.is_root else []):
            found.update(
                (path, entry) for path, entry in tree.snapshot(place, with_content=False).items()
                if path not in found)
        # The test bed itself changes these files when it uses a login for the first time.
        return {
            path: entry for path, entry in found.items()
            if path not in ("/etc", "/etc/passwd") and not path.startswith("/etc/ssh")}

    def litter(self):
        """What nova owns in the directories that all may write; sshd's own files are not ours."""
        found = []
        for directory in ("/tmp", "/var/tmp", "/dev/shm"):
            for name in os.listdir(directory):
                path = os.path.join(directory, name)
                if not self.is_root or name.startswith("sshauth."):
                    continue
                try:
                    if os.lstat(path).st_uid == self.uid:
                        found.append(path)
                except FileNotFoundError:
                    pass
        return found

    def processes(self):
        """What runs as nova now, without sshd's own: {pid: command line}. Root only. One that has ended and that
        its parent has not waited for has no command line."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat("/proc/" + pid).st_uid != self.uid:
                    continue
                with open("/proc/%s/comm" % pid) as comm, open("/proc/%s/cmdline" % pid) as line:
                    words = line.read().replace("\0", " ")
                    if comm.read().strip() != "sshd" and words != "":
                        found[int(pid)] = words
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def close(self):
        for daemon in self.daemons.values():
            daemon.close()
        # A shell that a test killed could not take its mirror away.
        for path in self.litter():
            shutil.rmtree(path, ignore_errors=True)
