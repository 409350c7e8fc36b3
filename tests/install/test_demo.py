# SPDX-License-Identifier: Apache-2.0
"""What the demo adds to a machine: named before it comes, and gone after --clean. Its build is not run here: no
compiler is among these packages."""

import os
import shutil

from conftest import TOP
from debian import describe

STATE = "/root/.local/state/rssh-nova/demo-packages"


def names(root):
    return set(root.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n").split())


def put_demo(root, packages):
    """The demo of the sources, which needs other packages here."""
    for name in "demo", "demo-node", "dependencies":
        os.makedirs(root.at("/opt/top/install"), exist_ok=True)
        shutil.copy(TOP / "install" / name, root.at("/opt/top/install"))
    root.write("/opt/top/install/packages", packages)


def test_the_demo_names_what_it_installs_and_takes_it_away(root):
    put_demo(root, "build apt bc libjansson-dev\nrun apt rsync\n")
    before, passwd = names(root), describe(root.at("/etc/passwd"))
    told = root.run("/opt/top/install/demo", status=1)
    lines = [line.strip() for line in told.splitlines()]
    at = lines.index("This installs, with their dependencies: bc libjansson-dev")
    assert at < lines.index("Installing with apt: bc libjansson-dev")
    assert '"install/demo --clean" removes them again.' in told
    assert names(root) - before == {"bc", "libjansson-dev", "libjansson4"}
    # A second one has nothing to install, and forgets nothing.
    assert "nothing to install" in root.run("/opt/top/install/demo", status=1)

    # What another package of the operator's needs by now stays, and is named.
    root.run("dpkg", "--force-depends", "--purge", "bc")
    root.run("sh", "-c", "mkdir -p /tmp/p/DEBIAN && printf '%s\\n' 'Package: mine' 'Version: 1' 'Architecture: all' "
             "'Maintainer: me <me@example.org>' 'Depends: libjansson4' 'Description: mine' >/tmp/p/DEBIAN/control && "
             "dpkg-deb -b /tmp/p /tmp/mine.deb && dpkg -i /tmp/mine.deb")
    assert "later packages need them: mine" in root.run("/opt/top/install/demo", "--clean", status=1)
    assert {"libjansson-dev", "mine"} <= names(root)
    root.run("dpkg", "--purge", "mine")

    root.run("/opt/top/install/demo", "--clean")
    assert names(root) == before
    assert describe(root.at("/etc/passwd")) == passwd
    assert not os.path.exists(root.at(os.path.dirname(STATE)))
    assert "no demo of this user" in root.run("/opt/top/install/demo", "--clean")

    # Where nothing is missing, nothing is promised, and nothing kept.
    put_demo(root, "run apt rsync\n")
    assert root.run("/opt/top/install/dependencies", "--missing", "run", "build") == ""
    root.run("/opt/top/install/dependencies", "--record", STATE, "run")
    assert not os.path.exists(root.at(STATE))
