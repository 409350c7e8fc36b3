# SPDX-License-Identifier: Apache-2.0
"""refusal: nodes that refuse what the second wall is made of. Each is to be called in the process to be, before
it becomes its program (preexec_fn).
Source: user_namespaces(7), namespaces(7), seccomp(2)."""

import ctypes
import os
import platform
import struct

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
CLONE, MOUNT_SETATTR = {"x86_64": 56, "aarch64": 220}[platform.machine()], 442
EPERM = 1
# Offsets in struct seccomp_data, and what BPF does with them.
NUMBER, FIRST_ARGUMENT = 0, 16
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def put(path, text):
    with open(path, "w") as file:
        file.write(text)


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def no_user_namespaces():
    """As root: a user namespace in which everybody is who he was, and in which there can be no other.
    The limit is that namespace's own; the machine's stays as it is."""
    done, told = os.pipe()
    us = os.getpid()
    helper = os.fork()
    if helper == 0:  # it stays outside, for only from there may every user be mapped
        os.close(told)
        os.read(done, 1)
        for name in ("uid_map", "gid_map"):
            put("/proc/%d/%s" % (us, name), "0 0 4294967295")
        os._exit(0)
    os.close(done)
    unshare(CLONE_NEWUSER)
    os.close(told)
    if os.waitpid(helper, 0)[1] != 0:
        raise RuntimeError("cannot map the users")
    put("/proc/sys/user/max_user_namespaces", "0")


def filtered(*code):
    program = b"".join(struct.pack("HBBI", *each) for each in code)
    text = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0)):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def as_in_a_container():
    """No new namespaces, as container runtimes filter them."""
    filtered(
        (LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, CLONE), (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, CLONE_NEWUSER | CLONE_NEWNS), (RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW))


def half_way():
    """The namespaces can be made and entered, but nothing can be shown in them as it must be."""
    filtered(
        (LOAD, 0, 0, NUMBER), (EQUAL, 0, 1, MOUNT_SETATTR), (RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW))
