# SPDX-License-Identifier: Apache-2.0
"""The packages as a distributor makes them: in a clean root of the next Debian, of the sources alone, with what
install/packages names and nothing else. tests/packages does it for arm64, tests/vm on other releases."""

import os

import debian
import pytest
from conftest import TOP
from source import Source

SUITE = "trixie"


@pytest.fixture(scope="module")
def source(roots):
    tar = os.path.join(roots, SUITE + ".tar")
    debian.make(tar, SUITE, "ca-certificates")
    root = debian.Root(tar, os.path.join(roots, SUITE))
    os.unlink(tar)
    yield Source(root, TOP)
    root.close()


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
