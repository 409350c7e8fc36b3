# SPDX-License-Identifier: Apache-2.0
"""Copies so many bytes from its standard input to its output, takes no more, and ends when the input's other end does."""
import os
import select
import sys

left = int(sys.argv[1])
while left > 0:
    data = os.read(0, min(left, 65536))
    if not data:
        sys.exit()
    left -= len(data)
    while data:
        data = data[os.write(1, data):]
poll = select.poll()
poll.register(0, 0)  # a hang-up is told all the same
poll.poll()
