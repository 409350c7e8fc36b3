# SPDX-License-Identifier: Apache-2.0
"""claim: the mark on an instance directory that says which peer is bringing it, as root sees it.

The value is "1 WALL BOOT PEER KEY" (policy/claim.h). Locks are taken as QEMU takes them: shared, of the
open file description, on single bytes from 100 on (block/file-posix.c).
"""

import contextlib
import errno
import fcntl
import os
import struct
import time

ATTRIBUTE = "user.rssh-nova.claim"
F_OFD_SETLK = 37
LIBVIRT = 64055  # the uid that Debian gives a running domain's files to


def configure(node, mode="enforce", more="", **keys):
    """The test bed's configuration with this section, and more after it."""
    lines = ["[claims]", "mode = %s" % mode] + ["%s = %s" % each for each in keys.items()]
    node.write_config(more="\n".join(lines) + "\n" + more)


def read(path):
    """The words of the claim on path, None when there is none."""
    try:
        return os.getxattr(path, ATTRIBUTE).decode().split(" ")
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return None


def write(path, value):
    os.setxattr(path, ATTRIBUTE, value.encode() if isinstance(value, str) else value)


def of_now(age=0):
    """Both clocks of a claim that was made age seconds ago."""
    return int(time.time()) - age, max(0, int(time.clock_gettime(time.CLOCK_BOOTTIME)) - age)


def of(peer, age=0):
    """The value of a claim that the peer made age seconds ago."""
    return "1 %d %d %s %s" % (*of_now(age), peer.address, peer.fingerprint)


@contextlib.contextmanager
def locked(path):
    with open(path, "rb") as file:
        lock = struct.pack("hhxxxxqqixxxx", fcntl.F_RDLCK, os.SEEK_SET, 100, 1, 0)
        fcntl.fcntl(file, F_OFD_SETLK, lock)
        yield
