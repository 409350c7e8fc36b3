#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_arch.py must find what is planted for it.

usage: test_check_arch.py SOURCE_DIR CC
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import check_arch  # noqa: E402

# (file, line to plant at its top, part of the fault that must be reported)
INCLUDES = [
    ("policy/words.c", "#include <stdio.h>", "<stdio.h>"),
    ("policy/words.c", "#include <stdlib.h>", "<stdlib.h>"),
    ("policy/path.h", "#include <unistd.h>", "<unistd.h>"),
    ("policy/record.c", "#include <time.h>", "<time.h>"),
    ("policy/forms.def", "#include <fcntl.h>", "<fcntl.h>"),
    ("policy/plan.c", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("policy/plan.c", '#include "words.h"', '"words.h"'),
    ("policy/plan.c", '#include "policy/../shell/spawn.h"', ".."),
    ("policy/plan.c", "  #  include <sys/socket.h>", "<sys/socket.h>"),
    ("policy/plan.c", "#include \\\n<signal.h>", "<signal.h>"),
    ("policy/plan.c", "#include HEADER", "macro"),
    ("policy/plan.c", "#include <policy/path.h>", "ours"),
    ("shell/planted.c", '#include "sender/connection.h"', '"sender/connection.h"'),
    ("shell/planted.c", '#include "install/doctor.h"', '"install/doctor.h"'),
    ("shell/planted.c", '#include "tests/unit/policy/decide.h"', '"tests/unit/policy/decide.h"'),
    ("shell/planted.h", '#include "spawn.h"', '"spawn.h"'),
    ("policy/plan.c", '#include "base/nova_conf.h"', '"base/nova_conf.h"'),
    ("base/planted.c", '#include "sender/settings.h"', '"sender/settings.h"'),
    ("base/planted.c", '#include "node/root.h"', '"node/root.h"'),
    ("base/planted.c", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("node/planted.c", '#include "wall/sandbox.h"', '"wall/sandbox.h"'),
    ("wall/planted.c", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("wall/planted.h", '#include "sender/child.h"', '"sender/child.h"'),
    ("admin/planted.c", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("admin/doctor/planted.c", '#include "sender/child.h"', '"sender/child.h"'),
    ("base/planted.h", '#include "admin/file.h"', '"admin/file.h"'),
    ("sender/planted.c", '#include "policy/verdict.h"', '"policy/verdict.h"'),
    ("sender/planted.c", '#include "policy/plan.h"', '"policy/plan.h"'),
    ("sender/planted.c", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("sender/deep/planted.h", '#include "shell/spawn.h"', '"shell/spawn.h"'),
    ("admin/planted.c", '#include "sender/connection.h"', '"sender/connection.h"'),
    ("admin/planted.c", '#include "tests/unit/policy/decide.h"', '"tests/unit/policy/decide.h"'),
    ("admin/commands.def", '#include "options.h"', '"options.h"'),
    ("policy/plan.c", '#include "admin/answer.h"', '"admin/answer.h"'),
    ("shell/planted.c", '#include "admin/answer.h"', '"admin/answer.h"'),
    ("sender/planted.c", '#include "admin/answer.h"', '"admin/answer.h"'),
]

ALLOWED = [
    ("policy/words.c", '#include "policy/bytes.h"\n#include <string.h>\n#include <ini.h>'),
    ("shell/planted.c", '#include "base/fault.h"\n#include "policy/plan.h"\n#include <unistd.h>'),
    ("admin/planted.c", '#include "admin/report.h"\n#include "shell/query.h"\n'
     '#include "policy/verdict.h"\n#include <jansson.h>'),
    ("node/planted.c", '#include "base/fault.h"\n#include "node/root.h"'),
    ("wall/planted.c", '#include "base/fault.h"\n#include "node/root.h"\n#include "wall/view.h"'),
    ("shell/planted.c", '#include "wall/sandbox.h"\n#include "node/root.h"\n#include "shell/spawn.h"'),
    ("admin/doctor/planted.c", '#include "admin/doctor/finding.h"\n#include "wall/sandbox.h"'),
    ("base/planted.c", '#include "base/nova_conf.h"\n#include "policy/bytes.h"\n#include <stdlib.h>'),
    ("admin/planted.c", '#include "base/nova_conf.h"'),
    ("sender/planted.c", '#include "sender/progress.h"\n#include "base/nova_conf.h"\n#include "policy/form.h"\n#include "policy/config.h"'),
]

# (C text of one more object, part of the fault)
SYMBOLS = [
    ("#include <stdio.h>\nint planted(void); int planted(void) { return puts(\"x\"); }", "puts"),
    ("#include <stdlib.h>\nvoid *planted(void); void *planted(void) { return malloc(9); }", "malloc"),
    ("#include <unistd.h>\nint planted(void); int planted(void) { return getpid(); }", "getpid"),
    ("#include <time.h>\nlong planted(void); long planted(void) { return time(0); }", "time"),
    ("#include <errno.h>\nint planted(void); int planted(void) { return errno; }", "__errno_location"),
    ("#include <locale.h>\nchar *planted(void); char *planted(void) { return setlocale(0, \"\"); }",
     "setlocale"),
    ("extern int planted __attribute__((weak)); int *planted2(void); int *planted2(void) { return &planted; }",
     "planted"),
    ("int planted = 1;", "writable planted"),
    ("int planted;", "writable planted"),
    ("int planted(void); int planted(void) { static int count; return ++count; }", "writable count"),
    ("int planted(void); int planted(void) { static int count = 7; return ++count; }", "writable count"),
    ("char planted[64];", "writable planted"),
    ("_Thread_local int planted;", ""),
    ("const char *planted = \"a pointer that can be turned\";", "writable planted"),
]

HARMLESS = [
    "const int planted = 1;",
    "const char *const planted[] = { \"a\", \"b\" };",
    "#include <string.h>\nsize_t planted(const char *a); size_t planted(const char *a) { return strlen(a); }",
]


def plant(tree, name, text):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text() if path.exists() else None
    path.write_text(text + "\n" + (old or ""))
    return path, old


def faults_with(tree, name, text):
    path, old = plant(tree, name, text)
    faults = check_arch.check_includes(tree)
    if old is None:
        path.unlink()
    else:
        path.write_text(old)
    return faults


def test_includes(source, scratch):
    tree = scratch / "tree"
    for folder in check_arch.RULES:
        shutil.copytree(source / folder, tree / folder)
    assert check_arch.check_includes(tree) == [], "the tree itself is at fault"
    for name, text, part in INCLUDES:
        faults = faults_with(tree, name, text)
        assert len(faults) == 1 and part in faults[0] and name in faults[0], (name, text, faults)
    for name, text in ALLOWED:
        assert faults_with(tree, name, text) == [], (name, text)
    assert check_arch.check_includes(scratch / "nothing") != [], "an empty tree passed"


def test_faults(source, scratch):
    tree = scratch / "faults"
    for floor in "wall", "shell":
        shutil.copytree(source / floor, tree / floor)
    assert check_arch.check_faults(tree) == []
    for text in ('fault_set(fault, REASON_NOT_CONFINED,\n\t"no_new_" "privs", errno, NULL);',
                 'f = (struct fault){ .what = "no_new_privs" };'):
        path, _ = plant(tree, "shell/planted.c", text)
        faults = check_arch.check_faults(tree)
        assert len(faults) == 1 and "planted.c:1" in faults[0] and "no_new_privs" in faults[0], faults
        path.unlink()
    assert check_arch.check_faults(scratch / "nothing") != [], "an empty tree passed"


def test_scripts(scratch):
    tree = scratch / "scripts"
    for number in range(5):
        plant(tree, f"sound-{number}", "#!/bin/sh\ntrue")
    assert check_arch.check_scripts(tree) == []
    for text in ("#!/bin/sh\ncd $1; rm -rf \"$HOME/\"*; local x=1", "# shellcheck shell=bash\nlocal x= y"):
        path, _ = plant(tree, "planted", text)
        faults = check_arch.check_scripts(tree)
        assert faults and all("planted" in fault for fault in faults), (text, faults)
        path.unlink()
    assert check_arch.check_scripts(scratch / "nothing") != [], "an empty tree passed"


def test_licence(scratch):
    tree = scratch / "licence"
    for number in range(6):
        plant(tree, f"sound-{number}.c", "/* SPDX-License-Identifier: Apache-2.0 */")
    assert check_arch.check_licence(tree) == []
    for name, text in (("a.h", "/* a header */"), ("CMakeLists.txt", "# x"), ("run", "#!/bin/bash\n# x"),
                       ("b.py", "\n" * 3 + "# SPDX-License-Identifier: Apache-2.0"),
                       ("c.def", "/* SPDX-License-Identifier: GPL-2.0 */"), ("d", "#!/usr/bin/python3")):
        path, _ = plant(tree, name, text)
        faults = check_arch.check_licence(tree)
        assert len(faults) == 1 and faults[0].startswith(name + ":"), (name, faults)
        path.unlink()
    assert check_arch.check_licence(scratch / "nothing") != [], "an empty tree passed"


def test_format(source, scratch):
    tree = scratch / "format"
    for number in range(6):
        plant(tree, f"sound-{number}.c", "int number(void)\n{\n\treturn 1;\n}")
    (tree / ".clang-format").write_text((source / ".clang-format").read_text())
    assert check_arch.check_format(tree) == []
    plant(tree, "a.c", "int number(void) {\n    return 1;\n}")
    faults = check_arch.check_format(tree)
    assert faults and all("a.c:" in fault for fault in faults), faults
    assert check_arch.check_format(scratch / "nothing") != [], "an empty tree passed"


def test_python(source, scratch):
    tree = scratch / "python"
    for number in range(6):
        plant(tree, f"sound-{number}.py", "print(1)")
    (tree / ".flake8").write_text((source / ".flake8").read_text())
    assert check_arch.check_python(tree) == []
    plant(tree, "run", "#!/usr/bin/python3\nimport os")
    faults = check_arch.check_python(tree)
    assert len(faults) == 1 and faults[0].startswith("run:2:") and "F401" in faults[0], faults
    assert check_arch.check_python(scratch / "nothing") != [], "an empty tree passed"


def faults_of(scratch, cc, sources, text):
    archive = scratch / "libplanted.a"
    planted = scratch / "planted.c"
    planted.write_text(text)
    archive.unlink(missing_ok=True)
    subprocess.run([cc, "-std=c17", "-fPIE", "-O0", "-c", planted, "-o", scratch / "planted.o"], check=True)
    subprocess.run(["ar", "rcs", archive, scratch / "planted.o", *sources], check=True)
    return check_arch.check_symbols(str(archive), False)


def test_symbols(source, scratch, cc):
    objects = []
    for path in sorted((source / "policy").glob("*.c")):
        objects.append(scratch / (path.stem + ".o"))
        subprocess.run([cc, "-std=c17", "-D_GNU_SOURCE", "-fPIE", "-O2", "-I", source, "-c", path, "-o",
                        objects[-1]], check=True)
    for text in HARMLESS:
        assert faults_of(scratch, cc, objects, text) == [], (text, faults_of(scratch, cc, objects, text))
    for text, part in SYMBOLS:
        faults = faults_of(scratch, cc, objects, text)
        assert faults and all("planted.o" in fault for fault in faults), (text, faults)
        assert any(part in fault for fault in faults), (text, faults)
    assert check_arch.check_symbols(str(make_empty(scratch)), False) != [], "an empty archive passed"


def make_empty(scratch):
    archive = scratch / "libempty.a"
    subprocess.run(["ar", "rcs", archive], check=True)
    return archive


def main():
    source, cc = pathlib.Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        test_includes(source, pathlib.Path(name))
        test_faults(source, pathlib.Path(name))
        test_scripts(pathlib.Path(name))
        test_licence(pathlib.Path(name))
        test_format(source, pathlib.Path(name))
        test_python(source, pathlib.Path(name))
        test_symbols(source, pathlib.Path(name), cc)
    print(f"{len(INCLUDES)} planted includes and {len(SYMBOLS)} planted symbols were found")


main()
