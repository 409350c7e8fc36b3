# SPDX-License-Identifier: Apache-2.0
"""filters: rows made of wall/filters.def: for each role each family of calls that it must not have, and each
condition that is taken away. Our own two roles are judged by the unit test, for they make no call on demand."""

import re

from row import SOURCE, Row

FILE = "wall/filters.def"
TAKEOVER = "attack/test_takeover.py -k test_it_stays_inside and "
# The letter of a role: (what it is, the name of a form of it in test_takeover.py)
ROLES = {
    "R": ("rsync that receives", "rsync-push"), "V": ("rsync that receives in a view", "rsync-push"),
    "T": ("rsync that sends", "rsync-pull"),
    "M": ("rsync in the mirror", "rsync-create"), "C": ("scp that receives", "scp-to"),
    "F": ("scp that sends", "scp-from"), "P": ("sftp-server", "sftp"),
    "A": ("an act of our own", None), "S": ("the supervisor", None),
}
MACROS = {"CHILDREN": "RVTMCFP", "EVERYONE": "RVTMCFPAS", "WRITERS": "RVMCP", "RSYNC_WRITERS": "RVM"}
FAMILIES = {
    "sockets": "socket connect bind listen accept sendto sendmmsg",
    "socketpairs of any kind": "socketpair",
    "tracing": "ptrace process_vm_readv process_vm_writev process_madvise",
    "descriptors of processes": "pidfd_open pidfd_getfd pidfd_send_signal",
    "signals to anybody": "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo",
    "mounts": "mount umount2 pivot_root chroot fsopen fsmount move_mount open_tree mount_setattr",
    "namespaces": "unshare setns",
    "processes": "clone fork vfork",
    "processes by clone3": "clone3",
    "programs": "execve execveat",
    "memory as a file": "memfd_create",
    "code that is written": "mmap mprotect pkey_mprotect personality",
    "keys": "keyctl add_key request_key",
    "bpf and its like": "bpf perf_event_open userfaultfd io_uring_setup",
    "modules and kernels": "init_module finit_module delete_module kexec_load kexec_file_load",
    "sessions": "setsid setpgid",
    "prctl": "prctl",
    "others' limits": "prlimit64",
    "openat2": "openat2",
    "opening in any way": "open openat creat",
    "modes by path": "chmod fchmodat",
    "modes by descriptor": "fchmod",
    "owners": "chown lchown fchown fchownat",
    "times": "utime utimes futimesat utimensat",
    "attributes": "setxattr lsetxattr fsetxattr removexattr",
    "links": "link linkat symlink symlinkat",
    "nodes": "mknod mknodat",
    "renaming in any way": "rename renameat renameat2",
    "removing": "unlink unlinkat rmdir",
    "making directories": "mkdir mkdirat",
    "truncating by path": "truncate",
    "room without size": "fallocate",
    "controls": "ioctl",
    "descriptor controls": "fcntl",
    "shared memory": "shmget shmat",
    "file handles": "name_to_handle_at open_by_handle_at",
    "pipes": "pipe pipe2",
    "messages": "sendmsg recvmsg",
}
LINE = re.compile(r"^(ALLOW|QUIET)\((?:(\w+), )?([A-Z][A-Z_ |]*), (\w+)(.*)\)$")


def letters(roles):
    found = ""
    for word in roles.split(" | "):
        found += MACROS.get(word, word)
    return found


def judges(roles):
    """Without the second wall, which hides; but for the role that there is behind it alone."""
    forms = [ROLES[role][1] for role in roles if ROLES[role][1] and role != "V"]
    found = (TAKEOVER + "off and (%s)" % " or ".join(forms),) if forms else ()
    if "V" in roles:
        found += (TAKEOVER + "required and " + ROLES["V"][1],)
    return found + ("unit filter",)


def parts(line):
    """(kind, errno, roles, call, conditions) of a row that gives something; None for any other line."""
    found = LINE.match(line)
    if not found or found.group(3) in ("ENOSYS",):
        return None
    kind, errno, roles, call, rest = found.groups()
    return kind, errno, letters(roles), call, re.findall(r"(?:IS|BITS)\(.*?\)(?=,|$)", rest)


def written(kind, errno, roles, call, conditions):
    words = ([errno] if errno else []) + [" | ".join(roles), call] + list(conditions)
    return "%s(%s)" % (kind, ", ".join(words))


def with_family(lines, role, calls):
    """The rows with all that is said of calls for the role taken out, and each of them let through for it.
    None where the role has all of them already."""
    has = {found[3] for found in map(parts, lines) if found and role in found[2] and found[0] == "ALLOW" and not found[4]}
    if set(calls) <= has:
        return None
    out = []
    for line in lines:
        found = parts(line)
        if found and found[3] in calls and role in found[2]:
            rest = found[2].replace(role, "")
            line = written(found[0], found[1], rest, found[3], found[4]) if rest else ""
        out.append(line)
    return out + ["ALLOW(%s, %s)" % (role, call) for call in calls]


def family_rows(lines):
    for role, (what, _) in ROLES.items():
        for family, calls in FAMILIES.items():
            changed = with_family(lines, role, calls.split())
            if changed is not None:
                yield Row("seccomp of " + what, "lets through " + family, FILE, "\n".join(changed) + "\n", judges(role))


def condition_rows(lines):
    """One condition of one row is gone. What else is said of the same call stays. Rows for another architecture than
    this one are not compiled here."""
    elsewhere = False
    for at, line in enumerate(lines):
        elsewhere = line.startswith("#ifndef SYS_") or (elsewhere and line != "#endif")
        found = parts(line)
        if not found or elsewhere:
            continue
        kind, errno, roles, call, conditions = found
        for i, condition in enumerate(conditions):
            left = conditions[:i] + conditions[i + 1:]
            changed = list(lines)
            changed[at] = written(kind, errno, roles, call, left)
            yield Row("seccomp of " + roles, "%s of %s, line %d, without %s" % (kind.lower(), call, at + 1, condition),
                      FILE, "\n".join(changed) + "\n", judges(roles))


def rows():
    lines = (SOURCE / FILE).read_text().splitlines()
    yield from condition_rows(lines)
    yield from family_rows(lines)
