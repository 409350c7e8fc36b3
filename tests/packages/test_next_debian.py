# SPDX-License-Identifier: Apache-2.0
"""In the clean root of the next Debian that tests/install has: the packages of arm64 by cross-building, and the profile for
its AppArmor."""

from conftest import TOP
from test_build import source  # noqa: F401  a fixture

AARCH64 = b"\xb7\x00"  # e_machine, elf(5)


def machine_of(path):
    with open(path, "rb") as program:
        return program.read(20)[18:]


def test_a_clean_root_makes_those_of_arm64(source):  # noqa: F811
    source.depend("build", "package")
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


def test_its_apparmor_takes_the_profile(source):  # noqa: F811
    source.root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "apparmor", timeout=300)
    profile = source.root.take_in(TOP / "install/deployments/apparmor/rssh-nova")
    source.root.run("apparmor_parser", "-QT", profile)
    source.root.write(profile, source.root.read(profile).replace("userns,", "usernamespace,"))
    assert "syntax error" in source.root.run("apparmor_parser", "-QT", profile, status=1)
