# SPDX-License-Identifier: Apache-2.0
"""A small SFTP server (draft-ietf-secsh-filexfer-02) for one file. It is honest except for the lie that KIND names.

usage: fake_sftp.py KIND FILE: a push writes FILE, a pull reads it."""
import os
import struct
import sys

KIND, FILE = sys.argv[1], sys.argv[2]
INIT, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, MKDIR, STAT = 1, 3, 4, 5, 6, 7, 8, 9, 10, 14, 17
VERSION, STATUS, HANDLE, DATA, ATTRS, EXTENDED, REPLY = 2, 101, 102, 103, 105, 200, 201
OK, EOF, NO_FILE, DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
out = sys.stdout.buffer
held, seen = [], {"writes": 0, "reads": 0}


def string(text):
    return struct.pack(">I", len(text)) + text


def send(body):
    out.write(struct.pack(">I", len(body)) + body)
    out.flush()


def reply(kind, ident, body):
    send(struct.pack(">BI", kind, ident) + body)


def status(ident, code):
    reply(STATUS, ident, struct.pack(">I", code) + string(b"\033[2Jtext of a server") + string(b""))


def attrs(ident):
    found = os.stat(FILE)
    reply(ATTRS, ident, struct.pack(">IQIII", 13, found.st_size, found.st_mode, int(found.st_atime),
                                    int(found.st_mtime)))


def on_init():
    if KIND == "version-2":
        send(struct.pack(">BI", VERSION, 2))
    elif KIND == "greeting-text":
        out.write(b"Welcome to this host!\n")
        out.flush()
    elif KIND == "greeting-huge":
        out.write(struct.pack(">I", 0xffffffff))
        out.flush()
    elif KIND == "greeting-pairs":
        send(struct.pack(">BI", VERSION, 3) + b"\0\0\0\xff")
    elif KIND == "mute":
        sys.stdin.buffer.read()
    else:
        limits = string(b"limits@openssh.com") + string(b"1") if KIND.startswith("limits") else b""
        send(struct.pack(">BI", VERSION, 3) + limits)


def on_extended(ident, rest):
    sizes = {"limits-tiny": (9, 9, 9, 1), "limits-vast": (2 ** 64 - 1,) * 4, "limits-none": (0,) * 4}
    if KIND == "limits-short":
        reply(REPLY, ident, b"\0\0")
    elif KIND == "limits-refused":
        status(ident, UNSUPPORTED)
    else:
        reply(REPLY, ident, struct.pack(">QQQQ", *sizes[KIND]))


def on_open(ident, rest):
    os.close(os.open(FILE, os.O_CREAT | os.O_RDWR))
    if KIND == "open-ok":
        status(ident, OK)
    elif KIND == "open-data":
        reply(DATA, ident, string(b"x"))
    elif KIND == "handle-long":
        reply(HANDLE, ident, string(b"h" * 300))
    elif KIND == "handle-empty":
        reply(HANDLE, ident, string(b""))
    else:
        reply(HANDLE, ident, string(b"h" * 256 if KIND == "handle-256" else b"h"))


def on_write(ident, offset, data):
    seen["writes"] += 1
    with open(FILE, "r+b") as file:
        file.seek(offset)
        if KIND != "write-lost":
            file.write(data)
    if KIND == "wrong-id":
        status(ident + 100000, OK)
    elif KIND == "id-of-past":
        status(max(ident - 4, 0), OK)
    elif KIND == "twice":
        status(ident, OK)
        status(ident, OK)
    elif KIND == "write-data":
        reply(DATA, ident, string(b"x"))
    elif KIND == "packet-huge":
        out.write(struct.pack(">I", 0x7fffffff) + b"x" * 100000)
        out.flush()
    elif KIND == "packet-empty":
        send(b"")
    elif KIND == "status-cut":
        reply(STATUS, ident, b"\0\0")
    elif KIND == "write-fails" and seen["writes"] == 3:
        status(ident, FAILURE)
    elif KIND == "write-fails-late" and seen["writes"] == 1:
        held.append(ident)
    elif KIND == "write-fails-late" and seen["writes"] == 8:
        status(ident, OK)
        status(held.pop(), FAILURE)
    elif KIND == "backwards" and seen["writes"] <= 30:
        held.append(ident)
        if len(held) == 2:
            for one in reversed(held):
                status(one, OK)
            held.clear()
    elif KIND == "never":
        pass
    elif KIND == "ends" and seen["writes"] == 3:
        sys.exit(0)
    else:
        status(ident, OK)


def on_read(ident, offset, size):
    seen["reads"] += 1
    with open(FILE, "rb") as file:
        file.seek(offset)
        data = file.read(size)
    if KIND == "read-long":
        reply(DATA, ident, string(b"x" * (size + 1)))
    elif KIND == "read-empty":
        reply(DATA, ident, string(b""))
    elif KIND == "read-ok":
        status(ident, OK)
    elif KIND == "read-early-end" and offset >= 65536:
        status(ident, EOF)
    elif KIND == "read-fails" and seen["reads"] == 3:
        status(ident, FAILURE)
    elif KIND == "read-endless":
        reply(DATA, ident, string(b"\xaa" * size))
    elif KIND == "read-grows" and not data and offset < os.stat(FILE).st_size + 5:
        reply(DATA, ident, string(b"\xaa"))  # one byte behind the announced end
    elif not data:
        status(ident, EOF)
    elif KIND == "read-short":
        reply(DATA, ident, string(data[:max(1, len(data) // 3)]))
    else:
        reply(DATA, ident, string(data))


def on_request(kind, ident, rest):
    if kind == EXTENDED:
        on_extended(ident, rest)
    elif kind == OPEN:
        on_open(ident, rest)
    elif kind in (STAT, LSTAT, FSTAT):
        if KIND == "attrs-vast":
            reply(ATTRS, ident, struct.pack(">II", 0x80000000, 0xffffffff))
        elif KIND == "attrs-sizeless":
            reply(ATTRS, ident, struct.pack(">II", 4, os.stat(FILE).st_mode))
        elif os.path.exists(FILE):
            attrs(ident)
        else:
            status(ident, NO_FILE)
    elif kind in (WRITE, READ):
        at = 4 + struct.unpack(">I", rest[:4])[0]
        offset, size = struct.unpack(">QI", rest[at:at + 12])
        if kind == WRITE:
            on_write(ident, offset, rest[at + 12:])
        else:
            on_read(ident, offset, size)
    elif kind == FSETSTAT:
        at = 4 + struct.unpack(">I", rest[:4])[0]
        if KIND != "size-fails":
            os.truncate(FILE, struct.unpack(">Q", rest[at + 4:at + 12])[0])
        status(ident, DENIED if KIND == "size-fails" else OK)
    elif kind == CLOSE:
        status(ident, FAILURE if KIND == "close-fails" else OK)
    else:
        status(ident, UNSUPPORTED)


while True:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        break
    body = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
    if body[0] == INIT:
        on_init()
    else:
        on_request(body[0], struct.unpack(">I", body[1:5])[0], body[5:])
