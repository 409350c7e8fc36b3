# SPDX-License-Identifier: Apache-2.0
"""A whole host in a mount namespace of its own. /etc, /var/lib, /run and /dev/log are in a directory of the test;
sshd and the tools of the system are the real ones. The package is installed, and setup has not run yet."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from conftest import ADMIN, SHELL

UID = 64055
MOUNT = """cd "$1" && shift
for name in null zero urandom random tty; do : >dev/$name; mount -n --bind /dev/$name dev/$name; done
mount -n -t tmpfs none run && mkdir -m 755 run/sshd && { [ ! -e run-nologin ] || : >run/nologin; } && [ ! -e ramfs ] || mount -n -t ramfs none ramfs
[ ! -e bin/systemctl ] || mkdir -p run/systemd/system
[ ! -e sshd.pid ] || cp sshd.pid run
[ ! -e bin/sshd ] || mount -n --bind bin/sshd /usr/sbin/sshd
mount -n --rbind dev /dev && mount -n --bind etc /etc && mount -n --bind bin/ssh /usr/bin/ssh && mount -n --rbind run /run &&
mount -n --bind var/lib /var/lib && mount -n --bind var/log /var/log &&
exec "$@"
"""
# Debian's, with a host key of the test.
SSHD = """Include /etc/ssh/sshd_config.d/*.conf
HostKey /etc/ssh/key
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
"""
CONFIG = """[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {top}/instances
[programs]
rsync = {top}/bin/rsync
"""
NOVA = "[DEFAULT]\nstate_path = {top}\ninstances_path = $state_path/instances\n[libvirt]\nvirt_type = kvm\n"
# The output of ssh -G: nova knows the other nodes and has a key.
SSH_G = """port 22
controlmaster false
stricthostkeychecking true
verifyhostkeydns false
identityfile ~/.ssh/id_rsa
identityfile ~/.ssh/id_ed25519
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile {top}/home/.ssh/known_hosts {top}/home/.ssh/known_hosts2
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB nova@peer"
DROP_IN, KEYS = "etc/ssh/sshd_config.d/00-rssh-nova.conf", "etc/ssh/authorized_keys.d/nova"


class Host:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        for name in ("etc/ssh/sshd_config.d", "etc/nova", "etc/rsyslog.d", "etc/logrotate.d", "var/lib", "var/log", "dev", "run",
                     "bin", "home/.ssh", "instances/_base"):
            (self.top / name).mkdir(parents=True)
        for name in ("ld.so.cache", "nsswitch.conf", "ld.so.conf", "login.defs"):
            if os.path.isfile("/etc/" + name):
                shutil.copy("/etc/" + name, self.top / "etc")
        self.shell = self.top / "bin/rssh-nova"
        shutil.copy(SHELL, self.shell)
        self.shell.chmod(0o755)
        self.passwd("/bin/sh")
        self.write("etc/group", "root:x:0:\nadm:x:4:\nnova:x:64055:\nnogroup:x:65534:\n")
        self.write("etc/shells", "# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n")
        self.write("etc/ssh/sshd_config", SSHD)
        self.write("home/.ssh/authorized_keys", f"# nodes\n{KEY}\n", 0o600)
        self.write("etc/rssh-nova.conf", CONFIG.format(top=self.top))
        self.write("etc/nova/nova.conf", NOVA.format(top=self.top))
        self.program("rsync", "rsync  version 3.5.0  protocol version 32")
        self.program("ssh", "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.18 30 Sep 2025")
        self.write("ssh-G", SSH_G.format(top=self.top))
        self.write("home/.ssh/known_hosts", f"node {KEY}\n")
        self.write("home/.ssh/id_ed25519", "a key\n")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.top / "etc/ssh/key"], check=True)
        for name in ("instances", "instances/_base", "home", "home/.ssh", "home/.ssh/authorized_keys"):
            os.chown(self.top / name, UID, UID)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.top / "dev/log"))
        self.path("dev/log").chmod(0o666)
        self.socket.setblocking(False)

    def passwd(self, shell=None, uid=UID):
        self.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n"
                   f"nova:x:{uid}:{uid}::{self.top}/home:{shell or self.shell}\n")

    def path(self, name):
        return self.top / name

    def read(self, name):
        return (self.top / name).read_text()

    def write(self, name, text, mode=0o644):
        path = self.top / name
        path.write_text(text)
        path.chmod(mode)

    def program(self, name, says):
        asked = f"[ \"$1\" != -G ] || exec cat {self.top}/ssh-G\n" if name == "ssh" else ""
        self.write(f"bin/{name}", f"#!/bin/sh\n{asked}echo '{says}'\n", 0o755)

    def wrap_sshd(self, behind):
        """Runs the real sshd and edits its output with a script of sed(1)."""
        if not self.path("bin/sshd.real").exists():
            shutil.copy("/usr/sbin/sshd", self.top / "bin/sshd.real")
        self.write("bin/sshd", f"#!/bin/sh\nsaid=$({self.top}/bin/sshd.real \"$@\" 2>&1); rc=$?\n"
                   f"printf '%s\\n' \"$said\" | sed '{behind}'\nexit $rc\n", 0o755)

    def sub(self, name, old, new):
        text = self.read(name)
        assert old in text, (name, old)
        (self.top / name).write_text(text.replace(old, new))

    def sshd(self, old, new):
        """Replaces old in the drop-in of setup, or in the main file if the drop-in does not contain it."""
        self.sub(DROP_IN if old in self.read(DROP_IN) else "etc/ssh/sshd_config", old, new)

    def append(self, name, text):
        with open(self.top / name, "a", encoding="ascii") as file:
            file.write(text)

    def drain(self):
        """Reads the messages of usermod to syslog; it blocks if nobody does."""
        with contextlib.suppress(OSError):
            while self.socket.recv(4096):
                pass

    def inside(self, *words, before=(), env=None):
        """Runs a program on the host. before: a command that runs the program."""
        self.drain()
        return subprocess.run(["unshare", "-m", "sh", "-euc", MOUNT, "sh", self.top, *before, *words],
                              capture_output=True, text=True, timeout=120, env=env)

    def run(self, *words, before=()):
        return self.inside(ADMIN, "doctor", *words, before=before)

    def setup(self, *words, before=(), env=None):
        return self.inside(ADMIN, "setup", "--shell", self.shell, *words, before=before, env=env)

    def findings(self, *words, before=()):
        done = self.run("--json", *words, before=before)
        assert done.stderr == "", done.stderr
        told = json.loads(done.stdout)
        levels = [finding["level"] for finding in told["findings"]]
        worst = max(levels, key=["ok", "warning", "fatal"].index)
        assert (told["worst"], done.returncode) == (worst, ["ok", "warning", "fatal"].index(worst))
        return told["findings"]

    def faults(self):
        return [finding for finding in self.findings() if finding["level"] != "ok"]

    def snapshot(self):
        """Every file in /etc, /var and /run: mode, owner, content. Without usermod's own files."""
        found = {}
        for part in ("etc", "var", "run"):
            for path in [self.top / part, *(self.top / part).rglob("*")]:
                name, st = str(path.relative_to(self.top)), path.lstat()
                if name not in ("etc/passwd-", "etc/passwd+", "etc/.pwd.lock"):
                    content = path.read_bytes() if path.is_file() else b""
                    found[name] = (oct(st.st_mode), st.st_uid, st.st_gid, content)
        return found

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def throw_away_host():
    with tempfile.TemporaryDirectory(prefix="rssh-nova-host.") as top:
        os.chmod(top, 0o755)
        host = Host(top)
        host.inside("true")  # makes the mount points
        try:
            yield host
        finally:
            host.close()
