# SPDX-License-Identifier: Apache-2.0
"""filters: rows made of wall/filters.def: each role gets each family of calls that it must not have, and each
condition is removed. Our own two roles are judged by the unit test, because they make no call on demand."""

import re

from row import SOURCE, Row

FILE = "wall/filters.def"
TAKEOVER = "attack/test_takeover.py -k test_it_stays_inside and "
# A form of test_takeover.py that each child's role runs.
FORMS = {
    "RSYNC_RECEIVE": "rsync-push", "RSYNC_RECEIVE_IN_VIEW": "rsync-push", "RSYNC_SEND": "rsync-pull",
    "RSYNC_MIRROR": "rsync-create", "SCP_RECEIVE": "scp-to", "SCP_SEND": "scp-from", "SFTP": "sftp",
}
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


def role_table():
    """{role: (OURSELVES or CHILD, what it is)} of policy/role.def."""
    text = (SOURCE / "policy/role.def").read_text()
    return {name: (kind, what) for name, kind, what in re.findall(r'^ROLE\((\w+), (\w+), "(.*)"\)$', text, re.M)}


ROLES = role_table()


def macro_table():
    """{macro: [role]} of the groups that filters.def defines, and of CHILDREN."""
    text = (SOURCE / FILE).read_text()
    macros = {"CHILDREN": [role for role, (kind, _) in ROLES.items() if kind == "CHILD"]}
    for name, words in re.findall(r"^#define (\w+) \((.*)\)$", text, re.M):
        macros[name] = [role for word in words.split(" | ") for role in macros.get(word, [word])]
    return macros


MACROS = macro_table()


def spelled_out(roles):
    return [role for word in roles.split(" | ") for role in MACROS.get(word, [word])]


def judges(roles):
    """Without the second wall, which hides; except for the role that exists behind it alone."""
    forms = [FORMS[role] for role in roles if role in FORMS and role != "RSYNC_RECEIVE_IN_VIEW"]
    found = (TAKEOVER + "off and (%s)" % " or ".join(forms),) if forms else ()
    if "RSYNC_RECEIVE_IN_VIEW" in roles:
        found += (TAKEOVER + "required and " + FORMS["RSYNC_RECEIVE_IN_VIEW"],)
    return found + ("unit filter",)


def parts(line):
    """(kind, errno, [role], call, conditions) of a row that lets something through; None for any other line."""
    found = LINE.match(line)
    if not found or found.group(3) in ("ENOSYS",):
        return None
    kind, errno, roles, call, rest = found.groups()
    return kind, errno, spelled_out(roles), call, re.findall(r"(?:IS|BITS)\(.*?\)(?=,|$)", rest)


def written(kind, errno, roles, call, conditions):
    words = ([errno] if errno else []) + [" | ".join(roles), call] + list(conditions)
    return "%s(%s)" % (kind, ", ".join(words))


def with_family(lines, role, calls):
    """The rows without any that is about one of the calls for the role, and with each call let through for it.
    None if the role has all of them already."""
    has = {found[3] for found in map(parts, lines) if found and role in found[2] and found[0] == "ALLOW" and not found[4]}
    if set(calls) <= has:
        return None
    out = []
    for line in lines:
        found = parts(line)
        if found and found[3] in calls and role in found[2]:
            rest = [other for other in found[2] if other != role]
            line = written(found[0], found[1], rest, found[3], found[4]) if rest else ""
        out.append(line)
    return out + ["ALLOW(%s, %s)" % (role, call) for call in calls]


def family_rows(lines):
    for role, (_, what) in ROLES.items():
        for family, calls in FAMILIES.items():
            changed = with_family(lines, role, calls.split())
            if changed is not None:
                yield Row("seccomp of " + what, "lets through " + family, FILE, "\n".join(changed) + "\n", judges([role]))


def condition_rows(lines):
    """One condition of one row is gone; the other rows of the same call stay. Rows for another architecture are left
    out, because this one does not compile them."""
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
            yield Row("seccomp of " + " | ".join(roles), "%s of %s, line %d, without %s" % (kind.lower(), call, at + 1, condition),
                      FILE, "\n".join(changed) + "\n", judges(roles))


def rows():
    lines = (SOURCE / FILE).read_text().splitlines()
    yield from condition_rows(lines)
    yield from family_rows(lines)
