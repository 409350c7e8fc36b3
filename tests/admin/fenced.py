# SPDX-License-Identifier: Apache-2.0
"""fenced: an instances root with claimed instances, and what holds one, for the tests of rssh-nova-admin fence."""
import fcntl
import os
import subprocess
import time

from testbed.qcow2 import qcow2
from conftest import A, ADMIN, B

CLAIM = "user.rssh-nova.claim"
DISK = """<disk type='file' device='disk'><driver name='qemu' type='{form}' cache='none'/>
<source file='{path}'/><target dev='vda' bus='virtio'/>{more}</disk>"""


class Host:
    """An instances root with the images of two instances, and a syslog for the records of the fence."""

    def __init__(self, node):
        self.node, self.root = node, node.root
        self.base = self.root / "_base" / "2fd4e1c6"
        self.base.parent.mkdir()
        self.base.write_bytes(bytes(4096))
        self.mine = self.root / A
        for uuid in (A, B):
            node.instance(uuid)
            self.claim(self.root / uuid)
            (self.root / uuid / "disk").write_bytes(qcow2(self.base))

    def claim(self, path, peer="192.0.2.1"):
        os.setxattr(path, CLAIM, f"1 {int(time.time())} {int(time.clock_gettime(time.CLOCK_BOOTTIME))} {peer} -"
                    .encode())
        hint = path.parent / ".rssh-nova" / path.name
        hint.mkdir(parents=True, exist_ok=True)

    def xml(self, *disks, os_part="", devices=""):
        return (f"<?xml version='1.0'?>\n<domain type='qemu'><name>instance-1</name><os><type>hvm</type>{os_part}</os>"
                f"<devices>{''.join(disks)}{devices}</devices></domain>").encode()

    def disk(self, path=None, form="qcow2", more=""):
        return DISK.format(path=self.mine / "disk" if path is None else path, form=form, more=more)

    def fence(self, xml, *words, config=None):
        words = words or ("instance-1", "prepare", "begin", "-")
        return subprocess.run([ADMIN, "fence", "--config", config or self.node.config, "--", *words], input=xml,
                              capture_output=True, timeout=60)

    def fence_files(self, *files, as_root=False):
        """As nova-compute's own user, or as root."""
        user = {"user": self.node.uid, "group": self.node.uid, "extra_groups": []} if os.geteuid() == 0 else {}
        user = {} if as_root else user
        return subprocess.run([ADMIN, "fence", "--config", self.node.config, "--files", "--", *files],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, **user)

    def configure(self, images="", claims="mode = enforce"):
        self.node.configure(claims)
        self.node.config.write_text(self.node.config.read_text() + f"[images]\n{images}\n")


def has_claim(path):
    return CLAIM in os.listxattr(path)


def has_hint(path):
    return (path.parent / ".rssh-nova" / path.name).exists()


class Session:
    """Holds the instance as a transfer does, with a shared flock(2) on its directory."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDONLY)
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def end(self):
        os.close(self.fd)
