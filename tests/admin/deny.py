# SPDX-License-Identifier: Apache-2.0
"""deny.py NUMBER ERRNO PROGRAM...: runs a program in a kernel where a system call, by its number, always fails."""
import ctypes
import os
import struct
import sys


def rule(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)


def deny(number, error):
    code = b"".join([
        rule(0x20, 0, 0, 0),                           # load the number
        rule(0x15, 0, 1, number),                      # is it this one?
        rule(0x06, 0, 0, 0x00050000 | error),          # the error
        rule(0x06, 0, 0, 0x7fff0000)])                 # allowed
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0             # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, program, 0, 0) == 0       # PR_SET_SECCOMP, a filter


deny(int(sys.argv[1]), int(sys.argv[2]))
os.execv(sys.argv[3], sys.argv[3:])
