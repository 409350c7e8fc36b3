# SPDX-License-Identifier: Apache-2.0
"""The packages as files: names, contents, owners, dependencies, scripts; and what lintian says of them."""

import filecmp
import io
import json
import re
import subprocess
import tarfile

import pytest
from conftest import TOP, pack

VERSION = re.search(r"project\(rssh-nova VERSION (\S+)", (TOP / "CMakeLists.txt").read_text())[1]
PROGRAMS = ("usr/bin/rssh-nova", "usr/bin/rssh-nova-send", "usr/lib/rssh-nova/nova-path/ssh", "usr/sbin/rssh-nova-admin")
# What both kinds hold, apart from Debian's own: path below /, mode.
FILES = {
    "etc/rssh-nova.conf": 0o644,
    **{path: 0o755 for path in PROGRAMS},
    "usr/lib/rssh-nova/removal": 0o644,
    "usr/share/bash-completion/completions/rssh-nova-admin": 0o644,
    "usr/share/bash-completion/completions/rssh-nova-send": 0o644,
    **{"usr/share/doc/rssh-nova/" + name: 0o644
       for name in ("NEWS.md", "README.md", "SECURITY.md", "rssh-nova.conf", "rssh-nova.spdx.json", "copyright")},
    **{"usr/share/doc/rssh-nova/examples/" + str(path.relative_to(TOP / "install/fleet")): path.stat().st_mode & 0o755
       for path in (TOP / "install/fleet").rglob("*") if path.is_file()},
    "usr/share/man/man1/rssh-nova-send.1.gz": 0o644,
    "usr/share/man/man5/rssh-nova.conf.5.gz": 0o644,
    "usr/share/man/man7/rssh-nova-path.7.gz": 0o644,
    "usr/share/man/man8/rssh-nova.8.gz": 0o644,
    "usr/share/man/man8/rssh-nova-admin.8.gz": 0o644,
}
LINKS = {"usr/lib/rssh-nova/nova-path/" + name: "ssh" for name in ("scp", "rsync", "qemu-img")}
DEBIAN_FILES = {"usr/share/doc/rssh-nova/changelog.Debian.gz": 0o644, "usr/share/lintian/overrides/rssh-nova": 0o644}
RPM_FILES = {"usr/share/doc/rssh-nova/LICENSE": 0o644}


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def field(deb, name):
    return output("dpkg-deb", "--field", deb, name).strip()


def members(deb):
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True)
    return list(tarfile.open(fileobj=io.BytesIO(done.stdout)))


def rpm_files(rpm):
    """[path, mode, owner, group, flags] of each file; directories and rpmbuild's own links are left out."""
    rows = output("rpm", "-qp", "--qf",
                  "[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME} %{FILEGROUPNAME} .%{FILEFLAGS:fflags}\n]", rpm)
    assert not [row for row in rows.splitlines() if row.split()[1].startswith("40") and row.split()[1][-3:] != "755"]
    return [row.split() for row in rows.splitlines() if row.split()[1].startswith("100")]


def test_the_names_are_those_of_the_version(packages):
    architecture = output("dpkg", "--print-architecture").strip()
    machine = output("uname", "-m").strip()
    assert packages.names == sorted([
        f"librssh-nova-sender-dev_{VERSION}-1_{architecture}.deb", f"rssh-nova_{VERSION}-1_{architecture}.deb",
        f"rssh-nova-{VERSION}-1.{machine}.rpm", f"rssh-nova-devel-{VERSION}-1.{machine}.rpm"])


def test_the_changelogs_and_what_one_copies_are_of_the_version():
    for name in "README.md", "install/README.md", "install/ansible/example.yml":
        found = re.findall(r"rssh-nova[-_](\d[\d.]*)-\d", (TOP / name).read_text())
        assert found and set(found) == {VERSION}, name
    assert (TOP / "debian/changelog").read_text().startswith(f"rssh-nova ({VERSION}-1) ")
    spec = (TOP / "install/rpm/rssh-nova.spec").read_text()
    assert re.search(r"^Version: +(\S+)$", spec, re.M)[1] == VERSION
    assert spec.split("%changelog\n")[1].splitlines()[0].endswith(f" - {VERSION}-1")


def lintian(packages, *options):
    """The exit status and the tags. With --show-overrides, an overridden error fails it too."""
    done = subprocess.run(["lintian", "--allow-root", "--display-info", *options, packages.deb, packages.dev_deb],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("N:")]


def test_lintian_has_nothing_to_say(packages):
    assert lintian(packages) == (0, [])
    told = lintian(packages, "--show-overrides")[1]
    assert [line[:3] for line in told] == ["O: "] * 4, "an override that overrides nothing"


def test_each_override_has_its_reason():
    for path in (TOP / "debian").rglob("*lintian-overrides"):
        lines = path.read_text().splitlines()
        for before, line in zip([""] + lines, lines):
            assert line.startswith("#") or before != "", (path.name, line)


def test_the_deb_holds_the_files_that_it_should(packages):
    found = members(packages.deb)
    files = {each.name[2:]: each.mode for each in found if each.isreg()}
    assert files == {**FILES, **DEBIAN_FILES}
    assert {(each.uid, each.gid) for each in found} == {(0, 0)}
    assert {each.mode for each in found if each.isdir()} == {0o755}
    assert {each.name[2:]: each.linkname for each in found if not each.isreg() and not each.isdir()} == LINKS


def test_the_rpm_holds_the_same(packages):
    found = rpm_files(packages.rpm)
    assert {row[0][1:]: int(row[1], 8) & 0o7777 for row in found} == {**FILES, **RPM_FILES}
    assert {(row[2], row[3]) for row in found} == {("root", "root")}
    linked = output("rpm", "-qp", "--qf", "[%{FILENAMES} %{FILELINKTOS}\n]", packages.rpm).splitlines()
    ours = [row.split() for row in linked if row.startswith("/usr/lib/rssh-nova/") and len(row.split()) == 2]
    assert {path[1:]: target for path, target in ours} == LINKS


def test_the_configuration_is_the_operators(packages):
    assert output("dpkg-deb", "--info", packages.deb, "conffiles") == "/etc/rssh-nova.conf\n"
    flags = {row[0]: row[4] for row in rpm_files(packages.rpm)}
    assert flags["/etc/rssh-nova.conf"] == ".cn"  # config, noreplace
    assert [path for path, flag in flags.items() if "c" in flag] == ["/etc/rssh-nova.conf"]
    assert sorted(path for path, flag in flags.items() if "l" in flag) == [
        "/usr/share/doc/rssh-nova/LICENSE", "/usr/share/doc/rssh-nova/copyright"]


def test_the_library_comes_with_what_a_program_needs(packages):
    names = {each.name.rsplit("/", 1)[1] for each in members(packages.dev_deb) if each.isreg()}
    library = {"librssh-nova-sender.a", "rssh-nova-sender.pc", "remotefs.h", "migrate.h"}
    assert library <= names
    assert {row[0].rsplit("/", 1)[1] for row in rpm_files(packages.devel_rpm)} == library
    assert not any(each.name.startswith(("./etc", "./usr/bin")) for each in members(packages.dev_deb))


def test_a_program_links_with_what_the_library_package_holds(packages, tmp_path):
    subprocess.run(["dpkg-deb", "-x", packages.dev_deb, tmp_path], check=True)
    description = list(tmp_path.rglob("rssh-nova-sender.pc"))[0]
    assert description.read_text().startswith("prefix=/usr\n")
    flags = subprocess.run(
        ["pkg-config", f"--define-variable=prefix={tmp_path}/usr", "--cflags", "--libs", "rssh-nova-sender"],
        check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": description.parent})
    (tmp_path / "program.c").write_text(
        "#include <sender/remotefs.h>\nint main(void) { remotefs_close(0); return 0; }\n")
    subprocess.run(["cc", "-o", tmp_path / "program", tmp_path / "program.c", *flags.stdout.split()], check=True)
    subprocess.run([tmp_path / "program"], check=True)


def test_they_need_what_they_start_and_no_compiler_of_filters(packages):
    depends = field(packages.deb, "Depends")
    assert re.sub(r" \([^)]*\)", "", depends).split(", ") == [
        "openssh-client", "openssh-server", "libc6", "libexpat1", "libjansson4"]
    assert field(packages.deb, "Recommends") == "rsync"
    needs = output("rpm", "-qpR", packages.rpm).split()
    assert {"openssh-clients", "openssh-server"} <= set(needs)
    assert output("rpm", "-qp", "--recommends", packages.rpm).split() == ["rsync"]
    assert "seccomp" not in depends + " ".join(needs)


@pytest.mark.parametrize("kind", ("deb", "rpm"))
def test_the_programs_are_stripped_and_hardened(packages, kind, tmp_path):
    if kind == "deb":
        subprocess.run(["dpkg-deb", "-x", packages.deb, tmp_path], check=True)
    else:
        with open(packages.rpm, "rb") as rpm:
            archive = subprocess.run(["rpm2archive", "-"], stdin=rpm, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-xz", "-C", tmp_path], input=archive, check=True)
    for path in PROGRAMS:
        told = output("readelf", "-W", "--file-header", "--program-headers", "--sections", "--dynamic",
                      tmp_path / path)
        assert "Type:                              DYN (Position-Independent Executable" in told
        assert ".symtab" not in told and ".debug" not in told and ".comment" not in told
        assert "GNU_RELRO" in told and re.search(r"\(FLAGS_1\) +Flags: .*NOW", told)
        assert re.search(r"GNU_STACK .* RW +0x", told)
        assert not re.search(r"LOAD .* RWE ", told)
    shell = output("readelf", "-W", "--program-headers", tmp_path / PROGRAMS[0])
    assert "INTERP" not in shell, "the login shell is not static"
    assert (tmp_path / "etc/rssh-nova.conf").read_text() == (TOP / "rssh-nova.conf").read_text()


def test_packing_twice_gives_the_same_bytes(packages, tmp_path):
    again = pack(tmp_path)
    assert [path.name for path in again] == packages.names
    for first, second in zip(packages.paths, again):
        assert filecmp.cmp(first, second, shallow=False), first.name
    built = output("rpm", "-qp", "--qf", "%{BUILDTIME}", packages.rpm)
    assert built == output("dpkg-parsechangelog", "-l", TOP / "debian/changelog", "-S", "Timestamp").strip()


def test_the_scripts_are_shell_and_touch_nothing_but_the_list_of_shells(packages, tmp_path):
    subprocess.run(["dpkg-deb", "--control", packages.deb, tmp_path], check=True)
    scripts = [(tmp_path / name).read_text() for name in ("postinst", "prerm", "postrm")]
    scripts.append(output("rpm", "-qp", "--scripts", packages.rpm))
    scripts.append((TOP / "install/removal").read_text())
    for text in scripts:
        assert not re.search(r"usermod|chsh|systemctl|rssh-nova-admin setup(?! --undo|\.)", text), text
    assert output("rpm", "-qp", "--scripts", packages.devel_rpm) == ""
    assert output("rpm", "-qp", "--triggers", packages.rpm) == ""


# DT_NEEDED of what the SBOM names; the loader is glibc's own.
SONAMES = {"libc.so.6": "glibc", "libresolv.so.2": "glibc", "ld-linux-x86-64.so.2": "glibc", "libjansson.so.4": "jansson",
           "libexpat.so.1": "expat"}


def test_the_bill_of_materials_is_what_the_programs_link(packages, tmp_path):
    subprocess.run(["dpkg-deb", "-x", packages.deb, tmp_path], check=True)
    bill = json.loads((tmp_path / "usr/share/doc/rssh-nova/rssh-nova.spdx.json").read_text())
    assert (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    names = {each["SPDXID"]: each["name"] for each in bill["packages"]}
    versions = {each["name"]: each["versionInfo"] for each in bill["packages"]}
    assert versions["rssh-nova"] == VERSION and all(re.fullmatch(r"\d[\d.]*", each) for each in versions.values()), versions
    links = {(names[each["relatedSpdxElement"]], each["relationshipType"]) for each in bill["relationships"]
             if each["spdxElementId"] == "SPDXRef-rssh-nova"}
    needed = {soname for path in PROGRAMS
              for soname in re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-W", "--dynamic", tmp_path / path))}
    # The shell is static, so all that it uses is in it. rssh-nova-admin has the system's own expat.
    assert b"expat_" + versions["expat"].encode() in (tmp_path / PROGRAMS[0]).read_bytes()
    static = {(each, "STATIC_LINK") for each in ("inih", "glibc", "expat")}
    dynamic = {SONAMES[soname] for soname in needed} - {"glibc"}
    assert links == static | {(each, "DYNAMIC_LINK") for each in dynamic}
    libc = output("dpkg-query", "-W", "-f", "${Version}", "libc6-dev")
    assert libc.startswith(versions["glibc"] + "-")
    assert output("dpkg-query", "-W", "-f", "${Version}", "libinih-dev").startswith(versions["inih"] + "-")
