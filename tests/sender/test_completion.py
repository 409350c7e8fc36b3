# SPDX-License-Identifier: Apache-2.0
"""The completion offers the words in the program's help, and nothing else."""
import pathlib
import re
import subprocess

from conftest import BUILD

TOP = pathlib.Path(__file__).parents[2]
SCRIPT = ('. "$1"; shift; COMP_WORDS=(rssh-nova-send "$@"); COMP_CWORD=$#; _rssh_nova_send; '
          'printf "%s\\n" "${COMPREPLY[@]}"')


def completed(*words):
    """Returns what TAB offers for the last word."""
    done = subprocess.run(["bash", "--norc", "-euc", SCRIPT, "bash", TOP / "install/completions/rssh-nova-send", *words],
                          capture_output=True, text=True, check=True, cwd=TOP / "install")
    assert done.stderr == ""
    return [word for word in done.stdout.splitlines() if word]


def help_words():
    text = subprocess.run([BUILD / "rssh-nova-send", "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z][a-z-]*) ", text, re.M), re.findall(r"^  (--[a-z-]+)", text, re.M)


def test_operations_and_options_are_those_of_the_help():
    operations, options = help_words()
    assert len(operations) == 6 and len(options) == 14
    assert completed("") == operations + options
    assert completed("--") == options
    assert completed("--json", "c") == ["create-file", "create-dir", "copy"]


def test_values_are_completed():
    assert completed("--transport", "") == ["ssh", "rsync"]
    assert completed("--transport", "r") == ["rsync"]
    assert completed("--sparse", "") == ["auto", "never"]
    assert completed("--timeout", "") == []
    for option in "--config", "--nova-conf", "--ssh-config":
        assert completed(option, "packages") == ["packages"]


def test_behind_an_operation_stand_its_operands():
    assert completed("migrate", "packages") == ["packages"]
    assert completed("--transport", "rsync", "copy", "packages") == ["packages"]
    assert completed("create-dir", "pack") == []
    assert completed("--timeout", "5", "m") == ["migrate"]
