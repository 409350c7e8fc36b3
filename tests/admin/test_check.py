# SPDX-License-Identifier: Apache-2.0
"""Every fault of a configuration, with its line."""
import os
import pathlib
import re
import subprocess

from conftest import ADMIN


def faults(node, text):
    node.configure(text=text)
    done = node.admin("check")
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().replace(str(node.config), "FILE").splitlines()


def test_a_valid_file_is_valid(node):
    done = node.admin("check")
    assert (done.returncode, done.stdout.decode()) == (0, f"{node.config}: valid\n")


def test_every_fault_has_its_line_and_a_hint(node):
    status, lines = faults(node, "\n".join([
        "[shell]", "instances_path = /", "instances_path = /srv/nova", "colour = red",
        "[audit]", "required = maybe", "[limits]", "processes = -1", ""]))
    assert status == 1
    assert [line.split(": ")[0:2] for line in lines] == [
        ["FILE:2", "shell.instances_path"], ["FILE:3", "shell.instances_path"], ["FILE:4", "shell.colour"],
        ["FILE:6", "audit.required"], ["FILE:8", "limits.processes"]]
    assert all(len(line.split(": ", 2)[2]) > 20 for line in lines)
    assert "keep one of the lines" in lines[1] and "unknown key" in lines[2]


TOP = pathlib.Path(__file__).parents[2]
ROWS = re.findall(r'^KEY\("(\w+)", "(\w+)", "[^"]*", (\w+)', (TOP / "policy/config.def").read_text(), re.M)
NARROWED = re.findall(r'^NARROW\("(\w+)", (\w+)', (TOP / "policy/profile.def").read_text(), re.M)


def hint_of(node, section, key, value="?"):
    other = "[audit]\nformat = json\n" if section.startswith("profile") else ""  # a file with only a profile is invalid
    [line] = faults(node, f"[{section}]\n; a comment\n{key} = {value} ; another\n{other}")[1]
    assert line.startswith(f"FILE:3: {section}.{key}: ")
    return line.partition("; ")[2]


def test_each_hint_lists_the_values_of_its_key(node):
    """The key accepts each of these values."""
    tried = set()
    for section, key, parser in [*ROWS, *(("profile x", *row) for row in NARROWED)]:
        if parser in ("program", "ssh_options"):
            continue
        hint = hint_of(node, section, key)
        begin = f'it is "?", and {key} takes '
        assert hint.startswith(begin) and len(hint) > len(begin), hint
        words = hint[len(begin):].removeprefix("a list of ")
        if not re.fullmatch(r"[\w+]+(, [\w+]+)+( to local7)?", words):
            continue
        for word in words.replace(" to local7", "").split(", "):
            base = "" if section == "shell" else "[shell]\nremote_filesystem_transport = ssh, rsync\n"
            node.configure(text=f"{base}[{section}]\n{key} = {word}\n")
            assert node.admin("check").stdout.endswith(b": valid\n"), (section, key, word)
            tried.add(word)
    assert tried >= {"ssh", "qcow2", "vhdx", "audit", "required", "logfmt", "authpriv", "send", "address+key"}
    assert hint_of(node, "limits", "processes", "many") == 'it is "many", and processes takes a number; from 0 to 4096'
    assert "from 0 to 86400 seconds" in hint_of(node, "claims", "grace", "2d")


def test_a_hint_names_the_closest_word(node):
    assert faults(node, "[limitz]\n[shell]\ninstances_path = /x\n")[1][0].endswith("; do you mean [limits]?")
    assert hint_of(node, "shell", "remote_filesystem_transpor", "ssh") == "do you mean remote_filesystem_transport?"
    assert hint_of(node, "profile a", "wal_time", "1") == "do you mean wall_time?"
    assert hint_of(node, "shell", "processes", "1") == "it belongs in [limits]"
    assert hint_of(node, "shell", "colour", "red") == ""
    assert faults(node, "[profile]\n[shell]\ninstances_path = /x\n")[1][0].endswith("; do you mean [profile NAME]?")
    assert faults(node, "[nowhere]\n[shell]\ninstances_path = /x\n")[1][0].endswith("for the known ones")


def test_a_hint_names_the_byte(node):
    good = "[shell]\ninstances_path = /srv/nova\n"
    assert faults(node, good.replace("\n", "\r\n"))[1][0].endswith(
        "; it is the carriage return of Windows: sed -i 's/\\r$//' removes all of them")
    assert faults(node, "\ufeff" + good)[1] == [
        "FILE:1: a byte that is neither printable ASCII nor a tab: remove it; it is a byte order mark: save the file "
        "without it"]
    assert faults(node, good + "# gr\u00fcn\n")[1][0].endswith("; it is 0xc3 in column 5")


def test_a_hint_names_a_slip(node):
    assert hint_of(node, "shell", "instances_path", '"/srv/nova"').endswith("; write it without quotes")
    assert hint_of(node, "claims", "window", "2h # short").endswith(
        "; begin a comment after a value with a blank and a semicolon")
    assert hint_of(node, "shell", "instances_path", "/etc/nova").endswith("no directory of the system")
    for name, end in (("window", "; the key belongs in [claims]"), ("windows", "no [section] is above this line")):
        [line] = faults(node, name + " = 2h\n[shell]\ninstances_path = /srv/nova\n")[1]
        assert line.startswith("FILE:1: %s: unknown section" % name) and line.endswith(end), line


def test_a_profile_that_allows_more_is_a_fault(node):
    status, lines = faults(node, "\n".join([
        "[profile a]", "wall_time = 2d", "direction = up", "[limits]", "memory = 1G", "[profile b]", "memory = 2G",
        "mode = off", ""]))
    assert status == 1
    assert [line.split(": ")[0:2] for line in lines] == [
        ["FILE:2", "profile a.wall_time"], ["FILE:3", "profile a.direction"], ["FILE:7", "profile b.memory"],
        ["FILE:8", "profile b.mode"]]
    assert "may only narrow" in lines[0] and "may only narrow" in lines[2] and "unknown key" in lines[3]
    assert faults(node, "[profile a]\n[audit]\nformat = json\n[profile a]\n")[1][0].startswith("FILE:4: profile a: ")


def test_every_broken_line_is_found(node):
    status, lines = faults(node, "[shell\n\n remote_filesystem_transport = ssh\nno setting\n[nowhere]\nx=\x01\n")
    assert (status, [line.split(": ")[0] for line in lines]) == (
        1, ["FILE:1", "FILE:3", "FILE:4", "FILE:5", "FILE:6"])


def test_too_many_faults_are_mentioned(node):
    status, lines = faults(node, "[shell]\n" + "".join(f"key{i} = 1\n" for i in range(30)))
    assert (status, len(lines)) == (1, 17)
    assert "may be more" in lines[-1]


def test_an_empty_file_is_a_fault(node):
    for text in ("", "[profile a]\ndirection = receive\n"):
        assert faults(node, text) == (1, [
            "FILE: the file sets no key outside profiles: start from the shipped rssh-nova.conf"])


def test_a_symlink_to_the_instances_directory_is_found(node):
    (node.top / "real").mkdir()
    (node.top / "link").symlink_to("real")
    node.config.write_text("[shell]\nremote_filesystem_transport = ssh\ninstances_path = %s/link/instances/\n" % node.top)
    done = node.admin("check")
    link = "%s/link" % node.top
    assert (done.returncode, done.stdout.decode()) == (1, (
        "%s: shell.instances_path: %s/instances leads through a symlink: rm %s && mkdir %s && mount --bind %s/real %s, "
        "and the mount in /etc/fstab\n" % (node.config, link, link, link, os.path.realpath(node.top), link)))


def test_the_owner_mode_and_size_of_the_file_are_checked(node):
    for mode in (0o664, 0o646):
        node.config.chmod(mode)
        done = node.admin("check")
        assert done.returncode == 1 and b"writable by group or others" in done.stdout
    node.config.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(node.config, 1, -1)
        done = node.admin("check")
        assert done.returncode == 1 and b"owned by root" in done.stdout
    kept = node.config.rename(node.top / "kept")
    assert b"No such file" in node.admin("check").stdout
    node.config.symlink_to(kept)
    done = node.admin("check")
    assert done.returncode == 1 and b"must not be a symlink: " in done.stdout
    node.config.unlink()
    os.mkfifo(node.config, 0o644)
    done = node.admin("check")
    assert done.returncode == 1 and b"not a regular file" in done.stdout
    node.config.unlink()
    node.config.write_text("x" * 70000)
    done = node.admin("check")
    assert done.returncode == 1 and b"over 64 KiB" in done.stdout


def check_peers(node, text, *words):
    path = node.top / "peers"
    path.write_text(text)
    if not words:
        node.configure(claims=f"peers_file = {path}")
    done = node.admin("check", *words)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().replace(str(node.config), "CONF").replace(str(path), "PEERS").splitlines()


def test_the_peers_file_is_checked_too(node):
    good = "# all\na 192.0.2.1 2001:db8::1\nb 192.0.2.2\n"
    assert check_peers(node, good) == (0, ["CONF: valid", "PEERS: valid"])
    status, lines = check_peers(node, good + "c 192.0.2.3\nb 192.0.2.4\nd 2001:0db8::1 192.0.2.3\nd 192.0.2.5 192.0.2.5\n")
    assert status == 1 and [line.split(": ")[:2] for line in lines] == [
        ["CONF", "valid"], ["PEERS:6", "192.0.2.3"], ["PEERS:7", "192.0.2.5"], ["PEERS:6", "2001:db8::1"],
        ["PEERS:5", "b"], ["PEERS:7", "d"]]
    for text, line, part in (("a\n", 1, "without an address"), ("127.0.0.1 localhost\n", 1, "begins with the name"),
                             ("a 192.0.2.1\nb 192.0.2.1.\nc\n", 2, "addresses alone"), ("a 192.0.2.1\r\n", 1, "printable")):
        status, lines = check_peers(node, text)
        assert status == 1 and len(lines) == 2 and lines[1].startswith(f"PEERS:{line}: ") and part in lines[1], lines
    (node.top / "peers").unlink()
    done = node.admin("check")
    assert done.returncode == 1 and b"No such file" in done.stdout


def test_a_peers_file_is_checked_before_it_is_installed(node):
    node.configure(claims="peers_file = /nonexistent")
    assert check_peers(node, "a 192.0.2.1\n", "--peers-file", node.top / "peers") == (0, ["CONF: valid", "PEERS: valid"])
    assert check_peers(node, "a b\n", "--peers-file", node.top / "peers")[0] == 1
    done = node.admin("check", "--peers-file", "x" * 300)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_peers_file_with_a_thousand_peers(node):
    assert check_peers(node, "".join(f"node{i} 10.0.{i // 250}.{i % 250} 2001:db8::{i:x}\n" for i in range(1000)))[0] == 0


def test_wrong_usage_is_2(node):
    for words in (["word"], ["--json"], ["--config"], ["--config", "x"]):
        done = node.admin("check", *words)
        assert (done.returncode, done.stdout) == (2, b""), words
        assert done.stderr.startswith(b"rssh-nova-admin check: ")
    for words in ([], ["nothing"], ["--nothing"], ["--help", "x"], ["chec"]):
        done = subprocess.run([ADMIN, *words], capture_output=True)
        assert (done.returncode, done.stdout) == (2, b""), words
        if words:
            assert done.stderr == b"rssh-nova-admin: unknown command: %s: see rssh-nova-admin --help\n" % words[0].encode()
        else:
            assert b"usage: " in done.stderr


def test_help_and_version(node):
    done = subprocess.run([ADMIN, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "\n  check\n" in done.stdout
    done = subprocess.run([ADMIN, "check", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--config FILE" in done.stdout and "--peer " not in done.stdout
    done = subprocess.run([ADMIN, "nonsense", "x"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", "rssh-nova-admin: unknown command: nonsense: see rssh-nova-admin --help\n")
    done = subprocess.run([ADMIN, "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("rssh-nova-admin ")


def test_lost_output_is_a_failure(node):
    with open("/dev/full", "wb") as full:
        assert subprocess.run([ADMIN, "--help"], stdout=full, stderr=subprocess.DEVNULL).returncode == 2
