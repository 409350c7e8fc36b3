# SPDX-License-Identifier: Apache-2.0
"""nova-path over a wire that is slower than the ciphers of ssh: a loopback of our own, which tc-tbf(8) slows down."""

import ctypes
import pathlib
import shutil
import subprocess
import tempfile

from nova import Bench

CLONE_NEWNET = 0x40000000
RATE = "1gbit"
FULL = ("a dense disk of 400 MB over 1 Gbit/s", 400, 0, 400, False, 5, "<= 1.00", "<= 1.05", None)
SHORT = ("a disk of 8 MB over 1 Gbit/s", 8, 0, 8, False, 1, None, None, None)


def enter_a_slow_network():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", RATE, "burst", "256kb", "latency", "20ms"],
                   check=True)


def measure(form):
    enter_a_slow_network()
    place = pathlib.Path(tempfile.mkdtemp(prefix="wire-bench-", dir="/var/tmp"))
    place.chmod(0o755)
    bench = Bench(place)
    try:
        return bench.copy(*(FULL if form == "full" else SHORT))
    finally:
        bench.close()
        shutil.rmtree(place)
