#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an include or a symbol breaks the architecture.

usage: check_arch.py includes SOURCE_DIR
       check_arch.py symbols LIBPOLICY_A [--sanitized]
       check_arch.py faults SOURCE_DIR
       check_arch.py scripts SOURCE_DIR
       check_arch.py licence SOURCE_DIR
       check_arch.py format SOURCE_DIR
       check_arch.py python SOURCE_DIR

policy/ is pure: it includes policy/, a few pure headers of libc, and inih; its objects call nothing but
pure functions and own no writable data. Each other folder includes itself, the system, and what is below it:

    admin  shell  sender
       wall
       node
       base
      policy

sender/ takes less: base/, and of policy/ the form table and the configuration. admin/ takes more: of shell/ the query
that decides, and the request that asks. Nothing includes admin/ but itself.

Each step of rssh-nova that can fail has a text of its own, so that the audit says which one failed.

shellcheck has no warning about a shell script, which begins with #! or, if others read it, "# shellcheck shell=".

Each source, script and manual names its licence in its first lines.

Each C file is as clang-format leaves it (.clang-format). flake8 has no finding in a Python file (.flake8).
"""
import os
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>|(\S.*))')

# What a file of a folder may include: our own headers, and those of the system (None: any).
POLICY_SYSTEM = {"arpa/inet.h", "ini.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "syslog.h"}
SENDER_POLICY = {"attributes", "bytes", "config", "form", "limits", "reason", "words"}
ADMIN_SHELL = {"shell/query.h", "shell/request.h"}
FLOORS = ["policy/", "base/", "node/", "wall/", "shell/"]
RULES = {floor[:-1]: (lambda name, below=tuple(FLOORS[:number]): name.startswith(below), None)
         for number, floor in enumerate(FLOORS, 1)}
RULES["policy"] = (RULES["policy"][0], POLICY_SYSTEM)
RULES["sender"] = (lambda name: name.startswith(("sender/", "base/")) or
                   name in {f"policy/{noun}.h" for noun in SENDER_POLICY}, None)
RULES["admin"] = (lambda name: name.startswith((*FLOORS[:-1], "admin/")) or name in ADMIN_SHELL, None)

PURE = set("""memchr memcmp memcpy memmove memset strcat strchr strcmp strcpy strcspn strlen strncmp strpbrk
strspn strstr inet_pton inet_ntop ini_parse_stream __stack_chk_fail _GLOBAL_OFFSET_TABLE_""".split())
FORTIFIED = {f"__{name}_chk" for name in PURE}
SANITIZERS = re.compile(r"^__(asan|ubsan|sanitizer|sancov)_")


def included(path):
    """Each include of a file, with its line; comments that hide one are taken for one."""
    for number, line in enumerate(path.read_text().replace("\\\n", "").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def check_includes(source):
    faults, seen = [], 0
    for folder, (own_is_fine, system) in RULES.items():
        for path in sorted((source / folder).rglob("*")):
            if path.suffix not in {".c", ".h", ".def"}:
                continue
            seen += 1
            where = path.relative_to(source)
            for line, own, foreign in included(path):
                if own is None and foreign is None:
                    faults.append(f"{where}:{line}: an include by macro")
                elif own is not None and (not own_is_fine(own) or ".." in own):
                    faults.append(f'{where}:{line}: {folder}/ must not include "{own}"')
                elif foreign is not None and "/" in foreign and \
                        (source / foreign).exists():
                    faults.append(f"{where}:{line}: <{foreign}> is ours: write it in quotes")
                elif foreign is not None and system is not None and foreign not in system:
                    faults.append(f"{where}:{line}: {folder}/ must not include <{foreign}>")
    if seen == 0:
        faults.append(f"{source}: no sources found")
    return faults


def check_faults(source):
    """A text that stands for two steps, with the places that use it."""
    places = {}
    for path in sorted(path for floor in FLOORS for path in (source / floor).glob("*.c")):
        text = path.read_text()
        for found in re.finditer(r'(?:fault_set\([^;]*?REASON_\w+,|\.what = )\s*((?:"[^"]*"\s*)+)', text):
            where = f"{path.relative_to(source)}:{text.count(chr(10), 0, found.start()) + 1}"
            places.setdefault("".join(re.findall(r'"([^"]*)"', found[1])), []).append(where)
    faults = [f'{", ".join(where)}: "{text}" stands for {len(where)} steps'
              for text, where in places.items() if len(where) > 1]
    return faults if len(places) > 20 else [*faults, f"{source}: too few faults found"]


def files_of(source):
    """Every file of the sources: none that a build or git has made."""
    for folder, names, files in os.walk(source):
        names[:] = [name for name in names if name not in {"build", ".git", "__pycache__"}]
        yield from (pathlib.Path(folder) / name for name in sorted(files))


def check_scripts(source):
    scripts = []
    for path in files_of(source):
        with open(path, "rb") as file:
            if re.match(rb"#!.*/(env )?(ba|da)?sh\b|# shellcheck shell=", file.readline(200)):
                scripts.append(path.relative_to(source))
    if len(scripts) < 5:
        return [f"{source}: too few shell scripts found"]
    # From the top: where a script names another one to be read with it, it does so from there.
    done = subprocess.run(["shellcheck", "--severity=warning", "--format=gcc", *scripts], cwd=source,
                          capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def check_format(source):
    sources = [path for path in files_of(source) if path.suffix in {".c", ".h"}]
    if len(sources) < 5:
        return [f"{source}: too few C files found"]
    # Another version of the formatter breaks lines elsewhere.
    version = subprocess.run(["clang-format", "--version"], check=True, capture_output=True, text=True).stdout
    if " version 14." not in version:
        return [f"clang-format 14 is needed, the one of Debian 12; here is {version.strip()}"]
    done = subprocess.run(["clang-format", "--dry-run", "-ferror-limit=1", *sources], cwd=source,
                          capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "warning:" in line or "error:" in line]


def check_python(source):
    programs = []
    for path in files_of(source):
        with open(path, "rb") as file:
            if path.suffix == ".py" or re.match(rb"#!.*\bpython3\b", file.readline(200)):
                programs.append(path.relative_to(source))
    if len(programs) < 5:
        return [f"{source}: too few Python files found"]
    done = subprocess.run(["flake8", *programs], cwd=source, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


# Templates are left out, and the hook of libvirt: their text is written as it is.
SOURCES = {".c", ".h", ".def", ".ld", ".py", ".cmake", ".yml", ".dict", ".1", ".5", ".7", ".8"}
UNLICENSED = {"install/libvirt/qemu"}


def check_licence(source):
    faults, seen = [], 0
    for path in files_of(source):
        name = str(path.relative_to(source))
        if name in UNLICENSED or "/corpus/" in name or not path.is_file():
            continue
        with open(path, "rb") as file:
            head = [file.readline(200) for _ in range(3)]
        if path.suffix in SOURCES or path.name == "CMakeLists.txt" or \
                re.match(rb"#!.*\b(sh|bash|python3)\b|# shellcheck shell=", head[0]):
            seen += 1
            if not any(b"SPDX-License-Identifier: Apache-2.0" in line for line in head):
                faults.append(f"{name}: no SPDX-License-Identifier: Apache-2.0 in its first three lines")
    return faults if seen > 5 else [*faults, f"{source}: too few sources found"]


def symbols(archive):
    """(object, type, name) for each symbol."""
    text = subprocess.run(["nm", "-A", "-P", archive], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        where, rest = line.split(": ", 1)
        name, kind = rest.split()[:2]
        yield where[where.find("[") + 1:-1], kind, name


def writable(archive):
    """(object, section) for each section of own data that is writable and not empty."""
    text = subprocess.run(["readelf", "-S", "-W", archive], check=True, capture_output=True, text=True).stdout
    where = "?"
    for line in text.splitlines():
        if line.startswith("File: "):
            where = line[line.find("(") + 1:line.rfind(")")]
        found = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\S+\s+(\w+)", line)
        if found and "W" in found.group(3) and int(found.group(2), 16) != 0:
            yield where, found.group(1)


def check_symbols(archive, sanitized):
    faults = []
    table = list(symbols(archive))
    defined = {name for _, kind, name in table if kind not in "Uw"}
    if len({where for where, _, _ in table}) < 5 or len(defined) < 20:
        faults.append(f"{archive}: too little in it to be libpolicy.a")
    for where, kind, name in table:
        if kind in "Uwv" and name not in defined | PURE | FORTIFIED and \
                not (sanitized and SANITIZERS.match(name)):
            faults.append(f"{where}: policy/ must not call {name}")
        # Small data, common and unique symbols are writable data too.
        if kind in "dDbBCsSgGu" and not (sanitized and is_generated(name)) and \
                not is_constant(archive, where, name):
            faults.append(f"{where}: policy/ must not own the writable {name}")
    for where, section in writable(archive):
        if not section.startswith(".data.rel.ro") and not sanitized:
            faults.append(f"{where}: policy/ must not fill the section {section}")
    return faults


def is_generated(name):
    return name.startswith((".L", "__asan", "__odr_asan", "___asan", "__sancov", "..L"))


def is_constant(archive, member, name):
    """nm calls .data.rel.ro data: ask in which section the symbol stands."""
    text = subprocess.run(["objdump", "-t", archive], check=True, capture_output=True, text=True).stdout
    inside = False
    for line in text.splitlines():
        if ":     file format" in line:
            inside = line.split(":")[0] == member
        fields = line.split()
        if inside and fields and fields[-1] == name:
            return ".data.rel.ro" in line or ".rodata" in line
    return False


def main(args):
    if len(args) == 2 and args[0] == "includes":
        faults = check_includes(pathlib.Path(args[1]))
    elif len(args) == 2 and args[0] == "scripts":
        faults = check_scripts(pathlib.Path(args[1]))
    elif len(args) == 2 and args[0] == "licence":
        faults = check_licence(pathlib.Path(args[1]))
    elif len(args) == 2 and args[0] == "format":
        faults = check_format(pathlib.Path(args[1]))
    elif len(args) == 2 and args[0] == "python":
        faults = check_python(pathlib.Path(args[1]))
    elif len(args) == 2 and args[0] == "faults":
        faults = check_faults(pathlib.Path(args[1]))
    elif args and args[0] == "symbols" and len(args) in (2, 3) and args[2:] in ([], ["--sanitized"]):
        faults = check_symbols(args[1], len(args) == 3)
    else:
        sys.exit(__doc__)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
