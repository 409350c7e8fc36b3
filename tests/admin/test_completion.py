# SPDX-License-Identifier: Apache-2.0
"""The help and the completion list exactly the tables."""
import pathlib
import re
import subprocess

import pytest
from conftest import ADMIN

TOP = pathlib.Path(__file__).parents[2]
COMMANDS = re.findall(r'^COMMAND\("([\w-]+)"', (TOP / "admin/commands.def").read_text(), re.M)
OPTIONS = re.findall(r'^OPTION\("([\w-]+)", "([\w-]+)", ("[^"]+"|NULL)', (TOP / "admin/options.def").read_text(),
                     re.M)


def completed(*words):
    """The words that TAB offers for the last of the words."""
    script = ('. "$1"; shift; COMP_WORDS=(rssh-nova-admin "$@"); COMP_CWORD=$#; _rssh_nova_admin; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-euc", script, "bash", TOP / "install/completions/rssh-nova-admin", *words],
                          capture_output=True, text=True, check=True, cwd=TOP / "install")
    assert done.stderr == ""
    return [word for word in done.stdout.splitlines() if word]


def options_of(command):
    return ["--" + name for owner, name, _ in OPTIONS if owner == command] + ["--help"]


def test_the_tables_are_read():
    assert len(COMMANDS) >= 4 and len(OPTIONS) >= 12


def test_commands_are_completed():
    assert completed("") == [*COMMANDS, "--help", "--version"]
    assert completed("ex") == ["explain"] and completed("c") == ["check", "claims"]
    assert completed("nothing", "") == []


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_completed(command):
    assert completed(command, "--") == options_of(command)
    assert completed(command, "--h") == ["--help"]


def test_words_and_values_are_completed():
    assert completed("claims", "") == [*options_of("claims")[:-1], "list", "grant", "release", "--help"]
    assert completed("claims", "list", "g") == []
    assert "-" in completed("explain", "")
    assert completed("check", "--config", "pack") == ["packages"]
    assert completed("doctor", "--sshd-config", "pack") == completed("setup", "--shell", "pack") == ["packages"]
    assert completed("report", "j") == ["journal"] and completed("report", "--since", "") == []
    assert completed("setup", "--root", "syst") == ["systemd"]
    assert "root" in completed("doctor", "--user", "ro")
    assert completed("explain", "--peer", "") == completed("claims", "--key", "") == []


def test_instances_are_completed(tmp_path):
    """After grant and release, the uuids in every instances directory, and nothing else."""
    one, two = (letter * 8 + "-1111-2222-3333-" + letter * 12 for letter in "ab")
    for place, name in (("x", one), ("y", two), ("y", "_base"), ("y", ".rssh-nova")):
        (tmp_path / place / name).mkdir(parents=True)
    config = tmp_path / "config"
    config.write_text(f"[shell]\ninstances_path = {tmp_path}/x, {tmp_path}/y\n")
    before = ("claims", "--config", str(config))
    assert completed(*before, "grant", "") == [*options_of("claims")[:-1], one, two, "--help"]
    assert completed(*before, "release", "b") == [two]
    assert completed(*before, "list", "b") == []
    config.write_text("")
    assert completed(*before, "grant", "b") == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_is_the_table(command):
    text = subprocess.run([ADMIN, command, "--help"], capture_output=True, text=True, check=True).stdout
    rows = [(name, value.strip('"')) for owner, name, value in OPTIONS if owner == command]
    assert re.findall(r"^      --(\S+)", text, re.M) == [name for name, _ in rows]
    for name, value in rows:
        assert f"--{name} " + ("" if value == "NULL" else value + " ") in text
    whole = subprocess.run([ADMIN, "--help"], capture_output=True, text=True, check=True).stdout
    assert text in whole and re.findall(r"^  ([a-z]\S*)", whole, re.M) == COMMANDS
