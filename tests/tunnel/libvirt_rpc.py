# SPDX-License-Identifier: Apache-2.0
"""libvirt_rpc: messages of libvirt's protocol, byte by byte; and a daemon that only answers.
Source: libvirt's "RPC protocol" page, remote_protocol.x."""

import os
import re
import socket
import struct
import threading
import time

from testbed.patience import patient

REMOTE, QEMU, LXC, ADMIN, KEEPALIVE = 0x20008086, 0x20008087, 0x00068000, 0x06900690, 0x6b656570
LOCK, LOG = 0x0ea7beef, 0x87539319  # of virtlockd and virtlogd, which listen elsewhere
PROGRAMS = {"REMOTE": REMOTE, "QEMU": QEMU, "LXC": LXC, "ADMIN": ADMIN, "KEEPALIVE": KEEPALIVE}
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../policy/procedure.def")
OPEN, CLOSE, DESTROY, STATE, LOOKUP, FEATURE, AUTH_LIST, POLKIT, PREPARE, FINISH, REGISTER, UNREGISTER = 1, 2, 12, 212, 24, 60, 66, 70, 303, 306, 360, 361
CALL, REPLY, EVENT, STREAM, CALL_WITH_FDS, REPLY_WITH_FDS, HOLE = range(7)
OK, ERROR = 0, 1
NO_DOMAIN = 42
NOVA_FLAGS = 0x1b
POSTCOPY = 1 << 15


def message(procedure, body=b"", program=REMOTE, version=1, kind=CALL, serial=0, status=OK, length=None):
    return struct.pack(">7I", len(body) + 28 if length is None else length, program, version, procedure, kind, serial, status) + body


def opaque(data):
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def parameter(field, value):
    if isinstance(value, int):
        return opaque(field.encode()) + struct.pack(">IQ", 4, value)
    return opaque(field.encode()) + struct.pack(">I", 7) + opaque(value.encode())


def migration(xml, cookie, flags=NOVA_FLAGS, end=b"", **more):
    fields = ([("destination_xml", xml)] if xml is not None else []) + list(more.items())
    body = struct.pack(">I", len(fields)) + b"".join(parameter(*field) for field in fields)
    return body + opaque(cookie.encode() + b"\0" if cookie else b"") + struct.pack(">I", flags) + end


OPEN_BODY = struct.pack(">I", 1) + opaque(b"qemu:///system") + struct.pack(">I", 0)
FEATURE_BODY = struct.pack(">i", 10)
BODIES = {OPEN: OPEN_BODY, FEATURE: FEATURE_BODY}


def read_exactly(read, size):
    data = b""
    while len(data) < size:
        part = read(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read_message(read):
    head = read_exactly(read, 28)
    return struct.unpack(">7I", head), read_exactly(read, struct.unpack(">I", head[:4])[0] - 28)


def procedures():
    """(program, number) -> name, of libvirt's protocols."""
    with open(TABLE) as table:
        rows = re.findall(r"^PROCEDURE\((\w+), (\d+), (\w+)\)$", table.read(), re.M)
    return {(PROGRAMS[program], int(number)): name if program == "REMOTE" else program + "_" + name
            for program, number, name in rows}


NAMES = procedures()


def name_of(program, procedure):
    """As the record has it."""
    return NAMES.get((program, procedure), str(procedure))


ARRIVING, RUNNING = (3, 2), (1, 1)  # virDomainState and its reason
CAME = {"uuid": None, "name": None, "id": 7}  # None: as the prepare had it


class Daemon:
    """Listens as root, keeps each message that reaches it, and answers: it knows the domains in known, and each that has
    come over the same connection."""

    def __init__(self, path):
        self.got, self.known, self.failing, self.large, self.silent = [], set(), set(), set(), set()
        self.state, self.slow = ARRIVING, 0  # slow: seconds before each answer
        self.came = dict(CAME)  # what it says of a domain that has come
        self.connections, self.ended = 0, []  # a list, as more than one thread adds to it
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.path, self.name = path, b"name"
        self.socket.listen(32)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        domain = {}
        try:
            while True:
                head, body = read_message(client.recv)
                self.got.append((head, body))
                time.sleep(self.slow)
                client.sendall(self.answer(head, body, domain))
        except (EOFError, OSError):
            client.close()
        finally:
            self.ended.append(client)

    def lookup(self, body, domain):
        if body.hex() in self.known:
            return opaque(self.name) + body + struct.pack(">i", -1)
        if domain.get("uuid") != body or self.came["id"] is None:
            return None
        return opaque(self.came["name"] or domain["name"]) + (self.came["uuid"] or body) + struct.pack(">i", self.came["id"])

    def answer(self, head, body, domain):
        _, program, version, procedure, kind, serial, _ = head
        if program == KEEPALIVE:
            return message(2, program=KEEPALIVE, kind=EVENT)
        if procedure in self.silent:
            return b""
        reply = {"program": program, "version": version, "kind": REPLY, "serial": serial}
        if procedure == LOOKUP:
            found = self.lookup(body, domain)
            if found is not None:
                return message(procedure, found, **reply)
            return message(procedure, struct.pack(">II", NO_DOMAIN, 10) + b"\0" * 32, status=ERROR, **reply)
        if procedure in self.failing:
            return message(procedure, struct.pack(">II", 1, 10) + b"\0" * 32, status=ERROR, **reply)
        if procedure == STATE:
            return message(procedure, struct.pack(">ii", *self.state), **reply)
        if procedure == PREPARE:
            domain["uuid"] = bytes.fromhex(re.search(rb"<uuid>(.*?)</uuid>", body)[1].decode().replace("-", ""))
            domain["name"] = re.search(rb"<name>(.*?)</name>", body)[1]
        if procedure in self.large:
            return message(procedure, bytes(4 << 20), **reply)
        return message(procedure, {AUTH_LIST: b"\0\0\0\1\0\0\0\0", FEATURE: b"\0\0\0\1"}.get(procedure, b""), **reply)

    def settle(self):
        """Waits until it has read all that was sent to it; each client must have gone."""
        end = time.monotonic() + patient(10)
        while len(self.ended) < self.connections:
            assert time.monotonic() < end, "a client is still here"
            time.sleep(.001)

    def procedures(self):
        return [head[3] for head, _ in self.got if head[1] == REMOTE]

    def forget(self):
        self.got.clear()
        self.known.clear()
        self.failing.clear()
        self.large.clear()
        self.silent.clear()
        self.name, self.came, self.state, self.slow = b"name", dict(CAME), ARRIVING, 0

    def close(self):
        self.socket.close()
        os.unlink(self.path)
