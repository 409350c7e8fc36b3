# SPDX-License-Identifier: Apache-2.0
"""A slow line: copies standard input to standard output, with a pause after each block, until either ends.

usage: throttle.py BYTES SECONDS"""
import os
import select
import sys
import time

size, pause = int(sys.argv[1]), float(sys.argv[2])
ends = select.poll()
ends.register(0, select.POLLIN)
ends.register(1, 0)
try:
    # The reader may have finished, and wait for our end, long before the writer closes.
    while not any(fd == 1 for fd, _ in ends.poll()):
        block = os.read(0, size)
        if not block:
            break
        time.sleep(pause * len(block) / size)
        while block:
            block = block[os.write(1, block):]
except BrokenPipeError:
    pass
