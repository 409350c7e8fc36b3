# SPDX-License-Identifier: Apache-2.0
"""debian/ against what cpack makes of the same files: one set of scripts and words. tests/packages builds from it."""

import re
import shutil
import subprocess

import pytest
from conftest import TOP
from test_packages import VERSION, field


@pytest.fixture(scope="module")
def control():
    """{package: {field: value}} of debian/control."""
    found = {}
    for paragraph in (TOP / "debian/control").read_text().split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*): ?(.*(?:\n .*)*)", paragraph, re.M))
        found[fields.get("Package", "source")] = fields
    return found


def words(value):
    return {word.strip() for word in value.split(",") if word.strip() and not word.strip().startswith("${")}


def test_both_kinds_of_deb_say_the_same(control, packages):
    for name, deb in (("rssh-nova", packages.deb), ("librssh-nova-sender-dev", packages.dev_deb)):
        ours = control[name]
        assert words(ours["Depends"]) <= {re.sub(r" \(.*", "", each) for each in words(field(deb, "Depends"))}
        assert words(ours["Recommends"]) == words(field(deb, "Recommends"))
        assert words(ours.get("Suggests", "")) - {"rssh-nova-doc"} == words(field(deb, "Suggests"))
        assert ours["Description"].splitlines() == field(deb, "Description").splitlines()
        assert ours.get("Section", control["source"]["Section"]) == field(deb, "Section")
        assert control["source"]["Maintainer"] == field(deb, "Maintainer")


def test_the_scripts_are_those_of_debian(packages, tmp_path):
    subprocess.run(["dpkg-deb", "--control", packages.deb, tmp_path], check=True)
    for name in "postinst", "prerm", "postrm":
        ours = (TOP / f"debian/rssh-nova.{name}").read_text()
        assert "#DEBHELPER#" in ours
        assert (tmp_path / name).read_text() == ours.replace("\n#DEBHELPER#\n", "")


def test_lintian_has_nothing_to_say_of_the_sources(tmp_path):
    place = tmp_path / f"rssh-nova-{VERSION}"
    shutil.copytree(TOP, place, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    subprocess.run(["tar", "-C", tmp_path, "--exclude=debian", "-czf", tmp_path / f"rssh-nova_{VERSION}.orig.tar.gz", place.name],
                   check=True)
    subprocess.run(["dpkg-source", "--build", place], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(["lintian", "--allow-root", "--display-info", "--pedantic", "--show-overrides",
                           tmp_path / f"rssh-nova_{VERSION}-1.dsc"], capture_output=True, text=True, timeout=120)
    told = sorted(line for line in done.stdout.splitlines() if not line.startswith("N:"))
    assert (done.returncode, told) == (0, ["O: rssh-nova source: debian-watch-file-is-missing",
                                           "O: rssh-nova source: no-homepage-field"])


def test_each_page_links_to_what_exists():
    for page in (TOP / "install").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), (page, link)
