# SPDX-License-Identifier: Apache-2.0
"""The processor time of everything that a bench starts, daemons included: of ssh, sshd and what they run on both ends.
Other programs disturb it less than they disturb seconds, so it is the better figure on a busy machine."""

import os
import pathlib

VERSION_1 = pathlib.Path("/sys/fs/cgroup/cpuacct")
VERSION_2 = pathlib.Path("/sys/fs/cgroup")


class Meter:
    """A cgroup with this process and all that it starts later. If the machine lets us make none, works is false."""

    def __init__(self):
        top = VERSION_1 if (VERSION_1 / "cpuacct.usage").exists() else VERSION_2
        own = (pathlib.Path("/proc/self/cgroup").read_text()).splitlines()
        names = {line.split(":", 2)[1]: line.split(":", 2)[2].lstrip("/") for line in own}
        parent = next((names[key] for key in names if "cpuacct" in key.split(",")), names.get("", ""))
        self.parent = top / parent
        self.group = self.parent / ("rssh-nova-bench-%d" % os.getpid())
        try:
            self.group.mkdir()
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
            self.works = any((self.group / name).exists() for name in ("cpuacct.usage", "cpu.stat"))
        except OSError:
            self.works = False

    def nanoseconds(self):
        if not self.works:
            return 0
        usage = self.group / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text())
        rows = (line.split() for line in (self.group / "cpu.stat").read_text().splitlines())
        return int(dict(rows)["usage_usec"]) * 1000

    def close(self):
        if not self.group.exists():
            return
        for pid in (self.group / "cgroup.procs").read_text().split():
            (self.parent / "cgroup.procs").write_text(pid)
        self.group.rmdir()
