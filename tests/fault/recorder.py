# SPDX-License-Identifier: Apache-2.0
"""recorder: /dev/log of the fault tests. As testbed.syslog, without a thread: a datagram that was sent is there when
its sender has ended, so that thousands of runs need not wait for it."""

import os
import socket

from testbed.syslog import LINE, record_parse


class Recorder:
    def __init__(self, path="/dev/log"):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)

    def take(self):
        """The records that came since the last time. One that was cut, as a fault may cut it, is none; what is not
        ours is an error."""
        records = []
        while True:
            try:
                datagram = self.socket.recv(1 << 17, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return records
            hit = LINE.fullmatch(datagram)
            if hit is None:
                raise AssertionError("not a record: %r" % datagram)
            if hit.group(2):
                records.append(record_parse(hit.group(2).decode("ascii")))

    def close(self):
        self.socket.close()
        os.unlink(self.path)
