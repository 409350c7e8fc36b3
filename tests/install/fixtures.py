# SPDX-License-Identifier: Apache-2.0
"""What the tests of packages and roots stand on. RSSH_NOVA_BUILD names the build directory; as root, in a mount
namespace of its own. With CI=true it fails where it cannot run; else it is skipped for who is not root."""

import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/integration"))
sys.dont_write_bytecode = True
BUILD = pathlib.Path(os.environ.get("RSSH_NOVA_BUILD", "build/release")).resolve()

import debian  # noqa: E402  they need the path
from testbed.syslog import Syslog  # noqa: E402
from peer import Peer  # noqa: E402
from sshd import Sshd  # noqa: E402


def pack(place, *options):
    """Runs cpack into a directory, under a umask that must not show in what comes out. Gives the paths of the
    packages, in the order of their names."""
    done = subprocess.run(
        ["cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB;RPM", "-B", place, *options],
        cwd=BUILD, capture_output=True, text=True, timeout=300, umask=0o077)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(path for path in pathlib.Path(place).iterdir() if path.suffix in (".deb", ".rpm"))


class Packages:
    def __init__(self, paths):
        self.paths = paths
        self.names = [path.name for path in paths]
        self.deb, self.dev_deb = self.one("rssh-nova_*.deb"), self.one("librssh-nova-sender-dev_*.deb")
        self.rpm, self.devel_rpm = self.one("rssh-nova-[0-9]*.rpm"), self.one("rssh-nova-devel-*.rpm")

    def one(self, pattern):
        found = [path for path in self.paths if path.match(pattern)]
        assert len(found) == 1, self.names
        return str(found[0])


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    return Packages(pack(tmp_path_factory.mktemp("packages")))


# A later version whose shipped configuration is another, as cpack would make it.
LATER = """
if(EXISTS "${CPACK_TEMPORARY_DIRECTORY}/runtime/etc/rssh-nova.conf")
	file(APPEND "${CPACK_TEMPORARY_DIRECTORY}/runtime/etc/rssh-nova.conf" "# A later version.\\n")
endif()
"""


@pytest.fixture(scope="session")
def later_packages(tmp_path_factory):
    place = tmp_path_factory.mktemp("later")
    script = place / "later.cmake"
    script.write_text(LATER)
    return Packages(pack(
        place / "packages", "-D", "CPACK_PACKAGE_VERSION=99.0",
        "-D", "CPACK_PRE_BUILD_SCRIPTS=%s;%s" % (TOP / "install/cpack/finish.cmake", script)))


@pytest.fixture(scope="session")
def roots():
    with debian.place_for_roots("rssh-nova-install-") as at:
        yield at


@pytest.fixture(scope="session")
def base(roots):
    """The first root, as a tar file."""
    tar = os.path.join(roots, "base.tar")
    debian.make(tar)
    return tar


@pytest.fixture
def root(base, roots):
    made = debian.Root(base, os.path.join(roots, "root"))
    yield made
    made.close()


@pytest.fixture
def node(root):
    """The root with the account that Nova's package makes, as it stands before rssh-nova."""
    root.add_nova()
    return root


@pytest.fixture
def syslog(node):
    listener = Syslog(node.at("/dev/log"))
    yield listener
    listener.close()


@pytest.fixture
def peer(node, tmp_path):
    """Its key is where deployments have it; nova can log in, and gets a shell."""
    made = Peer(tmp_path / "peer")
    node.run("install", "-d", "-o", "nova", "-g", "nova", "-m", "0700", "/var/lib/nova/.ssh")
    node.write("/var/lib/nova/.ssh/authorized_keys", made.key + "\n", 0o600)
    node.run("chown", "nova:nova", "/var/lib/nova/.ssh/authorized_keys")
    return made


@pytest.fixture
def serve(node, peer, tmp_path):
    """Starts the node's sshd as it is configured now."""
    running = []

    def start():
        while running:
            running.pop().close()
        running.append(Sshd(node, str(tmp_path / "sshd.log")))
        peer.meet(running[0])
        return running[0]

    yield start
    while running:
        running.pop().close()
