# SPDX-License-Identifier: Apache-2.0
"""The rpms from the spec file, by this machine's rpmbuild, with stand-ins for Fedora's macros: reproducible, accepted
by rpmlint, and of the same files and scripts as cpack's. Fedora itself is not tried."""

import filecmp
import re
import subprocess

import pytest
from conftest import TOP
from test_packages import VERSION, output, rpm_files

SPEC = TOP / "install/rpm/rssh-nova.spec"
# Fedora's macros, as far as the spec file uses them; its rules for what comes after %install, and for times and machine.
MACROS = {
    # Fedora's debugedit takes the place of the build out of debug information, and so out of build ids.
    "cmake": "CFLAGS=-ffile-prefix-map=$PWD=/usr/src cmake -S . -B made -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=%{_libdir}",
    "cmake_build": "cmake --build made",
    "cmake_install": "DESTDIR=%{buildroot} cmake --install made --strip",
    # The script of rpm needs bash, which Debian's /bin/sh is not.
    "__os_install_post": "bash /usr/lib/rpm/brp-compress /usr",
    "source_date_epoch_from_changelog": "1", "use_source_date_epoch_as_buildtime": "1",
    "clamp_mtime_to_source_date_epoch": "1", "_buildhost": "reproducible",
}


def build(place):
    (place / "SOURCES").mkdir(parents=True)
    subprocess.run(["tar", "-C", TOP, "--exclude=./build", "--exclude=./.git", "--transform", f"s,^\\.,rssh-nova-{VERSION},",
                    "--sort=name", "--mtime=@0", "--use-compress-program=gzip -n",
                    "-cf", place / f"SOURCES/rssh-nova-{VERSION}.tar.gz", "."], check=True)
    # Without a source package: each rpm would name its digest, and it has the time of the tar file.
    defines = [word for name, value in {**MACROS, "_topdir": place}.items() for word in ("--define", f"{name} {value}")]
    done = subprocess.run(["rpmbuild", "-bb", "--nodeps", *defines, SPEC], text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-4000:]
    return sorted((place / "RPMS").rglob("*.rpm"))


@pytest.fixture(scope="module")
def rpms(tmp_path_factory):
    return build(tmp_path_factory.mktemp("rpm") / "one")


def test_two_builds_are_the_same(rpms, tmp_path):
    again = build(tmp_path / "another/place")
    assert [path.name for path in again] == [path.name for path in rpms] and len(rpms) == 3
    for one, another in zip(rpms, again):
        assert filecmp.cmp(one, another, shallow=False), one.name


def test_rpmlint_has_nothing_to_say(rpms, tmp_path):
    (tmp_path / "fedora.toml").write_text('CompressExtension = "gz"\n')  # as Fedora's configuration has it
    done = subprocess.run(["rpmlint", "--config", tmp_path / "fedora.toml", "--rpmlintrc",
                           TOP / "install/rpm/rssh-nova.rpmlintrc", SPEC, *rpms],
                          capture_output=True, text=True, timeout=120)
    told = [line for line in done.stdout.splitlines() if re.search(r": [EW]: ", line)]
    assert (done.returncode, told) == (0, []), done.stdout


def test_they_hold_the_files_and_scripts_of_those_of_cpack(rpms, packages):
    main = next(path for path in rpms if path.name.startswith("rssh-nova-" + VERSION))
    ours = {row[0]: row[1] for row in rpm_files(main)}
    cpack = {row[0]: row[1] for row in rpm_files(packages.rpm)}
    # cpack's is linked statically and names what the program holds; here %license has the same.
    assert cpack.keys() - ours.keys() == {"/usr/share/doc/rssh-nova/copyright"} and ours.keys() <= cpack.keys()
    assert all(mode == cpack[path] for path, mode in ours.items())
    scripts = [output("rpm", "-qp", "--scripts", rpm).split("\n") for rpm in (main, packages.rpm)]
    assert [line for line in scripts[0] if line] == [line for line in scripts[1] if line]
    for question in "--requires", "--recommends", "--configfiles":
        assert asked(question, main) == asked(question, packages.rpm)


def asked(question, rpm):
    """Without what rpmbuild adds of itself."""
    return {line.split(" ")[0] for line in output("rpm", "-qp", question, rpm).splitlines()
            if not line.startswith(("rpmlib(", "rtld("))}
