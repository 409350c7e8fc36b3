# SPDX-License-Identifier: Apache-2.0
"""syslog: appends each datagram that comes to /dev/log to the file that it is called with, as a line."""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
os.chmod("/dev/log", 0o666)
with open(sys.argv[1], "ab", 0) as file:
    while True:
        file.write(log.recv(65536) + b"\n")
