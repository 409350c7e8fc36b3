# SPDX-License-Identifier: Apache-2.0
"""nova-path over a wire that is slower than the ciphers of ssh: a loopback of our own, which tc-tbf(8) slows down."""

import subprocess

from nova import bench
from place import namespace

SLOW = "rate 1gbit burst 256kb latency 20ms"
FULL = ("a dense disk of 400 MB over 1 Gbit/s", 400, 0, 400, False, 5, "<= 1.00", "<= 1.05", None)
SHORT = ("a disk of 8 MB over 1 Gbit/s", 8, 0, 8, False, 1, None, None, None)


def measure(form):
    namespace.enter_a_network()
    subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "tbf", *SLOW.split()], check=True)
    with bench() as made:
        return made.copy(*(FULL if form == "full" else SHORT))
