# SPDX-License-Identifier: Apache-2.0
"""debian: clean Debian 12 roots, from the mirror that this machine's apt uses.

The first is made by mmdebstrap, once in a run; each test gets a copy of its own, with /proc and the plain
devices. Programs run in a mount namespace of which the copy is the root, for who was put there by chroot(2)
may make no user namespace, and rssh-nova needs one for its second wall. Nothing is booted, and no service
starts by itself. Source: mmdebstrap(1), pivot_root(2), user_namespaces(7), invoke-rc.d(8).
"""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile

import pytest

from testbed import namespace

SUITE = "bookworm"
# Suites that Debian's mirrors have dropped are there.
ARCHIVE = "http://archive.debian.org/debian"
# What a compute node has before: sshd, rsync, a syslog; python3 and python3-apt for Ansible's modules.
PACKAGES = "openssh-server,openssh-client,rsync,rsyslog,logrotate,python3,python3-apt"
# Nobody reads there, and the copies are made faster.
SMALLER = 'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/locale/* "$1"/usr/share/man/*/*'
BOUND = 300
# Holds the namespace of a root until its standard input ends.
HOLD = """
mount --rbind "$1" "$1"
cd "$1"
mkdir old
pivot_root . old
cd /
umount -l /old
rmdir /old
echo ready
exec cat
"""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
               "DEBIAN_FRONTEND": "noninteractive"}


@contextlib.contextmanager
def place_for_roots(prefix):
    """A directory in which roots lie, in a mount namespace of its own; on a file system with user attributes, which
    /tmp need not be."""
    if os.geteuid() != 0:
        message = "needs root: mount namespaces"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    enter_namespace()
    place = tempfile.mkdtemp(prefix=prefix, dir="/var/tmp")
    os.chmod(place, 0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place)


def sources(suite=SUITE):
    """Debian's lines of this machine's apt for a suite, as sources.list(5) has them."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
         "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("|") for line in told.splitlines()]
    found = ["deb %s %s %s" % (uri, release, component) for origin, codename, uri, release, component in rows
             if origin == "Debian" and codename.split("-")[0] == suite]
    return list(dict.fromkeys(found))


def places(suite):
    """The sources to try in turn: those of this machine's apt, its mirror, and the archive of old suites."""
    if suite == SUITE:
        return [sources() or ["deb http://deb.debian.org/debian %s main" % suite]]
    mirror = next((line.split(" ")[1] for line in sources() if line.split(" ")[2] == SUITE),
                  "http://deb.debian.org/debian")
    return [["deb %s %s main" % (site, suite)] for site in (mirror, ARCHIVE)]


def acquire_options():
    """How this machine's apt reaches its mirror: proxies, and what it thinks of old indices."""
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
    return [line for line in told.splitlines() if line.startswith(wanted) and not line.endswith('"";')]


def make(target, suite=SUITE, packages=PACKAGES, options=(), bound=BOUND, before=()):
    """Writes a root: a tar file, or a directory if the name has no ending. Package lists stay in it, so that apt can
    install more. The command before, if any, runs mmdebstrap."""
    settings = acquire_options() + ['Acquire::Languages "none";']
    if suite != SUITE:  # the mirror's index of another suite may be older than it says
        settings.append('Acquire::Check-Valid-Until "false";')
    said = []
    for lines in places(suite):
        try:
            done = subprocess.run(
                [*before, "mmdebstrap", "--variant=minbase", "--include=" + packages, "--skip=cleanup/apt/lists",
                 "--skip=cleanup/reproducible", "--dpkgopt=force-unsafe-io", "--customize-hook=" + SMALLER,
                 *("--aptopt=" + line for line in settings), *options, suite, target, *lines],
                capture_output=True, text=True, timeout=bound)
        except FileNotFoundError:
            raise RuntimeError("mmdebstrap is not installed: install/dependencies test") from None
        if done.returncode == 0:
            return
        said.append(done.stderr[-4000:])
    raise RuntimeError("mmdebstrap made no root of %s:\n%s" % (suite, "\n".join(said)))


def enter_namespace():
    """For the whole run. Needs CAP_SYS_ADMIN, which root in a plain container lacks."""
    try:
        namespace.leave_the_shared_mounts()
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(
            "these tests need root with the right to make mount namespaces and to mount "
            "(in a container: CAP_SYS_ADMIN): %s" % error) from None


def describe(path):
    """What dpkg -V and a careful eye would compare."""
    status = os.lstat(path)
    what = [stat.filemode(status.st_mode), status.st_uid, status.st_gid]
    if stat.S_ISLNK(status.st_mode):
        what.append(os.readlink(path))
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            what.append(hashlib.sha256(file.read()).hexdigest())
    return tuple(what)


class Root:
    def __init__(self, tar, place):
        self.unpack(tar, place)
        namespace.mount("-t", "proc", "proc", self.at("/proc"))
        os.makedirs(self.at("/run/sshd"), 0o755, exist_ok=True)
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-euc", HOLD, "sh", place],
            env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError("no mount namespace with %s as its root" % place)

    def unpack(self, tar, place):
        self.path = place
        os.mkdir(place, 0o755)
        subprocess.run(["tar", "-x", "--numeric-owner", "-p", "-f", tar, "-C", place], check=True)
        shutil.rmtree(self.at("/dev"))
        namespace.make_devices(self.at("/dev"))
        # The mirror is reached as the machine reaches it.
        if os.path.exists("/etc/resolv.conf"):
            self.write("/etc/resolv.conf", self.read_outside("/etc/resolv.conf"))

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        for name in ("/proc", "/dev"):
            subprocess.run(["umount", "--recursive", "--lazy", self.at(name)], check=True)
        shutil.rmtree(self.path)

    @staticmethod
    def read_outside(path):
        with open(path) as file:
            return file.read()

    def at(self, path):
        return self.path + path

    def read(self, path):
        return self.read_outside(self.at(path))

    def write(self, path, text, mode=0o644):
        if os.path.lexists(self.at(path)):
            os.unlink(self.at(path))
        with open(self.at(path), "w") as file:
            file.write(text)
        os.chmod(self.at(path), mode)

    def take_in(self, path):
        """Copies a file of the machine into the root. Gives its name there."""
        shutil.copy(path, self.at("/root"))
        return "/root/" + os.path.basename(path)

    def command(self, words):
        return ["nsenter", "--mount=/proc/%d/ns/mnt" % self.holder.pid, "--", *words]

    def run(self, *words, status=0, timeout=120):
        """Both outputs as text; any other exit status than the one expected is an error."""
        done = subprocess.run(self.command(words), env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        assert done.returncode == status, "%s: %d\n%s" % (" ".join(words), done.returncode, done.stdout)
        return done.stdout

    def install(self, deb, *options):
        """As an operator would: apt finds what it depends on."""
        return self.run("apt-get", "install", "-y", "-q", "--no-install-recommends", *options, self.take_in(deb))

    def add_nova(self):
        """The account as nova-common makes it, its instances, and a shell that lets a peer in."""
        self.run("useradd", "--system", "--home-dir", "/var/lib/nova", "--create-home", "--shell", "/bin/sh",
                 "nova")
        self.run("install", "-d", "-o", "nova", "-g", "nova", "/var/lib/nova/instances/_base")
        self.run("chown", "nova:nova", "/var/lib/nova/instances")
        os.chmod(self.at("/var/lib/nova"), 0o755)

    def etc(self):
        """{path: what it is} of everything below /etc."""
        found = {}
        for directory, names, files in os.walk(self.at("/etc")):
            for name in names + files:
                path = os.path.join(directory, name)
                found[path[len(self.path):]] = describe(path)
        return found


def differences(before, after):
    """The paths that came, went or changed."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
