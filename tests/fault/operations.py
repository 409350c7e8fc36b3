# SPDX-License-Identifier: Apache-2.0
"""operations: the runs of the sender that faults are put into. The other end is this machine, behind short-ssh."""

import os

NAME = "44444444-4444-4444-8444-444444444444"
DISK = os.urandom(40000)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content=b""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


class Operation:
    """words: of the command line. done: was it? half: what of it may be left there when it was not, unless the
    sender says so. near, far: what is there before."""

    def __init__(self, name, transport, words, done, near=(), far=(), changes=(), half=None, pull=False, status=0):
        self.name, self.transport, self.words, self.done = "%s-%s" % (transport, name), transport, words, done
        self.status = status
        self.near, self.far, self.changes, self.half, self.pull = near, far, changes, half, pull


def far_has(*names):
    return lambda place: os.path.lexists(os.path.join(place, "far", NAME, *names))


def far_lacks(*names):
    return lambda place: not far_has(*names)(place)


def same(*pairs):
    def is_same(place):
        return all(os.path.exists(os.path.join(place, b)) and read(os.path.join(place, a)) == read(
            os.path.join(place, b)) for a, b in pairs)
    return is_same


INSTANCE = "far/" + NAME
TREE = ("disk", "disk.info", "vtpm/state", "disk.config")
MIGRATED = same(*[("near/%s/%s" % (NAME, name), "%s/%s" % (INSTANCE, name)) for name in TREE])
REMOTE = "far-host:{far}/" + NAME


def operations(transport):
    return [
        Operation("create-file", transport, "--nova-conf {place}/nova.conf --json create-file far-host {far}/%s/new" % NAME, far_has("new"),
                  far=("disk",), changes=(INSTANCE,)),
        Operation("remove-file", transport, "remove-file far-host {far}/%s/disk" % NAME, far_lacks("disk"),
                  far=("disk", "disk.info"), changes=(INSTANCE,)),
        Operation("create-dir", transport, "create-dir far-host {far}/%s" % NAME, far_has(), changes=(INSTANCE,)),
        Operation("remove-dir", transport, "remove-dir far-host {far}/%s" % NAME, far_lacks(),
                  far=("disk", "vtpm/state"), changes=(INSTANCE,)),
        Operation("push", transport, "copy {near}/%s/disk %s/disk" % (NAME, REMOTE),
                  same(("near/%s/disk" % NAME, INSTANCE + "/disk")), near=("disk",), far=("disk.info",),
                  changes=(INSTANCE,), half=INSTANCE + "/disk"),
        Operation("pull", transport, "copy %s/disk {near}/pulled" % REMOTE,
                  same((INSTANCE + "/disk", "near/pulled")), far=("disk",), changes=("near/pulled",), pull=True),
        Operation("migrate", transport, "migrate {near}/%s %s" % (NAME, REMOTE), MIGRATED, near=TREE,
                  changes=(INSTANCE,), half=INSTANCE),
        # The other end has the same storage: it is to be seen, and nothing is to be copied onto itself.
        Operation("shared", transport, "migrate {near}/%s far-host" % NAME, lambda place: False, near=TREE, status=1),
    ]


OPERATIONS = operations("ssh") + operations("rsync")
