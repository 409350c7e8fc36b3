# SPDX-License-Identifier: Apache-2.0
"""journal: the reading end of /dev/log in a process of its own, as a syslog daemon is: one in this process would
wait for its turn among the threads that start hundreds of clients."""

import contextlib
import os
import socket
import struct
import subprocess
import time

from testbed.syslog import Syslog

READER = """\
import os, socket, struct, sys, time
source, kept, pause = socket.socket(fileno=0), open(sys.argv[1], "ab", buffering=0), float(sys.argv[2])
while True:
    datagram = source.recv(1 << 17)
    kept.write(struct.pack("I", len(datagram)) + datagram)
    if pause:
        time.sleep(pause)
"""


class Journal(Syslog):
    """As Syslog, with pause: seconds that it takes for each record."""

    def __init__(self, kept, path="/dev/log"):
        self.kept, self.read, self.seconds = kept, 0, 0
        open(kept, "wb").close()
        super().__init__(path)

    def listen(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.start()

    def start(self):
        self.child = subprocess.Popen(
            ["/usr/bin/python3", "-I", "-c", READER, self.kept, str(self.seconds)], stdin=self.socket)
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, self.child.pid, -10)

    def stop(self):
        self.child.terminate()
        self.child.wait()

    @property
    def pause(self):
        return self.seconds

    @pause.setter
    def pause(self, seconds):
        if seconds == self.seconds:
            return
        self.seconds = seconds
        if hasattr(self, "child"):
            self.stop()
            self.start()

    def take(self):
        """What has been read since the last time."""
        with open(self.kept, "rb") as file:
            file.seek(self.read)
            data, at = file.read(), 0
        while at + 4 <= len(data):
            size = struct.unpack_from("I", data, at)[0]
            if at + 4 + size > len(data):
                break
            self.datagrams.append(data[at + 4:at + 4 + size])
            at += 4 + size
        self.read += at

    def flush(self):
        mark = ("testbed %d" % time.monotonic_ns()).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, self.path)
        end = time.monotonic() + 30
        while mark not in self.datagrams and time.monotonic() < end:
            self.take()
            time.sleep(0.01)

    def close(self):
        os.unlink(self.path)
        self.stop()
        self.socket.close()
