# SPDX-License-Identifier: Apache-2.0
"""tree: a throw-away instances root as Nova keeps one, with things round it that no peer may touch.

A snapshot holds type, mode, owner, size, times, the user's extended attributes and, where asked for, content of
everything under a set of places. The time of last change (ctime) is in it, which no process can set: on Linux 6.13
and later a file that was changed and put back shows as well.
"""

import hashlib
import os
import shutil
import stat

TENANT = "11111111-1111-4111-8111-111111111111"  # an instance that lives here
STOPPED = "22222222-2222-4222-8222-222222222222"  # a second one
EMPTY = "33333333-3333-4333-8333-333333333333"  # a directory with nothing in it
COMING = "44444444-4444-4444-8444-444444444444"  # not here yet: the one that migrates
LATER = "55555555-5555-4555-8555-555555555555"  # not here, for a second step
IMAGE = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
PROBE = "0123456789abcdef0123456789abcdef.tmp"

FILES = {
    "instances/%s/disk" % TENANT: b"tenant disk " * 600,
    "instances/%s/disk.info" % TENANT: b'{"/disk": "qcow2"}',
    "instances/%s/console.log" % TENANT: b"boot\n",
    "instances/%s/kernel" % TENANT: b"kernel of the tenant",
    "instances/%s/ramdisk" % TENANT: b"ramdisk of the tenant",
    "instances/%s/vtpm/tpm2-00.permall" % TENANT: b"secret tpm state",
    "instances/%s/disk" % STOPPED: b"stopped disk " * 40,
    "instances/%s_resize/disk" % TENANT: b"disk being resized",
    "instances/_base/%s" % IMAGE: b"image " * 500,
    "instances/locks/nova-storage-registry-lock": b"",
    "instances/compute_nodes": b'{"node-a": 1.0}',
    "instances/snapshots/note": b"snapshot",
    "instances2/%s/disk" % TENANT: b"a root whose name only begins like ours",
    "canary": b"sings\n",
    "secret.conf": b"[database]\nconnection = mysql://nova:secret@db\n",
    "public/file": b"in a directory that all may write\n",
}
SEAL = "user.rssh-nova.seal"
LOCKS = ".rssh-nova.sessions"  # made by the first transfer of a node, and empty for ever
DIRECTORIES = ("instances/%s" % EMPTY,)


class Tree:
    """home is nova's home directory; everything in it but ssh's own belongs to the tree."""

    def __init__(self, home, uid, gid):
        self.home, self.uid, self.gid = home, uid, gid
        self.root = os.path.join(home, "instances")

    def at(self, *names):
        return os.path.join(self.root, *names)

    def rebuild(self):
        for name in os.listdir(self.home):
            path = os.path.join(self.home, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        for name, content in FILES.items():
            self.write(os.path.join(self.home, name), content)
        for name in DIRECTORIES:
            self.make_directory(os.path.join(self.home, name))
        self.write(self.at(LOCKS), mode=0o600)
        os.chmod(os.path.join(self.home, "public"), 0o777)
        os.chmod(os.path.join(self.home, "secret.conf"), 0o600)

    def make_directory(self, path):
        if os.path.isdir(path):
            return
        self.make_directory(os.path.dirname(path))
        os.mkdir(path, 0o755)
        os.chmod(path, 0o755)
        self.own(path)

    def own(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.startswith(self.root + "/"):
            self.seal(path)

    def write(self, path, content=b"", mode=0o644):
        self.make_directory(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        self.own(path)

    def seal(self, path):
        """Makes what changed in the instance directory of path look as if it had come through us (node/seal.h)."""
        instance = self.at(os.path.relpath(path, self.root).split("/")[0])
        if os.path.isdir(instance) and SEAL in os.listxattr(instance):
            os.setxattr(instance, SEAL, b"1 %d %d" % divmod(os.stat(instance).st_mtime_ns, 10**9))

    def link(self, target, path):
        os.symlink(target, path)
        self.own(path)


def attributes(path):
    """{name: value} of those that an owner may set."""
    return {name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False) if name.startswith("user.")}


def entry(path, with_content):
    status = os.lstat(path)
    text = ""
    if with_content and stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            text = hashlib.sha256(file.read()).hexdigest()
    if stat.S_ISLNK(status.st_mode):
        text = os.readlink(path)
    return {
        "attributes": attributes(path),
        "mode": oct(status.st_mode),
        "owner": (status.st_uid, status.st_gid),
        "links": status.st_nlink,
        "size": status.st_size if not stat.S_ISDIR(status.st_mode) else 0,
        "mtime": status.st_mtime_ns,
        "ctime": status.st_ctime_ns,
        "content": text,
    }


def snapshot(place, with_content):
    """{path: what it is} of place and everything below it."""
    found = {}
    if os.path.lexists(place):
        found[place] = entry(place, with_content)
    for directory, names, files in os.walk(place):
        for name in names + files:
            path = os.path.join(directory, name)
            try:
                found[path] = entry(path, with_content)
            except FileNotFoundError:
                pass
    return found


def changes(before, after):
    """Lines that say what differs, empty when nothing does."""
    lines = ["gone: %s" % path for path in sorted(before.keys() - after.keys())]
    lines += ["new: %s" % path for path in sorted(after.keys() - before.keys())]
    for path in sorted(before.keys() & after.keys()):
        for key in before[path]:
            if before[path][key] != after[path][key]:
                lines.append("%s of %s: %r, now %r" % (key, path, before[path][key], after[path][key]))
    return lines
