# SPDX-License-Identifier: Apache-2.0
"""abi: those of Landlock that there are to be tried: what the running kernel has, and what came before."""

import ctypes

CREATE_RULESET, VERSION = 444, 1
# It has a right that the shell knows, and more that nobody does. The mask leaves out what this kernel lacks.
LATER = 12


def running():
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(CREATE_RULESET, None, 0, VERSION)
    if abi < 1:
        raise RuntimeError("these tests need a kernel with Landlock")
    return abi


ABIS = range(1, running() + 1)
EARLIER = range(1, running())
