# SPDX-License-Identifier: Apache-2.0
"""forms: the runs of the shell that faults are put into: every form of Nova's, done by a stand-in where it takes a
program, and commands that have to be refused or to fail whatever happens.

A form has to come out done when it says so; a guard never. What a run may change is named with it."""

import fcntl
import os
import struct

from testbed import claim
from testbed.tree import COMING, EMPTY, IMAGE, LATER, LOCKS, PROBE, TENANT

PROGRAM = "/opt/fault/stand-in"
OURS = "192.0.2.7"
LETTERS = "iLsfxCIvu"
STRANGER = 64055
F_OFD_SETLK = 37
CONFIG = """\
[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {root}
[sandbox]
namespaces = {namespaces}
{sandbox}
[claims]
{claims}
[limits]
{limits}
[programs]
rsync = {program}
scp = {program}
sftp_server = {program}
"""


class Known:
    """A peer by its address, as testbed.claim takes it."""

    def __init__(self, address):
        self.address, self.fingerprint = address, "-"


def whole_lock(path):
    """Keeps every lock of the file from others, until it is closed."""
    fd = os.open(path, os.O_RDWR)
    fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhxxxxqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    return fd


class Form:
    """line: what the peer sends. order: what the stand-in does, "-" for a form without. done: was it?
    prepare: what there is before. changes: the instances that may change, nothing else. only_new: by default only
    places that no form before had."""

    def __init__(self, name, line, done, order="-", prepare=(), changes=(COMING,), namespaces="off", limits="",
                 sandbox="", claims="", guard=False, stream=False, program=PROGRAM, only_new=False):
        self.name, self.line, self.done, self.order = name, line, done, order
        self.prepare, self.changes, self.namespaces = prepare, changes, namespaces
        self.limits, self.sandbox, self.guard, self.stream = limits, sandbox, guard, stream
        self.claims = claims
        self.program, self.only_new = program, only_new

    def config(self, root):
        return CONFIG.format(root=root, namespaces=self.namespaces, limits=self.limits, sandbox=self.sandbox, claims=self.claims,
                             program=self.program)


# What there is before: functions of (tree, keep); what keep has is closed before the next.

def own_instance(tree, keep):
    """An instance that our peer brings: a disk of yesterday, a directory with a file."""
    tree.write(tree.at(COMING, "disk"), b"half a disk")
    tree.write(tree.at(COMING, "vtpm", "state"), b"state")
    os.utime(tree.at(COMING, "disk"), (1, 1))
    os.utime(tree.at(COMING, "vtpm"), (1, 1))
    claimed_by_us(tree)


def own_empty_instance(tree, keep):
    tree.make_directory(tree.at(COMING))
    claimed_by_us(tree)


def claimed_by_us(tree):
    """The claim, and the hint at it."""
    claim.write(tree.at(COMING), claim.of(Known(OURS)))
    hint(tree, COMING)


def second_instance(tree, keep):
    """One more of our peer's."""
    tree.write(tree.at(LATER, "disk"), b"another disk")
    claim.write(tree.at(LATER), claim.of(Known(OURS)))
    hint(tree, LATER)


def stale_of_another(tree, keep):
    """What another peer left, empty, an hour ago."""
    tree.make_directory(tree.at(COMING))
    claim.write(tree.at(COMING), claim.of(Known("192.0.2.9"), 3600))


def hint(tree, uuid):
    tree.make_directory(tree.at(".rssh-nova"))
    os.chmod(tree.at(".rssh-nova"), 0o700)
    tree.make_directory(tree.at(".rssh-nova", uuid))


def one_more_empty(tree, keep):
    """Of our peer, beside a hint that points at nothing."""
    own_empty_instance(tree, keep)
    hint(tree, TENANT)


def probe_there(tree, keep):
    tree.write(tree.at(TENANT, PROBE))


def many_probes(tree, keep):
    for number in range(4):
        tree.write(tree.at(TENANT, "%032x.tmp" % number))


def second_probe(tree, keep):
    tree.write(tree.at(TENANT, PROBE[::-1][4:] + ".tmp"))


def probe_with_content(tree, keep):
    tree.write(tree.at(TENANT, PROBE), b"no probe any more")


def of_another(tree, keep):
    claim.write(tree.at(COMING), claim.of(Known("192.0.2.9")))


def locked(tree, keep):
    keep.append(os.open(tree.at(COMING, "disk"), os.O_RDONLY))
    fcntl.fcntl(keep[-1], F_OFD_SETLK, struct.pack("hhxxxxqqixxxx", fcntl.F_RDLCK, os.SEEK_SET, 100, 1, 0))


def of_stranger(tree, keep):
    os.chown(tree.at(COMING, "vtpm", "state"), STRANGER, STRANGER)


def linked(tree, keep):
    os.unlink(tree.at(COMING, "disk"))
    os.link(os.path.join(tree.home, "canary"), tree.at(COMING, "disk"))


def symlink_there(tree, keep):
    tree.link(tree.at(TENANT), tree.at(COMING))


def link_to_passwd(tree, keep):
    """Which scp may read, to find its user's name in it."""
    tree.link("/etc/passwd", tree.at("_base", "link"))


def file_there(tree, keep):
    tree.write(tree.at(COMING), b"a file with the name of an instance")


def ssh_there(tree, keep):
    tree.make_directory(tree.at(".ssh"))


def places_taken(tree, keep):
    keep.append(whole_lock(tree.at(LOCKS)))


def kernels(tree, keep):
    """So many instances that it is worth to remember which of them have boot files."""
    for number in range(300):
        uuid = "99999999-9999-4999-8999-%012x" % number
        tree.make_directory(tree.at(uuid))
    os.utime(tree.root, (1, 1))


def root_of_yesterday(tree, keep):
    os.utime(tree.root, (1, 1))


# Was it done?

def there(*names):
    return lambda tree: os.path.lexists(tree.at(*names))


def gone(*names):
    return lambda tree: not os.path.lexists(tree.at(*names))


def touched(*names):
    return lambda tree: os.lstat(tree.at(*names)).st_mtime > 2


def filled(*names):
    return lambda tree: os.path.exists(tree.at(*names)) and os.path.getsize(tree.at(*names)) == 24


def claimed(uuid):
    def is_claimed(tree):
        words = claim.read(tree.at(uuid)) if os.path.isdir(tree.at(uuid)) else None
        return words is not None and words[3] == OURS
    return is_claimed


def always(tree):
    return True


def never(tree):
    return False


def emptied(tree):
    """The stand-in takes files; a directory stays, and is its failure."""
    return os.listdir(tree.at(COMING)) == []


OWN = (own_instance,)
PUSH = "rsync --server -rSze.%s . {own}/disk" % LETTERS
PULL = "rsync --server --sender -rSe.%s . {image}" % LETTERS
SFTP = "/usr/lib/openssh/sftp-server"
CREATE = "rsync --server -logDtprRe.%s --no-implied-dirs . /" % LETTERS
REMOVE = "rsync --server -logDtpre.%s --delete . " % LETTERS
EMPTYING = "rsync --server -logDtpre.%s --delete-excluded . " % LETTERS

FORMS = [
    Form("touch", "touch {own}/new", there(COMING, "new"), prepare=OWN),
    Form("touch-again", "touch {own}/disk", touched(COMING, "disk"), prepare=OWN),
    Form("touch-directory", "touch {own}/vtpm", touched(COMING, "vtpm"), prepare=OWN),
    Form("touch-probe", "touch {tenant}/%s" % PROBE, there(TENANT, PROBE), changes=(TENANT,)),
    Form("remove", "rm {own}/disk", gone(COMING, "disk"), prepare=OWN),
    Form("remove-probe", "rm {tenant}/%s" % PROBE, gone(TENANT, PROBE), prepare=(probe_there,), changes=(TENANT,)),
    Form("mkdir", "mkdir -p {later}", claimed(LATER), changes=(LATER,)),
    Form("mkdir-below", "mkdir -p {own}/a/b", there(COMING, "a", "b"), prepare=OWN),
    Form("mkdir-again", "mkdir -p {own}", claimed(COMING), prepare=OWN),
    Form("mkdir-takes-over", "mkdir -p {own}", claimed(COMING), prepare=(stale_of_another,)),
    Form("mkdir-counts", "mkdir -p {later}", claimed(LATER), prepare=(one_more_empty,), changes=(LATER,)),
    Form("remove-tree", "rm -rf {own}", gone(COMING), prepare=OWN),
    Form("remove-tree-file", "rm -rf {own}/disk", gone(COMING, "disk"), prepare=OWN),
    Form("remove-tree-below", "rm -rf {own}/vtpm", gone(COMING, "vtpm"), prepare=OWN),
    Form("remove-tree-absent", "rm -rf {later}", gone(LATER), changes=()),
    Form("push", PUSH, filled(COMING, "disk"), "write -", OWN),
    Form("pull", PULL, always, "read -", changes=()),
    Form("pull-required", PULL, always, "read -", changes=(), namespaces="required"),
    Form("push-auto", PUSH, filled(COMING, "disk"), "write -", OWN, namespaces="auto"),
    Form("empty", EMPTYING + "{own}/vtpm", gone(COMING, "vtpm", "state"), "empty -", OWN),
    Form("scp-to", "scp -r -t {own}/disk", filled(COMING, "disk"), "write -", OWN),
    Form("scp-from", "scp -r -f {image}", always, "read -", changes=()),
    Form("sftp", SFTP, filled(COMING, "disk"), "write {own}/disk", (own_instance, root_of_yesterday)),
    Form("sftp-two", SFTP, filled(COMING, "disk"), "write {own}/disk", (own_instance, second_instance, root_of_yesterday),
         only_new=True),
    Form("sftp-many", SFTP, always, "read {tenant}/kernel", (kernels,), changes=(), only_new=True),
    Form("create-dir", CREATE, claimed(LATER), "chain {later_rel}", changes=(LATER,), stream=True, namespaces="auto"),
    Form("create-file", CREATE, there(LATER, PROBE), "touch {later_rel}/%s" % PROBE, changes=(LATER,), stream=True),
    Form("remove-file", REMOVE + "{own}", gone(COMING, "disk"), "remove disk", OWN, stream=True),
    Form("remove-dir", REMOVE + "{root}", gone(COMING), "remove %s" % COMING, (own_empty_instance,), stream=True),
    Form("empty-absent", EMPTYING + "{later}", always, "nothing -", changes=()),
]

GUARDS = [
    Form("not-a-form", "touch {own}/new; id", never, prepare=OWN, guard=True),
    Form("not-claimed", "rm {tenant}/disk", never, guard=True),
    Form("of-another", "rm -rf {own}", never, prepare=OWN + (of_another,), guard=True),
    Form("of-another-mkdir", "mkdir -p {own}", never, prepare=OWN + (of_another,), guard=True),
    Form("too-many-claims", "mkdir -p {later}", never, prepare=(one_more_empty,), changes=(), guard=True,
         claims="empty_max = 1"),
    Form("too-many-probes", "touch {tenant}/%s" % PROBE, never, prepare=(many_probes,), changes=(), guard=True),
    Form("of-another-push", PUSH, never, "write -", OWN + (of_another,), guard=True),
    Form("of-another-sftp", SFTP, never, "write {own}/disk", OWN + (of_another, root_of_yesterday), guard=True),
    Form("of-another-stream", REMOVE + "{own}", never, "remove disk", OWN + (of_another,), guard=True, stream=True),
    Form("busy-locked", "rm {own}/vtpm/state", never, prepare=OWN + (locked,), guard=True),
    Form("busy-owner", "rm {own}/disk", never, prepare=OWN + (of_stranger,), guard=True),
    Form("hard-link", "touch {own}/disk", never, prepare=OWN + (linked,), guard=True),
    Form("hard-link-push", PUSH, never, "write -", OWN + (linked,), guard=True),
    Form("probe-with-content", "rm {tenant}/%s" % PROBE, never, prepare=(probe_with_content,), guard=True),
    Form("symlink", "rm -rf {own}/disk", never, prepare=(symlink_there,), guard=True),
    Form("symlink-pull", "scp -r -f {root}/_base/link", never, "read -", (link_to_passwd,), changes=(), guard=True),
    Form("file-there", "rm -rf {own}", never, prepare=(file_there,), guard=True),
    Form("ssh-there", "touch {tenant}/%s" % PROBE, never, prepare=(ssh_there,), guard=True),
    Form("no-room", PUSH, never, "write -", OWN, limits="free_space = 1000000T", guard=True),
    Form("places-taken", PUSH, never, "write -", OWN + (places_taken,), guard=True),
    Form("program-of-nova", PUSH, never, "write -", OWN, program="/opt/fault/of-nova", guard=True),
    Form("stream-elsewhere", CREATE, never, "chain {root_rel}/_base/x", changes=(), guard=True,
         stream=True),
    Form("stream-of-two", REMOVE + "{tenant}", never, "empty -", (probe_there, second_probe), guard=True, stream=True),
]


def places(tree):
    return {"own": tree.at(COMING), "later": tree.at(LATER), "tenant": tree.at(TENANT), "root": tree.root,
            "empty": tree.at(EMPTY), "image": tree.at("_base", IMAGE), "later_rel": tree.at(LATER).lstrip("/"), "root_rel": tree.root.lstrip("/")}
