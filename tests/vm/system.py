# SPDX-License-Identifier: Apache-2.0
"""system: the Debian systems that are tried, and the folder in which each keeps its root, package and disk."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class System:
    name: str
    suite: str
    architecture: str = "amd64"
    # Where the package is made, if this release cannot: with every program static, for its C library is newer.
    made_on: str = ""
    # False: no Landlock in the kernel, so every transfer must be refused, and there is no program to take over.
    landlock: bool = True

    def left_out(self, step):
        """Why this system does not take the step; empty if it does."""
        if step == "takeover" and not self.landlock:
            return "no Landlock"
        if step in ("tunnel", "unit") and self.architecture == "amd64":
            return "in CI"
        return ""


SYSTEMS = {system.name: system for system in (
    System("debian13", "trixie"),
    System("debian12", "bookworm"),
    System("sid", "sid"),
    System("debian12-arm64", "bookworm", architecture="arm64"),
    System("debian11", "bullseye", made_on="bookworm", landlock=False),
)}


class Place:
    """Below the state directory. What is there already is not made again."""

    def __init__(self, state, system):
        self.state = pathlib.Path(state)
        self.folder = self.state / system.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root = self.folder / "root"
        self.disk = self.folder / "disk.ext4"
        self.packages = self.folder / "packages"
        self.serial = self.folder / "serial"
        self.kernel, self.initrd = self.folder / "vmlinuz", self.folder / "initrd"
        self.key = self.state / "key"
