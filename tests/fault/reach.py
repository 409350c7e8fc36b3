# SPDX-License-Identifier: Apache-2.0
"""reach: how far the fault tests reach: every call into the system that rssh-nova and the sender make has a row in
calls.def, or a reason here. A symbol that is in none of these tables has to be put into one."""

import pathlib
import re
import subprocess

from book import CALLS

# Calls into the system that are not let fail, and why.
EXEMPT = {
    "_exit": "never returns, and does not fail",
    "exit": "never returns, and does not fail",
    "raise": "ends the process that calls it",
    "getpid": "cannot fail: getpid(2)",
    "getppid": "cannot fail: getpid(2)",
    "getuid": "cannot fail: getuid(2)",
    "geteuid": "cannot fail: getuid(2)",
    "getegid": "cannot fail: getgid(2)",
    "umask": "cannot fail: umask(2)",
    "closedir": "close(2) of a directory that was only read",
    "free": "cannot fail",
    "isatty": "its failure is an answer: no terminal",
    **dict.fromkeys(
        "XML_ErrorString XML_GetErrorCode XML_Parse XML_ParserCreate_MM XML_ParserFree XML_SetCharacterDataHandler "
        "XML_SetElementHandler XML_SetHashSalt XML_SetParamEntityParsing XML_SetStartDoctypeDeclHandler XML_SetUserData "
        "XML_StopParser".split(), "of expat, which makes no call: its memory is ours (domain_xml.c)"),
    "__fprintf_chk": "words for people, on a stream that may be closed; the outcome is the exit status",
    "__printf_chk": "as above",
    "__syslog_chk": "tells nothing: syslog(3); the outcome is the exit status",
    "openlog": "opens nothing yet, and cannot fail: syslog(3)",
    "fputc": "as above",
    "fwrite": "as above",
    "putc": "as above",
    "puts": "as above; of rssh-nova --version fflush(3) tells",
    "json_dumpf": "as above, in JSON",
    "ioctl:TIOCGWINSZ": "the width of the bar, which is 80 where it is not to be had",
}

# Functions that stay within the process.
PURE = set("""
__b64_ntop __b64_pton __ctype_tolower_loc __errno_location __isoc99_sscanf __memcpy_chk __memmove_chk
__snprintf_chk __sprintf_chk __vsnprintf_chk
__stack_chk_fail __strcpy_chk _GLOBAL_OFFSET_TABLE_ clearenv dirfd getenv getopt_long inet_ntop inet_pton
ini_parse_stream json_array json_array_append_new json_delete json_object_set_new json_pack json_string memchr
memcmp memcpy memmove memrchr memset optarg opterr optind qsort sigaddset sigemptyset snprintf stderr stdout
stpcpy strcat strchr strchrnul strcmp strcpy strcspn strerror strlen strncmp strnlen strrchr strsep strspn
strstr strtok_r strtol strtoll strtoul""".split())

# Calls that are let fail, but by other tests than the sweeps.
UNTAKEN = {
    # What fortified headers make of an open(2) whose flags the compiler does not know, and others of open(2) itself;
    # fflush(3) is of --version, fchmod(2) of a directory that a taken-over child has shut.
    "shell": ("__open_2", "fchmod", "fflush"),
    # Only after another failure.
    "sender": ("rmdir",),
}

SOURCE = pathlib.Path(__file__).resolve().parents[2]
OBJECTS = {
    "shell": ("shell/CMakeFiles/shell.dir/*.o", "shell/CMakeFiles/rssh-nova.dir/*.o",
              "wall/CMakeFiles/wall.dir/*.o", "node/CMakeFiles/node.dir/*.o",
              "base/CMakeFiles/base.dir/[!in]*.o", "CMakeFiles/policy.dir/policy/*.o"),
    "sender": ("sender/CMakeFiles/sender.dir/**/*.o", "sender/CMakeFiles/rssh-nova-send.dir/*.o",
               "CMakeFiles/policy.dir/policy/*.o", "base/CMakeFiles/base.dir/nova_conf.c.o"),
}
# The folders whose sources are in a side.
FOLDERS = {"shell": ("base", "node", "wall", "shell"), "sender": ("sender",)}
# The functions whose calls are told apart by a number, and how a source names it.
NUMBERS = {
    "syscall": re.compile(r"\bsyscall\(\s*(SYS_\w+)"),
    "fcntl": re.compile(r"\bfcntl\([^,;]+,\s*(\w+)"),
    "ioctl": re.compile(r"\b(SECCOMP_IOCTL_\w+|TIOC\w+)\b"),
    "prctl": re.compile(r"\bprctl\((\w+)"),
}


def symbols(objects):
    """(defined, undefined) of object files."""
    defined, undefined = set(), set()
    text = subprocess.run(["nm", "-P"] + [str(path) for path in objects], check=True, capture_output=True, text=True)
    for words in map(str.split, text.stdout.splitlines()):
        if len(words) > 1 and len(words[1]) == 1:
            (undefined if words[1] in "Uwv" else defined).add(words[0])
    return defined, undefined - defined


def objects_of(build, side):
    found = [path for pattern in OBJECTS[side] for path in sorted(pathlib.Path(build).glob(pattern))]
    assert len(found) > 20, "no objects of %s in %s" % (side, build)
    return found


def unaccounted(objects):
    """Symbols that are in no table."""
    return sorted(symbols(objects)[1] - set(CALLS) - set(EXEMPT) - PURE)


def numbers_named(source, folders=(*FOLDERS["shell"], "sender")):
    """function:NUMBER for each that the sources name."""
    found = set()
    for folder in folders:
        for path in sorted((pathlib.Path(source) / folder).glob("*.[ch]")):
            if path.name == "filter_compile.c":
                continue  # of the build, not of the programs
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            for function, pattern in NUMBERS.items():
                found.update("%s:%s" % (function, number) for number in pattern.findall(text))
    return found - set(EXEMPT)


def calls_of(build, side):
    """The calls that a side makes, as calls.def names them; those told apart by a number without the function."""
    names = set(CALLS) & symbols(objects_of(build, side))[1]
    return names - set(NUMBERS) - set(UNTAKEN[side]) | numbers_named(SOURCE, FOLDERS[side])
