# SPDX-License-Identifier: Apache-2.0
"""The header of a qcow2 image of version 3, as small as QEMU takes it. Source: QEMU's docs/interop/qcow2.txt."""
import os
import struct


def qcow2(backing=None, data_file=False):
    text = bytearray(65536)
    text[:8] = b"QFI\xfb\0\0\0\3"
    struct.pack_into(">I", text, 20, 16)
    struct.pack_into(">Q", text, 24, 1 << 30)
    struct.pack_into(">II", text, 96, 4, 104)
    if data_file:
        struct.pack_into(">Q", text, 72, 4)
    if backing is not None:
        name = os.fsencode(backing)
        struct.pack_into(">QI", text, 8, 512, len(name))
        text[512:512 + len(name)] = name
    return bytes(text)
