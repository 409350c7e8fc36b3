# SPDX-License-Identifier: Apache-2.0
"""forms: how each form is raced: its command lines, which run in turn, what they are fed, and what is swapped."""

import os
import struct
from dataclasses import dataclass

from testbed.tree import COMING, PROBE
from sftp_client import CLOSE, DATA, FLAG_CREATE, FLAG_READ, FLAG_TRUNCATE, FLAG_WRITE, HANDLE, INIT, MKDIR, NAME, \
    OPEN, OPENDIR, READ, READDIR, WRITE, attributes, string

BUILTIN, TRANSFER = 150, 36  # rounds in a quick run, for each place and its walls


@dataclass
class Form:
    """Lines for the shell itself; {U} is the instance, {B} the image cache."""

    lines: tuple
    places: tuple
    walls: tuple = ("all", "bare")
    input: object = None  # bytes, or what makes them of the paths
    packet: int = -1
    quick: int = BUILTIN  # rounds of each line
    forms: int = 1  # how many forms the lines are
    dwell: int = 60  # microseconds at most, for an act to see several states
    jobs: int = 1
    clears: bool = False  # deletes whole trees
    trades: bool = True  # another peer's instance may stand in the place of ours: nothing of it may be done there

    def paths(self, race, job=0):
        return {"U": race.tree.at(COMING), "B": race.tree.at("_base"), "I": race.tree.root, "PROBE": PROBE,
                "UUID": COMING}

    def commands(self, race, job):
        return [[race.node.shell, "-c", line.format(**self.paths(race))] for line in self.lines]

    def options(self, race, job):
        if self.input is None:
            return []
        data = self.input if isinstance(self.input, bytes) else self.input(self.paths(race))
        path = os.path.join(race.outside.wings, "input")
        race.tree.write(path, data)
        return ["-i", path] + (["-p", self.packet] if self.packet >= 0 else [])


@dataclass
class Client(Form):
    """Lines for rsync's own client, whose remote shell is ours; {S} is what it sends, {R} what it receives."""

    quick: int = TRANSFER
    dwell: int = 1500
    jobs: int = 4  # both ends of rsync sleep more than they work

    def paths(self, race, job=0):
        return dict(super().paths(race), **dict(race.programs, R="%s-%d" % (race.programs["R"], job)))

    def commands(self, race, job):
        words = ["/usr/bin/rsync", "-e", race.programs["shell"]]
        return [words + line.format(**self.paths(race, job)).split(" ") for line in self.lines]

    def options(self, race, job):
        return ["-r", self.paths(race, job)["R"]]


def packets(*requests):
    """A whole SFTP session, with what is answered left unread. Handles are counted from 0."""
    data = struct.pack(">IBI", 5, INIT, 3)
    for number, (kind, body) in enumerate(requests):
        data += struct.pack(">IBI", len(body) + 5, kind, number) + body
    return data


FIRST, SECOND = (string(struct.pack(">I", number)) for number in range(2))


def put(paths):
    flags = FLAG_WRITE | FLAG_CREATE | FLAG_TRUNCATE
    return packets(
        (OPEN, string(paths["U"] + "/d/file") + struct.pack(">I", flags) + attributes(mode=0o644)),
        (WRITE, FIRST + struct.pack(">Q", 0) + string(b"real")), (CLOSE, FIRST),
        (MKDIR, string(paths["U"] + "/d/new") + attributes(mode=0o755)))


def get(paths):
    return packets(
        (OPEN, string(paths["B"] + "/d/file") + struct.pack(">I", FLAG_READ) + attributes()),
        (READ, FIRST + struct.pack(">QI", 0, 32768)), (OPENDIR, string(paths["B"] + "/d")),
        (READDIR, SECOND), (READDIR, FIRST), (CLOSE, FIRST), (CLOSE, SECOND))


INSIDE = ("instance", "parent", "leaf")
CACHE = ("cache", "cache-parent", "cache-leaf")
SFTP = ("/usr/lib/openssh/sftp-server",)
transfer = dict(quick=TRANSFER, dwell=400)

FORMS = {
    "touch, rm": Form(("touch {U}/d/file", "rm {U}/d/file"), INSIDE, forms=2),
    "touch, rm of the probe": Form(("touch {U}/{PROBE}", "rm {U}/{PROBE}"), ("instance", "probe"), forms=2, trades=False),
    "mkdir, rm -rf": Form(
        ("mkdir -p {U}/d/a/b", "rm -rf {U}/d/a"), ("instance", "parent", "leaf-directory"), forms=2, clears=True),
    "mkdir, rm -rf of an instance": Form(("mkdir -p {U}", "rm -rf {U}"), ("instance",), forms=2, clears=True),
    "scp -t": Form(("scp -t {U}/d/file",), INSIDE, input=b"C0644 4 file\nreal\0", **transfer),
    "scp -r -t": Form(
        ("scp -r -t {U}",), INSIDE, input=b"D0755 0 d\nC0644 4 file\nreal\0E\n", **transfer),
    "scp -f": Form(("scp -f {B}/d/file",), CACHE, input=b"\0" * 64, **transfer),
    "scp -f of a kernel": Form(("scp -f {U}/kernel",), ("kernel",), input=b"\0" * 64, **transfer),
    "scp -r -f": Form(("scp -r -f {B}/d",), CACHE, input=b"\0" * 64, **transfer),
    "sftp put": Form(SFTP, INSIDE, ("all", "claimed"), input=put, packet=HANDLE, **transfer),
    "sftp get": Form(SFTP, CACHE, ("all", "claimed"), input=get, packet=DATA, **transfer),
    "sftp list": Form(SFTP, CACHE[:2], ("all", "claimed"), input=get, packet=NAME, **transfer),
    "rsync push": Client(("-rS {S}/file node:{U}/d/file",), INSIDE),
    "rsync pull": Client(("-rS node:{B}/d/file {R}",), CACHE),
    "rsync empty": Client(("-a --delete-excluded {E}/ node:{U}",), ("instance", "parent"), clears=True),
    "rsync create_file, remove_file": Client(
        ("-aR --no-implied-dirs {S}/./{U}/{PROBE} node:/", "-a --delete --include={PROBE} --exclude=* {E}/ node:{U}"),
        ("instance", "probe"), trades=False, clears=True, quick=TRANSFER // 2),
    "rsync create_dir, remove_dir": Client(
        ("-aR --no-implied-dirs {S}/./{U} node:/", "-a --delete-excluded {E}/ node:{U}",
         "-a --delete --include={UUID} --exclude=* {E}/ node:{I}"),
        ("instance",), clears=True),
}
