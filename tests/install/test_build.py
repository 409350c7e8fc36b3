# SPDX-License-Identifier: Apache-2.0
"""The packages as a distributor makes them: in a clean root of the next Debian, of the sources alone, with what
install/packages names and nothing else, for this architecture and for arm64. tests/vm does it on other releases."""

import os

import debian
import pytest
from conftest import TOP
from source import Source

SUITE = "trixie"
AARCH64 = b"\xb7\x00"  # e_machine, elf(5)


@pytest.fixture(scope="module")
def source(roots):
    tar = os.path.join(roots, SUITE + ".tar")
    debian.make(tar, SUITE, "ca-certificates")
    root = debian.Root(tar, os.path.join(roots, SUITE))
    os.unlink(tar)
    yield Source(root, TOP)
    root.close()


def machine_of(path):
    with open(path, "rb") as program:
        return program.read(20)[18:]


def test_a_clean_root_makes_the_packages(source):
    source.depend("build", "package")
    assert "criterion" not in source.root.run("dpkg-query", "-W", "-f", "${Package}\n")
    # A warning is an error: this compiler knows more than the developers'.
    assert "warning:" not in source.make("package")
    assert len(source.packages("release", ".deb")) == len(source.packages("release", ".rpm")) == 2
    # It starts with what that release brings.
    deb = source.packages("release", ".deb")[1]
    source.root.run("dpkg-deb", "--extract", deb, "/")
    for program in "rssh-nova", "rssh-nova-admin", "rssh-nova-send":
        assert program in source.root.run(program, "--version")


def test_it_makes_those_of_arm64(source):
    source.root.run("dpkg", "--add-architecture", "arm64")
    source.depend("arm64")
    assert "warning:" not in source.make("arm64")
    debs = source.packages("arm64", ".deb")
    assert len(debs) == 2
    for deb in debs:
        assert source.root.run("dpkg-deb", "--field", deb, "Architecture") == "arm64\n"
    source.root.run("dpkg-deb", "--extract", debs[1], "/root/arm64")
    for name in "bin/rssh-nova", "bin/rssh-nova-send", "sbin/rssh-nova-admin":
        assert machine_of(source.root.at("/root/arm64/usr/" + name)) == AARCH64
