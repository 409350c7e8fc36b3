# SPDX-License-Identifier: Apache-2.0
"""package: the packages and the program of test_takeover, made in a clean root of the system's own release.

Those of arm64 are made by cross-building on the same release for amd64.
"""

import os
import shutil
import subprocess

import debian
from source import Source

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TAKEOVER = "tests/attack/takeover"
TESTS = "tests.tar"
UNIT, UNIT_PLACE = "unit.tar", "build/unit/tests/unit"


def commit():
    said = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty", "--abbrev=10"],
                          capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def make(system, place):
    """Into place.packages, anew; the root that builds is kept as a tar file. Returns how many warnings there were."""
    suite = system.made_on or system.suite
    shutil.rmtree(place.packages, ignore_errors=True)
    tar = place.state / (suite + "-build.tar")
    if not tar.exists():
        debian.make(str(tar), suite, "ca-certificates")
    with debian.place_for_roots("rssh-nova-vm-") as at:
        root = debian.Root(str(tar), os.path.join(at, "root"))
        try:
            return build(system, Source(root, TOP), place.packages)
        finally:
            root.close()


def build(system, source, target):
    preset, folder, compiler = "package", "release", "gcc"
    source.depend("build", "package")
    if system.architecture == "arm64":
        preset, folder, compiler = "arm64", "arm64", "aarch64-linux-gnu-gcc"
        source.root.run("dpkg", "--add-architecture", "arm64")
        source.depend("arm64")
    static = "-DCMAKE_PROJECT_INCLUDE=%s/tests/vm/static.cmake" % source.at
    told = source.make(preset, *([static] if system.made_on else []))
    if system.landlock:
        source.run("%s -std=c17 -D_GNU_SOURCE -O2 -I. -o takeover %s/*.c" % (compiler, TAKEOVER))
        source.run("tar -cf %s tests/attack tests/integration tests/tunnel policy/procedure.def" % TESTS)  # of the same commit as the shell
    # What test_takeover looks for is the build of the shell, as the package has it.
    source.root.run("dpkg-deb", "--extract", source.packages(folder, ".deb")[1], "/root/extracted")
    tars = [TESTS] if system.landlock else []
    if not system.left_out("unit"):
        build_unit(source, preset)
        tars.append(UNIT)
    target.mkdir()
    (target / "commit").write_text(commit())
    for path in source.packages(folder, ".deb") + ["/root/extracted/usr/bin/rssh-nova"] + (
            [source.at + "/takeover"] if system.landlock else []) + ["%s/%s" % (source.at, tar) for tar in tars]:
        shutil.copy(source.root.at(path), target)
    return told.count("warning:")


def build_unit(source, preset):
    """The programs of the unit tests, with the libraries that they load: the machine has no way to the mirror."""
    source.depend("unit-arm64")
    source.run("cmake --preset %s -B build/unit -DBUILD_TESTING=ON && cmake --build build/unit --target tests/unit/all"
               % preset)
    said = source.run("qemu-aarch64 /lib/ld-linux-aarch64.so.1 --list %s/test_words" % UNIT_PLACE)
    libraries = [line.split()[2] for line in said.splitlines() if " => " in line and "libc.so" not in line]
    source.run("mkdir %s/libraries && cp -L %s %s/libraries" % (UNIT_PLACE, " ".join(libraries), UNIT_PLACE))
    source.run("tar -cf %s --exclude=CMakeFiles rssh-nova.conf %s" % (UNIT, UNIT_PLACE))
