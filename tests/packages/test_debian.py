# SPDX-License-Identifier: Apache-2.0
"""Debian's packages from debian/, in a clean root with what debian/control names: with their tests, reproducible, clean
for lintian, of the same files as cpack's; and they install, refuse to be removed and purge as those do."""

import filecmp
import os
import re
import shutil
import subprocess

import debian
import pytest
from conftest import TOP, pack
from test_node import test_a_purge_leaves_no_file_of_the_shell, test_no_removal_locks_an_account_out  # noqa: F401
from test_packages import VERSION, members

NAME = f"rssh-nova-{VERSION}"
# In another directory, at another time, by another umask, zone, locale and number of jobs.
BUILDS = {
    "/root/one": "dpkg-buildpackage -us -uc",
    "/srv/another/place": "umask 077 && export TZ=Asia/Tokyo LC_ALL=C && "
                          "find . -exec touch -d @$(($(dpkg-parsechangelog -S Timestamp) + 1)) {} + && "
                          "DEB_BUILD_OPTIONS='nocheck parallel=1' dpkg-buildpackage -us -uc -b",
}
BUILD_BOUND = 900


@pytest.fixture(scope="module")
def results(roots, tmp_path_factory):
    """{place: directory of what a build left beside its sources}."""
    tar = os.path.join(roots, "debian-build.tar")
    debian.make(tar, packages="build-essential,fakeroot")
    root = debian.Root(tar, os.path.join(roots, "debian-build"))
    os.unlink(tar)
    found = {}
    try:
        for place, command in BUILDS.items():
            sources = f"{place}/{NAME}"
            os.makedirs(root.at(place))
            shutil.copytree(TOP, root.at(sources), symlinks=True,
                            ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
            root.run("tar", "-C", place, "--exclude=debian", "-czf", f"{place}/rssh-nova_{VERSION}.orig.tar.gz", NAME)
            if not found:
                root.run("sh", "-euc", f"cd {sources} && apt-get update -q && apt-get build-dep -y -q --no-install-recommends ./",
                         timeout=BUILD_BOUND)
            told = root.run("sh", "-euc", f"cd {sources} && {command}", timeout=BUILD_BOUND)
            assert ("100% tests passed" in told) == (not found), told[-4000:]
            found[place] = tmp_path_factory.mktemp("debian")
            for each in os.listdir(root.at(place)):
                if each != NAME:
                    shutil.copy(root.at(f"{place}/{each}"), found[place])
    finally:
        root.close()
    return found


class Built:
    def __init__(self, place):
        self.debs = sorted(place.glob("*.deb"))
        self.deb = str(next(path for path in self.debs if path.name.startswith("rssh-nova_")))


@pytest.fixture(scope="module")
def packages(results):
    """In the place of cpack's, for the tests of tests/install that are imported here."""
    return Built(results["/root/one"])


def test_two_builds_are_the_same(results):
    one, another = (sorted(path.name for path in results[place].glob("*.deb")) for place in BUILDS)
    assert one == another and len(one) == 4
    for name in one:
        assert filecmp.cmp(results["/root/one"] / name, results["/srv/another/place"] / name, shallow=False), name


def test_lintian_has_nothing_to_say(results):
    [changes] = results["/root/one"].glob("*.changes")
    done = subprocess.run(["lintian", "--allow-root", "--display-info", "--pedantic", changes],
                          capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_names_the_sources_of_the_code_that_it_holds(packages):
    told = subprocess.run(["dpkg-deb", "--field", packages.deb, "Built-Using"], check=True, capture_output=True, text=True)
    assert set(re.sub(r" \(= [^)]*\)", "", told.stdout.strip()).split(", ")) == {"expat", "glibc", "libinih"}


def contents(deb):
    return {each.name: each.mode for each in members(deb) if each.isreg()}


def test_they_hold_the_files_of_those_of_cpack(packages, tmp_path):
    cpack = {path.name: path for path in pack(tmp_path) if path.suffix == ".deb"}
    ours = {path.name: path for path in packages.debs}
    assert cpack.keys() < ours.keys()
    for name, deb in cpack.items():
        assert contents(deb) == contents(ours[name])


def test_the_manuals_are_pages(packages, tmp_path):
    [doc] = [path for path in packages.debs if path.name.startswith("rssh-nova-doc_")]
    subprocess.run(["dpkg-deb", "-x", doc, tmp_path], check=True)
    pages = {path.name: path.read_text() for path in (tmp_path / "usr/share/doc/rssh-nova/html").iterdir()}
    assert set(pages) == {path.name + ".html" for path in (TOP / "install/man").iterdir()}
    links = {link for text in pages.values() for link in re.findall(r'href="([^"#]+)', text)}
    # Ours are beside each other; others are where Debian has all manuals.
    assert {link for link in links if "://" not in link} == set(pages)
    assert all(link.startswith("https://manpages.debian.org/") for link in links if "://" in link)
