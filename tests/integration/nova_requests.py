# SPDX-License-Identifier: Apache-2.0
"""nova_requests: everything that Nova asks of another compute node by ssh, scp and rsync, in each release.

Read from the tags of openstack/nova from Wallaby (23.0.0) to 33.0.0 and from master of August 2026: every caller of
nova/virt/libvirt/volume/remotefs.py, of utils.ssh_execute() and of libvirt_utils.copy_image() with a host. The first
and the last release of a row are majors of Nova; None: still so.
"""

from dataclasses import dataclass

CAPS = "iLsfxCIvu"


@dataclass(frozen=True)
class Request:
    what: str
    caller: str
    first: int
    last: int
    ssh: tuple  # the command lines of the driver "ssh": of scp by SFTP, and by its old protocol
    rsync: tuple  # those of the driver "rsync"

    @property
    def lines(self):
        return {"ssh": self.ssh, "rsync": self.rsync}


def push(path):
    return ("{sftp}", "scp -r -t " + path), (
        "rsync --server -rSe.%s . %s" % (CAPS, path), "rsync --server -rSze.%s . %s" % (CAPS, path))


def pull(path):
    return ("{sftp}", "scp -r -f " + path), (
        "rsync --server --sender -rSe.%s . %s" % (CAPS, path), "rsync --server --sender -rSze.%s . %s" % (CAPS, path))


CREATE = "rsync --server -logDtprRe.%s --no-implied-dirs . /" % CAPS
REMOVE = "rsync --server -logDtpre.%s --delete . " % CAPS
EMPTY = "rsync --server -logDtpre.%s --delete-excluded . " % CAPS
MIGRATE = "driver.py migrate_disk_and_power_off"

# {I} an instances root, {U} the instance that comes, {R} one that runs here, {P} a probe's name, {B} a cached image.
REQUESTS = (
    Request("probe for shared storage", "driver.py _is_path_shared_with", 23, None, ("touch {I}/{U}/{P}",), (CREATE,)),
    Request("removal of the probe", "driver.py _is_path_shared_with", 23, None, ("rm {I}/{U}/{P}",), (REMOVE + "{I}/{U}",)),
    Request("instance directory", MIGRATE, 23, None, ("mkdir -p {I}/{U}",), (CREATE,)),
    Request("a disk", MIGRATE, 23, None, *push("{I}/{U}/disk")),
    Request("a config drive that migrates", MIGRATE, 23, None, *push("{I}/{U}/disk.config")),
    Request("disk.info", MIGRATE, 23, None, *push("{I}/{U}/disk.info")),
    Request("the directory of a vTPM", "utils.py save_and_migrate_vtpm_dir", 23, None, *push("{I}/{U}")),
    Request("roll-back", "driver.py _cleanup_remote_migration", 23, None, ("rm -rf {I}/{U}",), (EMPTY + "{I}/{U}", REMOVE + "{I}")),
    Request("image cache", "driver.py _create_images_and_backing", 23, None, *pull("{I}/_base/{B}")),
    Request("kernel", "driver.py _fetch_instance_kernel_ramdisk", 23, None, *pull("{I}/{R}/kernel")),
    Request("ramdisk", "driver.py _fetch_instance_kernel_ramdisk", 23, None, *pull("{I}/{R}/ramdisk")),
    Request("iso9660 config drive of a live migration", "driver.py pre_live_migration", 23, 30, *pull("{I}/{R}/disk.config")),
)
