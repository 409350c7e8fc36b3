# SPDX-License-Identifier: Apache-2.0
"""sftp_client: SFTP version 3 by hand, so that a test can ask for what no client would.

Takes a started sftp-server. Source: draft-ietf-secsh-filexfer-02, and PROTOCOL of OpenSSH.
"""

import struct

from piped import Piped

INIT, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT = 1, 3, 4, 5, 6, 7, 8, 9, 10
OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(11, 21)
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
EXTENDED = 200

FLAG_READ, FLAG_WRITE, FLAG_APPEND, FLAG_CREATE, FLAG_TRUNCATE, FLAG_EXCLUDE = 1, 2, 4, 8, 16, 32
OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE = range(6)
UNSUPPORTED = 8


def string(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(value)) + value


def attributes(mode=None, size=None, owner=None, times=None):
    flags, body = 0, b""
    if size is not None:
        flags, body = flags | 1, body + struct.pack(">Q", size)
    if owner is not None:
        flags, body = flags | 2, body + struct.pack(">II", *owner)
    if mode is not None:
        flags, body = flags | 4, body + struct.pack(">I", mode)
    if times is not None:
        flags, body = flags | 8, body + struct.pack(">II", *times)
    return struct.pack(">I", flags) + body


class Client(Piped):
    def __init__(self, child):
        super().__init__(child)
        self.number = 0
        self.send(INIT, struct.pack(">I", 3))
        kind, body = self.receive()
        assert kind == 2, kind
        self.extensions = body

    def send(self, kind, body):
        self.child.stdin.write(struct.pack(">IB", len(body) + 1, kind) + body)
        self.child.stdin.flush()

    def receive(self):
        length = struct.unpack(">I", self.exactly(4))[0]
        packet = self.exactly(length)
        return packet[0], packet[1:]

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.child.stdout.read(count - len(data))
            if more == b"":
                raise EOFError("sftp-server ended: %r" % self.child.stderr.read())
            data += more
        return data

    def ask(self, kind, body):
        """Gives the kind of the answer and, behind its id, its body."""
        self.number += 1
        self.send(kind, struct.pack(">I", self.number) + body)
        kind, body = self.receive()
        assert struct.unpack(">I", body[:4])[0] == self.number
        return kind, body[4:]

    def status(self, kind, body):
        """The status code of an answer, OK for any other answer."""
        kind, body = self.ask(kind, body)
        return struct.unpack(">I", body[:4])[0] if kind == STATUS else OK

    def handle(self, kind, body):
        """A handle, or None."""
        kind, body = self.ask(kind, body)
        return body[4:] if kind == HANDLE else None

    def open(self, path, flags=FLAG_READ, **attribute):
        return self.handle(
            OPEN, string(path) + struct.pack(">I", flags) + attributes(**attribute))

    def opendir(self, path):
        return self.handle(OPENDIR, string(path))

    def read(self, handle, length=65536, offset=0):
        """The data, or b"" for any refusal."""
        kind, body = self.ask(READ, string(handle) + struct.pack(">QI", offset, length))
        return body[4:] if kind == DATA else b""

    def write(self, handle, data, offset=0):
        return self.status(WRITE, string(handle) + struct.pack(">Q", offset) + string(data))

    def close(self, handle):
        return self.status(CLOSE, string(handle))

    def names(self, path):
        """What a directory holds, or None where it may not be listed."""
        handle = self.opendir(path)
        if handle is None:
            return None
        kind, body = self.ask(READDIR, string(handle))
        if kind != NAME:
            return []
        count, at, found = struct.unpack(">I", body[:4])[0], 4, []
        for _ in range(count):
            length = struct.unpack(">I", body[at:at + 4])[0]
            found.append(body[at + 4:at + 4 + length].decode())
            at += 4 + length
            at += 4 + struct.unpack(">I", body[at:at + 4])[0]
            flags = struct.unpack(">I", body[at:at + 4])[0]
            at += 4 + 8 * bool(flags & 1) + 8 * bool(flags & 2) + 4 * bool(flags & 4) + 8 * bool(flags & 8)
        return [name for name in found if name not in (".", "..")]

    def extended(self, name, body=b""):
        return self.status(EXTENDED, string(name) + body)
