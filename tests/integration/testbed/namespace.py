# SPDX-License-Identifier: Apache-2.0
"""namespace: a private view of the system's directories, so that a run as root changes none of them.

The calling process gets a mount namespace of its own. In it /etc is a copy (private_etc.py), /dev holds the plain
devices and no /dev/log, and /opt, /run, /var/lib and /var/log are empty. All of it lies in one
directory of the real file system, which the caller removes at the end.
Source: mount_namespaces(7).
"""

import ctypes
import os
import subprocess

from testbed import private_etc

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
EMPTY = ("opt", "run", "var/lib", "var/log")


def mount(*words):
    subprocess.run(("mount", "--no-mtab") + words, check=True)  # which would leave a file in /run


def unshare(flag):
    """Source: unshare(2). Python has it from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flag) != 0:
        raise OSError(ctypes.get_errno(), "unshare(%#x)" % flag)


def enter_a_network():
    """One of our own, with a loopback."""
    unshare(CLONE_NEWNET)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def leave_the_shared_mounts():
    unshare(CLONE_NEWNS)
    mount("--make-rprivate", "/")


def make_devices(at):
    """/dev is one and the same in every namespace: a tmpfs with the nodes bound into it is ours."""
    os.makedirs(at)
    mount("-t", "tmpfs", "-o", "mode=0755,size=1m", "tmpfs", at)
    for name in DEVICES:
        path = os.path.join(at, name)
        open(path, "w").close()
        mount("--bind", os.path.join("/dev", name), path)
    for name in ("pts", "shm"):
        os.mkdir(os.path.join(at, name))
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620", "devpts", os.path.join(at, "pts"))
    os.symlink("pts/ptmx", os.path.join(at, "ptmx"))
    mount("-t", "tmpfs", "-o", "mode=1777,size=1m", "tmpfs", os.path.join(at, "shm"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink("/proc/self/fd/%d" % number, os.path.join(at, name))
    os.symlink("/proc/self/fd", os.path.join(at, "fd"))


def enter(base):
    """Takes an empty directory; from here on this process and its children see the private view."""
    leave_the_shared_mounts()
    copy = os.path.join(base, "etc")
    os.mkdir(copy, 0o755)
    private_etc.make(copy)
    make_devices(os.path.join(base, "dev"))
    mount("--rbind", os.path.join(base, "dev"), "/dev")
    mount("--bind", copy, "/etc")
    for name in EMPTY:
        path = os.path.join(base, name)
        os.makedirs(path, mode=0o755)
        mount("--bind", path, "/" + name)
    os.mkdir("/run/sshd", 0o755)
    os.mkdir("/run/lock", 0o755)


def leave(base):
    """Takes away what lies below base, so that base can be removed."""
    subprocess.run(["umount", "--no-mtab", "--recursive", "--lazy", os.path.join(base, "dev")], check=True)
