# SPDX-License-Identifier: Apache-2.0
"""source: this checkout in a root, from which packages are made there by the words of README."""

import os
import subprocess

BOUND = 900


class Source:
    """Takes a root with nothing in it that a build needs, and a checkout, which may hold what is not committed."""

    def __init__(self, root, top, at="/root/source"):
        self.root, self.at = root, at
        os.mkdir(root.at(at))
        with subprocess.Popen(["tar", "-C", top, "-c", "--exclude=./build", "--exclude=./.git", "."],
                              stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-C", root.at(at), "-x", "--no-same-owner"], stdin=tar.stdout, check=True)
        # The root is thrown away: nothing has to outlive a loss of power.
        root.write("/etc/dpkg/dpkg.cfg.d/unsafe-io", "force-unsafe-io\n")

    def run(self, command):
        return self.root.run("sh", "-euc", "cd %s && %s" % (self.at, command), timeout=BOUND)

    def depend(self, *purposes):
        self.run("install/dependencies " + " ".join(purposes))

    def make(self, preset, *settings):
        """The workflow of this name, with settings of configure. Returns what it said."""
        if settings:
            self.run("cmake --preset %s %s" % (preset, " ".join(settings)))
        return self.run("cmake --workflow --preset " + preset)

    def packages(self, folder, ending):
        """Their paths in the root, in the order of their names."""
        place = "%s/build/%s/packages" % (self.at, folder)
        return sorted(os.path.join(place, name) for name in os.listdir(self.root.at(place)) if name.endswith(ending))
