# SPDX-License-Identifier: Apache-2.0
"""disk: a Debian system on a bootable disk image: its own kernel, systemd, sshd and rsync, the account nova.

The root is made by mmdebstrap from the mirror that apt uses, as tests/install makes its roots; mke2fs makes the
image of it. QEMU loads kernel and initrd by itself, so there is no boot loader.
Source: mmdebstrap(1), mke2fs(8), initramfs.conf(5).
"""

import os
import pathlib
import shutil
import subprocess

import debian
from testbed.sshd import make_key

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = (
    "initramfs-tools systemd-sysv udev dbus libpam-systemd openssh-server openssh-client rsync"
    # What the package depends on: the machine has no way to the mirror.
    " libjansson4 libexpat1"
    # For test_takeover.
    " python3 python3-pytest mount procps iproute2 passwd util-linux").split()
SIZE = "4G"
BOUND = 3600  # arm64 runs in emulation


def root_make(system, place):
    """A directory, whose owners are those of the system."""
    if place.root.exists():
        return
    unfinished = place.folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    arrange = "KEY=%s.pub %s/arrange" % (place.key, HERE)
    foreign = system.architecture != "amd64"
    debian.make(
        str(unfinished), system.suite, ",".join(["linux-image-" + system.architecture, *PACKAGES]),
        ["--architectures=" + system.architecture, "--mode=root", "--skip=check/qemu",
         '--essential-hook=%s "$1"' % arrange, '--customize-hook=%s "$1"' % arrange],
        bound=BOUND, before=[str(HERE / "foreign")] if foreign else [])
    os.rename(unfinished, place.root)


def newest(root, pattern):
    """The kernel's files have its version in their names; there is one kernel."""
    found = sorted((root / "boot").glob(pattern))
    assert len(found) == 1, found
    return found[0]


def make(system, place):
    """A disk as new, of a root that is made once."""
    if not place.key.exists():
        make_key(str(place.key))
    root_make(system, place)
    place.disk.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", place.root, place.disk, SIZE], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.copy(newest(place.root, "vmlinu[xz]-*"), place.kernel)
    shutil.copy(newest(place.root, "initrd.img-*"), place.initrd)


def host_key(place):
    return (place.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().strip()
