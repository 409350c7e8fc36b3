# SPDX-License-Identifier: Apache-2.0
"""RSSH_NOVA_BUILD names the build directory, RSSH_NOVA_RELEASES the releases, apart by blanks."""

import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / name) for name in ("releases", "install", "integration")]
sys.dont_write_bytecode = True
BUILD = os.path.abspath(os.environ.get("RSSH_NOVA_BUILD", "build/release"))
# The one before and the one after Debian 12, which all other tests run on. Of sid none knows what it is tomorrow.
SUITES = os.environ.get("RSSH_NOVA_RELEASES", "bullseye trixie").split()

import debian  # noqa: E402  they need the path
from testbed.syslog import Syslog  # noqa: E402
from release import Release, make  # noqa: E402


@pytest.fixture(scope="session")
def place():
    with debian.place_for_roots("rssh-nova-releases-") as at:
        yield at


@pytest.fixture(scope="session", params=SUITES)
def release(request, place):
    tar = os.path.join(place, request.param + ".tar")
    make(request.param, tar)
    made = Release(request.param, tar, os.path.join(place, request.param), BUILD)
    os.unlink(tar)
    made.syslog = Syslog(made.root.at("/dev/log"))
    yield made
    made.syslog.close()
    made.close()


@pytest.fixture(params=(("required", True), ("off", True), ("off", False)),
                ids=("behind-the-second-wall", "without", "our-client"))
def login(request):
    """The second wall, or Landlock and seccomp alone; and whose programs the peer's are."""
    return request.param


@pytest.fixture
def node(login, release):
    release.tree.rebuild()
    release.wall = login[0]
    release.configure(release.wall)
    return release
