# SPDX-License-Identifier: Apache-2.0
"""The manuals, README.md and the shipped rssh-nova.conf say what the tables of policy/ say: neither less
nor more, in the same order. Usage: test_manual.py [TOP], TOP the top of the source tree."""

import json
import os
import re
import sys
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read(names):
    """One file, or several apart by blanks."""
    texts = []
    for name in names.split():
        with open(os.path.join(TOP, name), encoding="ascii") as file:
            texts.append(file.read())
    return "".join(texts)


def section(text, name, macro="Sh"):
    """The part of an mdoc page below a heading, up to the next of its rank or above."""
    ends = {"Sh": r"^\.Sh ", "Ss": r"^\.S[hs] "}[macro]
    start = re.search(rf"^\.{macro} {re.escape(name)}$", text, re.M)
    return "" if start is None else re.split(ends, text[start.end():], maxsplit=1, flags=re.M)[0]


def keys_of_table(text):
    return re.findall(r'^KEY\("(\w+)", "(\w+)", "([^"]*)"', text, re.M)


def profile_keys_of_table(text):
    return re.findall(r'^NARROW\("(\w+)"', text, re.M)


def profile_keys_of_manual(text):
    return re.findall(r"^\.It Ic (\w+)$", section(text, "Sections [profile NAME]", "Ss"), re.M)


def keys_of_manual(text):
    found = []
    for part in re.split(r"^\.S[hs] ", text, flags=re.M):
        head = re.match(r"Section \[(\w+)\]\n", part)
        if head is not None:
            found += [(head[1], *row) for row in re.findall(r"^\.It Ic (\S+) = ?(.*)$", part, re.M)]
    return found


def keys_of_config(text):
    found, name = [], ""
    for line in text.splitlines():
        head = re.fullmatch(r"\[(\w+)\]", line)
        if head is not None:
            name = head[1]
        elif line != "" and line[0] not in "#;":
            key, _, value = re.match(r"(\S+)( = ?)(.*)", line).groups()
            found.append((name, key, value))
    return found


def reasons_of_table(text):
    return re.findall(r'^REASON\(\w+, "([\w-]+)", (\d+),', text, re.M)


def reasons_of_manual(text):
    return re.findall(r"^\.It Ic ([\w-]+) Pq (\d+)$", section(text, "DIAGNOSTICS"), re.M)


def reasons_of_readme(text):
    return re.findall(r"^\| `([\w-]+)` \| (\d+) \|", text, re.M)


# Those that operators meet most; the manual has all.
MET = {"libvirt-tunnel", "unknown-command", "transport", "not-claimed", "not-configured"}


def reasons_met(text):
    return [row for row in reasons_of_table(text) if row[0] in MET]


def findings_of_table(text):
    return re.findall(r'^FINDING\(\w+, "([\w-]+)",', text, re.M)


def findings_of_manual(text):
    return re.findall(r"^\.It Ic ([\w-]+)$", section(text, "Findings", "Ss"), re.M)


def findings_of_tunnel(text):
    return re.findall(r"^\.It Ic ([\w-]+)$", section(text, "Findings of the tunnel", "Ss"), re.M)


def exits_of_header(text):
    return re.findall(r"^\tEXIT_CODE_\w+ = (\d+),", text, re.M)


def exits_of_manual(text):
    return re.findall(r"^\.It (\d+)$", section(text, "EXIT STATUS"), re.M)


def forms_of_table(text):
    return re.findall(r'^FORM\(\w+, "([\w-]+)"', text, re.M)


def forms_of_manual(text):
    return re.findall(r"^\.It Ic (\S+)$", section(text, "FORMS"), re.M)


def ops_of_table(text):
    return re.findall(r'^OP\(\w+, "([\w-]+)"', text, re.M)


def ops_of_manual(text):
    item = re.search(r"^\.It Ic op\n(.*?)^\.It ", section(text, "event=decide", "Ss"), re.M | re.S)
    return [] if item is None else re.findall(r"^(?:or\n)?\.Ql ([\w-]+)", item[1], re.M)


def fields_of_source(text):
    """event -> the keys of its record, in order, from the functions of record.c."""
    put = r'put_(?:word|value|number)\w*\(out, "(\w+)"'
    common = re.findall(put, re.search(r"^static void begin\(.*?^}", text, re.M | re.S)[0])
    found = []
    for body in re.findall(r"^void record_\w+\(.*?^}", text, re.M | re.S):
        event = re.search(r'begin\(out, json, "(\w+)"', body)[1]
        found.append((event, list(dict.fromkeys(common + re.findall(put, body)))))
    return found


def fields_of_manual(text):
    return [(event, re.findall(r"^\.It Ic (\w+)$", section(text, "event=" + event, "Ss"), re.M))
            for event in re.findall(r"^\.Ss event=(\w+)$", text, re.M)]


def commands_of_table(text):
    return re.findall(r'^COMMAND\("([\w-]+)"', text, re.M)


def commands_of_manual(text):
    return re.findall(r"^\.Ss (\S+)$", section(text, "COMMANDS"), re.M)


def options_of_table(text):
    return [(command, name, value.strip('"').replace("NULL", ""))
            for command, name, value in re.findall(r'^OPTION\("([\w-]+)", "([\w-]+)", ("[^"]+"|NULL),', text, re.M)]


def options_of_manual(text):
    return [(command, *row) for command in commands_of_manual(text)
            for row in re.findall(r"^\.It Fl Fl (\S+)(?: Ar (\S+))?$", section(text, command, "Ss"), re.M)]


def checks_of_table(text):
    return re.findall(r'^CHECK\("([\w-]+)"', text, re.M)


def checks_of_manual(text):
    return re.findall(r"^\.It Ic (\S+)$", section(text, "doctor", "Ss"), re.M)


def answer_of_source(text):
    return sorted(re.findall(r'report_(?:put|text|each|words)\(&?report, "(\w+)"', text))


def answer_of_manual(text):
    return sorted(re.findall(r"^\.It Ic (\S+)$", section(text, "explain", "Ss"), re.M))


def admin_exits_of_header(text):
    return re.findall(r"^\tADMIN_\w+ = (\d+),", text, re.M)


def checks_of_demo(text):
    return re.findall(r'^\t+check "([^"]+)"', text, re.M)


def checks_of_recording(text):
    return re.findall(r"^<text [^>]*>   ok    (.*)</text>$", text, re.M)


def message_ids_of_source(text):
    return re.findall(r'\{ "(\w+)", "([0-9a-f]{32})" \}', text)


def message_ids_of_manual(text):
    return re.findall(r"^\.It (\w+) Ta ([0-9a-f]{32})$", text, re.M)


# What is held against what: table, how to read it, text, how to read that.
PAIRS = {
    "keys of rssh-nova.conf(5)": (
        "policy/config.def", keys_of_table, "install/man/rssh-nova.conf.5", keys_of_manual),
    "keys of a profile": (
        "policy/profile.def", profile_keys_of_table, "install/man/rssh-nova.conf.5", profile_keys_of_manual),
    "keys of rssh-nova.conf": ("policy/config.def", keys_of_table, "rssh-nova.conf", keys_of_config),
    "reasons of rssh-nova(8)": (
        "policy/reason.def", reasons_of_table, "install/man/rssh-nova.8", reasons_of_manual),
    "reasons of README.md": ("policy/reason.def", reasons_met, "README.md", reasons_of_readme),
    "checks of the recording": ("install/demo", checks_of_demo, "install/demo.svg", checks_of_recording),
    "findings of rssh-nova(8)": (
        "policy/image.def", findings_of_table, "install/man/rssh-nova.8", findings_of_manual),
    "findings of the tunnel in rssh-nova(8)": (
        "policy/tunnel.def", findings_of_table, "install/man/rssh-nova.8", findings_of_tunnel),
    "exit statuses of rssh-nova(8)": (
        "shell/exit_code.h", exits_of_header, "install/man/rssh-nova.8", exits_of_manual),
    "forms of rssh-nova(8)": (
        "policy/forms.def", forms_of_table, "install/man/rssh-nova.8", forms_of_manual),
    "ops of rssh-nova(8)": ("policy/op.def", ops_of_table, "install/man/rssh-nova.8", ops_of_manual),
    "audit fields of rssh-nova(8)": (
        "policy/record.c", fields_of_source, "install/man/rssh-nova.8", fields_of_manual),
    "journal's message ids of rssh-nova(8)": (
        "base/journal.c", message_ids_of_source, "install/man/rssh-nova.8", message_ids_of_manual),
    "commands of rssh-nova-admin(8)": (
        "admin/commands.def", commands_of_table, "install/man/rssh-nova-admin.8", commands_of_manual),
    "options of rssh-nova-admin(8)": (
        "admin/options.def", options_of_table, "install/man/rssh-nova-admin.8", options_of_manual),
    "checks of rssh-nova-admin(8)": (
        "admin/doctor/checks.def", checks_of_table, "install/man/rssh-nova-admin.8", checks_of_manual),
    "answers of rssh-nova-admin(8)": (
        "admin/explain.c admin/explain_story.c", answer_of_source, "install/man/rssh-nova-admin.8", answer_of_manual),
    "exit statuses of rssh-nova-admin(8)": (
        "admin/exit_code.h", admin_exits_of_header, "install/man/rssh-nova-admin.8", exits_of_manual),
}


# A macro in the middle of a line is no macro: man(1) shows it as text. mandoc -T lint is silent.
INERT = re.compile(r"^[^\n]+ \.[A-Z][a-z] ", re.M)

# A command of CMake with a preset. The file of presets has a list for each kind.
PRESET = re.compile(r"^\s*(cmake --workflow|cmake --build|cmake|ctest|cpack) --preset ([\w-]+)", re.M)
PRESET_LISTS = {"cmake --workflow": "workflowPresets", "cmake --build": "buildPresets", "cmake": "configurePresets",
                "ctest": "testPresets", "cpack": "packagePresets"}


# Words of English that mdoc reads as a macro of its own where a quoted text begins with one; mandoc -T lint is silent.
SWALLOWED = re.compile(r"^\.(?:Ql|Dq|Sq|Pq|Pa|Ic|Li) (?:Ad|An|Ap|At|Do|In|It|No|On|So|Up) ", re.M)


class Manual(unittest.TestCase):
    maxDiff = None

    def test_news_names_the_version_that_is_built(self):
        versions = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d|unreleased)\)$", read("NEWS.md"), re.M)
        self.assertEqual(len(versions), read("NEWS.md").count("\n## "))
        self.assertEqual(versions, sorted(versions, key=lambda row: [int(part) for part in row[0].split(".")], reverse=True))
        self.assertNotIn("unreleased", [state for _, state in versions[1:]])
        self.assertIn(re.search(r"^project\(rssh-nova VERSION (\S+)", read("CMakeLists.txt"), re.M)[1],
                      [version for version, _ in versions])

    def test_each_event_has_a_message_id(self):
        events = re.findall(r'^\tbegin\(out, \w+, "(\w+)"', read("policy/record.c"), re.M)
        self.assertGreater(len(events), 4)
        self.assertEqual(events, [event for event, _ in message_ids_of_source(read("base/journal.c"))])

    def test_readme_is_a_first_sight(self):
        self.assertLessEqual(len(read("README.md").splitlines()), 150)

    def test_no_word_is_swallowed_as_a_macro(self):
        self.assertTrue(SWALLOWED.search(".Ql No such file"))
        for name in sorted(os.listdir(os.path.join(TOP, "install/man"))):
            with self.subTest(name):
                self.assertEqual(SWALLOWED.findall(read("install/man/" + name)), [])

    def test_no_macro_is_inert(self):
        self.assertTrue(INERT.search("(8.2), .Cm setup"))
        for name in sorted(os.listdir(os.path.join(TOP, "install/man"))):
            with self.subTest(name):
                self.assertEqual(INERT.findall(read("install/man/" + name)), [])

    def test_each_preset_of_the_documents_exists(self):
        presets = json.loads(read("CMakePresets.json"))
        found = [row for name in ("README.md", "HACKING.md", "install/README.md") for row in PRESET.findall(read(name))]
        self.assertGreater(len(found), 10)
        for command, preset in found:
            with self.subTest(command, preset=preset):
                self.assertIn(preset, [row["name"] for row in presets[PRESET_LISTS[command]]])

    def test_says_what_the_tables_say(self):
        for what, (table, of_table, text, of_text) in PAIRS.items():
            with self.subTest(what):
                wanted = of_table(read(table))
                self.assertGreater(len(wanted), 2, f"{table} is not read any more")
                self.assertEqual(wanted, of_text(read(text)))

    def test_a_line_less_anywhere_is_found(self):
        """Each row that the texts hold counts: without its line they no longer equal the table."""
        for what, (table, of_table, text, of_text) in PAIRS.items():
            wanted, lines = of_table(read(table)), read(text).split("\n")
            felt = sum(of_text("\n".join(lines[:i] + lines[i + 1:])) != wanted
                       for i in range(len(lines)))
            rows = sum(len(row[-1]) if isinstance(row[-1], list) else 1 for row in wanted)
            with self.subTest(what):
                self.assertGreaterEqual(felt, rows)

    def test_a_row_more_is_found(self):
        invented = {
            "install/man/rssh-nova.8":
                "\n.It Ic invented Pq 77\n.It Ic invented\n.It 99\n.Ql invented\n.It invented Ta 0123456789abcdef0123456789abcdef\n",
            "install/man/rssh-nova.conf.5": "\n.It Ic invented = 1\n.It Ic invented\n",
            "install/man/rssh-nova-admin.8":
                "\n.It Ic invented\n.It 99\n.It Fl Fl invented\n.Ss invented\n",
            "rssh-nova.conf": "\ninvented = 1\n",
            "README.md": "\n| `invented` | 77 |\n",
            "install/demo.svg": '\n<text x="1">   ok    invented</text>\n',
        }
        for what, (_, _, text, of_text) in PAIRS.items():
            whole, added = read(text), invented[text]
            before = of_text(whole)
            spots = [m.start() for m in re.finditer(r"\n", whole)]
            with self.subTest(what):
                self.assertTrue(any(of_text(whole[:at] + added + whole[at:]) != before for at in spots))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        TOP = sys.argv.pop(1)
    unittest.main()
