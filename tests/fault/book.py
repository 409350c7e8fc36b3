# SPDX-License-Identifier: Apache-2.0
"""book: what inject.c is told and what it writes down (struct book), and the calls that it knows (calls.def)."""

import bisect
import collections
import errno
import mmap
import os
import pathlib
import re
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
LINES_MAX, NONE = 16384, 0xFFFF
HEAD = struct.Struct("10I")
LINES = HEAD.size
LINE = struct.Struct("HBBI")
SIZE = LINES + LINE.size * LINES_MAX
FAIL, SHORT = 0, 1
ROW = re.compile(r"^(CALL|OWN|PART)\((?:[^,]+, [^,]+, )?(\w+)(?:, (\w+))?")


def read_calls():
    """The names of enum call in their order; a part is written function:NUMBER."""
    names = []
    for line in (HERE / "calls.def").read_text().splitlines():
        row = ROW.match(line)
        if row and row.group(1) == "PART":
            names.append("%s:%s" % row.group(2, 3))
        elif row:
            names.append(row.group(2) if row.group(1) == "CALL" else row.group(2))
    return names


CALLS = read_calls()

# One call that was made: its name, who made it, whether it was let fail, the function and the place in the program
# where it was made, and how often it had been made there by then.
Call = collections.namedtuple("Call", "name role failed function place nth")
# What is to fail: a call, with which errno, or short; and the name of one that fails whenever it is made.
Fault = collections.namedtuple("Fault", "call err how also", defaults=(FAIL, None))


class Program:
    """Where the functions of a program are."""

    def __init__(self, path):
        self.path = path
        text = subprocess.run(["nm", "--defined-only", path], check=True, capture_output=True, text=True).stdout
        rows = sorted((int(words[0], 16), words[2]) for words in map(str.split, text.splitlines())
                      if len(words) == 3 and words[1] in "tTwW")
        self.starts, self.names = [row[0] for row in rows], [row[1] for row in rows]

    def function(self, address):
        at = bisect.bisect_right(self.starts, address - 1) - 1
        return self.names[at].split(".")[0] if at >= 0 else "?"


class Book:
    """Takes the path of a file that it makes, for everybody to write."""

    def __init__(self, path, program):
        self.path, self.program = path, program
        with open(path, "wb") as file:
            file.truncate(SIZE)
        os.chmod(path, 0o666)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), SIZE)

    def order(self, fault=None):
        """Begins anew; fault None: nothing is to fail."""
        words = [0, NONE, 0, 0, 0, FAIL, NONE]
        if fault is not None:
            call = fault.call
            also = NONE if fault.also is None else CALLS.index(fault.also)
            words = [call.role, CALLS.index(call.name), call.place, call.nth, fault.err, fault.how, also]
        self.map[0:HEAD.size] = HEAD.pack(*words, 0, 0, 0)

    def calls(self):
        """What was written down; of a run that waits long for something, the beginning."""
        used = min(HEAD.unpack(self.map[0:HEAD.size])[9], LINES_MAX)
        seen, out = collections.Counter(), []
        for call, role, failed, start in LINE.iter_unpack(self.map[LINES:LINES + LINE.size * used]):
            seen[role, call, start] += 1
            out.append(Call(CALLS[call], role, bool(failed), self.program.function(start), start,
                            seen[role, call, start]))
        return out

    def failed(self):
        """The calls that were let fail."""
        return [call for call in self.calls() if call.failed]

    def close(self):
        self.map.close()
        self.file.close()
        os.unlink(self.path)


# The errno that a call fails with first, and those that a full sweep adds. Where nothing stands, EIO. A call that
# answers a question by its errno is not let lie: ENOENT of fstatat(2) is an answer and not a failure.
ERRORS = {
    "open": ("EMFILE", "EACCES", "EIO", "ENOMEM"),
    "openat": ("EMFILE", "EACCES", "EIO"),
    "syscall:SYS_openat2": ("EMFILE", "EIO", "ENOMEM", "EAGAIN"),
    "socket": ("EMFILE", "EPERM"),
    "socketpair": ("EMFILE", "EPERM"),
    "connect": ("ECONNREFUSED", "ENOENT", "EAGAIN", "EINTR"),
    "fork": ("EAGAIN", "ENOMEM"),
    "clone": ("EPERM", "EAGAIN", "ENOSPC", "ENOMEM"),
    "mkdirat": ("ENOSPC", "EROFS", "EDQUOT", "EACCES"),
    "mkdir": ("ENOSPC", "EROFS"),
    "mkdtemp": ("ENOSPC", "EACCES"),
    "unlinkat": ("EPERM", "EROFS", "EIO"),
    "writev": ("ENOBUFS", "EPIPE", "EAGAIN", "EINTR"),
    "write": ("EPIPE", "ENOSPC", "EINTR"),
    "read": ("EIO", "EINTR", "EAGAIN"),
    "recvmsg": ("ENOMEM", "EINTR", "ECONNRESET"),
    "sendmsg": ("EPIPE", "EINTR", "ENOBUFS"),
    "poll": ("EINTR", "ENOMEM"),
    "ppoll": ("EINTR", "ENOMEM"),
    "waitpid": ("EINTR", "ECHILD"),
    "waitid": ("EINTR", "ECHILD"),
    "fsetxattr": ("ENOSPC", "EOPNOTSUPP", "EDQUOT"),
    "fgetxattr": ("EIO", "EACCES", "ENOMEM"),
    "setrlimit": ("EPERM", "EINVAL"),
    "prctl:PR_SET_NO_NEW_PRIVS": ("EPERM", "EINVAL"),
    "prctl:PR_CAPBSET_DROP": ("EPERM",),
    "syscall:SYS_seccomp": ("EINVAL", "ENOSYS", "EBUSY", "EACCES"),
    "syscall:SYS_landlock_create_ruleset": ("EOPNOTSUPP", "ENOSYS", "ENOMEM"),
    "syscall:SYS_landlock_add_rule": ("ENOMEM", "EINVAL"),
    "syscall:SYS_landlock_restrict_self": ("E2BIG", "EPERM"),
    "syscall:SYS_execveat": ("EACCES", "ENOEXEC", "ENOMEM"),
    "syscall:SYS_mount_setattr": ("EPERM", "EINVAL"),
    "syscall:SYS_move_mount": ("EPERM", "EINVAL"),
    "syscall:SYS_open_tree": ("EPERM", "EMFILE"),
    "setns": ("EPERM", "EUSERS"),
    "kill": ("EPERM", "ESRCH"),
    "ioctl:SECCOMP_IOCTL_NOTIF_RECV": ("EINTR", "ENOENT"),
    "ioctl:SECCOMP_IOCTL_NOTIF_SEND": ("EINTR", "ENOMEM"),
    "fcntl:F_OFD_SETLK": ("ENOLCK", "EINTR"),
    "fcntl:F_OFD_GETLK": ("ENOLCK", "EIO"),
    "fcntl:F_SETLEASE": ("EAGAIN", "EINVAL"),
    "flock": ("EWOULDBLOCK", "ENOLCK"),
    "fcntl:F_DUPFD_CLOEXEC": ("EMFILE", "EINVAL"),
    "calloc": ("ENOMEM",),
    "realloc": ("ENOMEM",),
    "renameat2": ("EIO", "EINVAL"),
}
SHORT_CALLS = ("read", "pread", "write", "writev", "getrandom")


def faults_of(name, full):
    """(errno, how) for each way in which a call is let fail."""
    words = ERRORS.get(name, ("EIO",))
    out = [(getattr(errno, word), FAIL) for word in (words if full else words[:1])]
    if name in SHORT_CALLS:
        out.append((0, SHORT))
    return out
