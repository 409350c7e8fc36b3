# SPDX-License-Identifier: Apache-2.0
"""syslog: the reading end of /dev/log, and the audit records that came through it.

Source: syslog(3), whose datagrams are "<PRI>Mon dd hh:mm:ss IDENT[PID]: TEXT".
"""

import json
import os
import re
import socket
import threading
import time

from testbed.patience import patient

LINE = re.compile(rb"<(\d+)>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?rssh-nova(?:\[\d+\])?: (.*)", re.S)
PLAIN = r"[!#-&(-<>-\[\]-~]"  # printable ASCII without blank, quotes, "=" and backslash
WORD = re.compile(r"([a-z_]+)=(?:(%s+)|(\"(?:%s|[ ']|\\u00[0-9a-f]{2})*(?:\\u2026)?\"))" % (PLAIN, PLAIN))
KEYS = {
    "decide": "event ref verdict reason user uid peer peer_name key cert_id cert_serial ca profile transport form op path"
    " instance claim confine given left_out cmd",
    "done": "event ref status signal limit ms bytes_in bytes_out denied wrote",
    "image": "event ref finding instance file detail",
    "domain": "event ref step finding procedure instance name flags disks detail",
    "fence": "event ref verdict finding domain operation instance peer file detail ms",
    "fault": "event ref where line problem",
}


def record_parse(text):
    """One logfmt line as a dict. Anything but the documented keys in their order is an error, and so are quotes round
    what needs none."""
    record, at = {}, 0
    while at <= len(text):
        hit = WORD.match(text, at)
        if hit is None or hit[1] in record or text[hit.end():hit.end() + 1] not in ("", " "):
            raise ValueError("not a record: %r" % text)
        record[hit[1]] = hit[2] or json.loads(hit[3]).replace("\u2026", "...")
        if hit[3] and re.fullmatch(PLAIN + "+", hit[3][1:-1]):
            raise ValueError("quotes round a word: %r" % text)
        at = hit.end() + 1
    if list(record) != KEYS.get(record.get("event"), "").split():
        raise ValueError("not the keys of a record: %r" % text)
    return record


class Syslog:
    """Listens on a datagram socket in a thread of its own and keeps every datagram."""

    def __init__(self, path="/dev/log"):
        self.path = path
        self.datagrams = []
        self.changed = threading.Condition()
        self.listen()

    def listen(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        threading.Thread(target=self.collect, args=(self.socket,), daemon=True).start()

    def collect(self, source):
        while True:
            try:
                datagram = source.recv(1 << 17)
            except OSError:
                return
            if not datagram:
                return
            with self.changed:
                self.datagrams.append(datagram)
                self.changed.notify_all()

    def close(self):
        os.unlink(self.path)
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def mark(self):
        self.flush()
        with self.changed:
            return len(self.datagrams)

    def since(self, mark):
        """Every record from the mark on; anything else of ours is an error."""
        with self.changed:
            datagrams = self.datagrams[mark:]
        records = []
        for datagram in datagrams:
            hit = LINE.fullmatch(datagram.rstrip(b"\n\0"))
            if hit is not None:
                records.append(record_parse(hit.group(2).decode("ascii")))
        return records

    def flush(self):
        """Waits until everything that was sent before has been read: the socket keeps the order."""
        mark = ("testbed %d" % time.monotonic_ns()).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, self.path)
        with self.changed:
            self.changed.wait_for(lambda: mark in self.datagrams, patient(10))

    def settled(self, mark, timeout=3.0):
        """The records from the mark on, once each allowed run has its done record."""
        end = time.monotonic() + patient(timeout)
        while True:
            self.flush()
            records = self.since(mark)
            done = {record["ref"] for record in records if record["event"] == "done"}
            allowed = {record["ref"] for record in records
                       if record["event"] == "decide" and record["verdict"] == "allow"}
            if allowed <= done or time.monotonic() > end:
                return records
            time.sleep(0.02)
