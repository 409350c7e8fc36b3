# SPDX-License-Identifier: Apache-2.0
"""What rssh-nova-admin does as another user has nothing of root's terminal, and ends when the operator wants it to."""
import contextlib
import os
import pathlib
import signal
import subprocess

import pytest
import sending
from conftest import ADMIN, NAME
from host import MOUNT, UID, throw_away_host
from terminal import below, has_of_terminal, is_alive, state_of, terminal, uid_of, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whose terminal it is")
# As another user, says whether it can open its terminal, and then does what the test wants.
PROGRAM = """#!/bin/sh
[ "$(id -u)" != 0 ] || exec echo OpenSSH_10.0
(: </dev/tty) 2>{top}/tty && echo opened >{top}/tty
echo $$ >{top}/pid
{then}
[ "$1" != -G ] || exec cat {top}/ssh-G
"""
HANGS = "cat {top}/fifo"
COMMANDS = {"doctor": ["doctor"], "try": ["try", "node"]}


@pytest.fixture
def host():
    with throw_away_host() as host:
        sending.unit(host)
        for name in "tty", "pid":
            host.write(name, "", 0o666)
        os.mkfifo(host.path("fifo"))
        host.path("fifo").chmod(0o666)
        hangs(host)
        yield host


def hangs(host, then=HANGS):
    host.write("bin/ssh", PROGRAM.format(top=host.top, then=then.format(top=host.top)), 0o755)


def on_terminal(host, *words):
    return terminal("unshare", "-m", "sh", "-euc", MOUNT, "sh", host.top, *words)


def process_told(host):
    return int(wait_for(lambda: host.read("pid").endswith("\n") and host.read("pid")))


def is_cat(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text() == "cat\n"


def program_of(host):
    """Returns the process of the program once it hangs."""
    program = process_told(host)
    wait_for(lambda: any(map(is_cat, below(program))))
    return program


def go_on(host):
    with open(host.path("fifo"), "wb"):
        pass


def end(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def of_user(process):
    return [pid for pid in below(process.pid) if uid_of(pid) == UID]


def test_the_program_sees_a_terminal_that_it_gets(host):
    """Else the tests below could not fail."""
    with on_terminal(host, "setpriv", f"--reuid={UID}", "--clear-groups", "/usr/bin/ssh") as shown:
        program = program_of(host)
        assert has_of_terminal(program, shown.device) == ["controlling", 0, 1, 2]
        assert host.read("tty") == "opened\n"
        go_on(host)
        assert shown.wait() == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_no_process_of_the_user_has_roots_terminal(host, command):
    with on_terminal(host, ADMIN, *COMMANDS[command]) as shown:
        program = program_of(host)
        found = of_user(shown.process)
        assert program in found
        assert {pid: has_of_terminal(pid, shown.device) for pid in found} == {pid: [] for pid in found}
        assert "No such device or address" in host.read("tty")
        assert os.readlink(f"/proc/{program}/fd/0") == "/dev/null"
        assert sorted(os.listdir(f"/proc/{program}/fd")) == ["0", "1", "10", "2"]  # 10 is the script
        assert os.readlink(f"/proc/{program}/cwd") == "/"
        go_on(host)
        if command == "try":
            assert shown.wait() == 1 and b"FAIL  touch, nothing is shared" in shown.said
        else:
            shown.wait()
            assert b" fatal, " in shown.said


@pytest.mark.parametrize("command", COMMANDS)
def test_no_other_descriptor_of_it_goes_along(host, command):
    """As a shell would leave one to us."""
    with on_terminal(host, "sh", "-c", "exec 9<&0; exec \"$@\"", "sh", ADMIN, *COMMANDS[command]) as shown:
        program_of(host)
        found = of_user(shown.process)
        assert {pid: has_of_terminal(pid, shown.device) for pid in found} == {pid: [] for pid in found}
        go_on(host)
        shown.wait()


def test_a_program_that_prints_keys_has_not_either(host):
    hangs(host, "")
    host.write("keys", PROGRAM.format(top=host.top, then=HANGS.format(top=host.top)), 0o755)
    host.append("etc/ssh/sshd_config", f"AuthorizedKeysCommand {host.top}/keys\nAuthorizedKeysCommandUser nobody\n")
    with on_terminal(host, ADMIN, "doctor") as shown:
        program = program_of(host)
        assert uid_of(program) not in (0, UID) and has_of_terminal(program, shown.device) == []
        assert "No such device or address" in host.read("tty")
        go_on(host)
        shown.wait()


def test_explain_reads_the_terminal_and_has_not_got_it(host):
    with on_terminal(host, ADMIN, "explain", "-") as shown:
        for line in b"id", b"whoami":
            shown.type(line + b"\n")
            wait_for(lambda: (shown.read(), shown.said.count(b"meaning") == (1 if line == b"id" else 2))[1])
            found, = of_user(shown.process)
            assert has_of_terminal(found, shown.device) == []
        shown.type(b"\x04")
        assert shown.wait() == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupt_ends_it_and_what_it_started(host, command):
    with on_terminal(host, ADMIN, *COMMANDS[command]) as shown:
        program = program_of(host)
        found = below(shown.process.pid)
        assert program in found and below(program)
        shown.type(b"\x03")
        assert shown.wait() == -signal.SIGINT
        wait_for(lambda: not any(map(is_alive, found)))


def test_an_interrupt_ends_try_that_the_user_has_stopped(host):
    with on_terminal(host, ADMIN, *COMMANDS["try"]) as shown:
        program_of(host)
        found = of_user(shown.process)
        os.kill(found[0], signal.SIGSTOP)
        wait_for(lambda: state_of(found[0]) == "T")
        shown.type(b"\x03")
        assert shown.wait() == -signal.SIGINT
        wait_for(lambda: not any(map(is_alive, found)))


@pytest.mark.parametrize("command", COMMANDS)
def test_what_it_started_ends_with_it(host, command):
    with on_terminal(host, ADMIN, *COMMANDS[command]) as shown:
        program = program_of(host)
        rest = below(program)
        # try first ends what it started, and removes its files.
        ending = of_user(shown.process) if command == "try" else [program]
        shown.process.kill()
        wait_for(lambda: not any(map(is_alive, ending)))
        end(rest)


@pytest.mark.parametrize("then", ["cat {top}/fifo & echo $! >{top}/pid", "exec >/dev/null; cat {top}/fifo"])
def test_a_program_that_goes_on_does_not_stop_doctor(host, then):
    """It leaves a process that keeps its output open, or closes its output and does not end."""
    hangs(host, then)
    with on_terminal(host, ADMIN, "doctor") as shown:
        program = process_told(host)
        try:
            shown.wait()
            assert b" fatal, " in shown.said
        finally:
            end([program])


def explain(node, **more):
    return subprocess.Popen([ADMIN, "explain", "--config", node.config, "--user", NAME, "-"], **more)


def test_all_of_the_input_and_the_output_is_copied(node):
    lines = 4000
    with explain(node, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(b"id " + b"x" * 40 + b"\n" + b"id\n" * (lines - 1), timeout=120)
    assert (process.returncode, err, out.count(b"meaning")) == (1, b"", lines)


def test_lost_output_is_a_failure(node):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ADMIN, "claims", "list", "--json", "--config", node.config, "--user", NAME], stdout=full,
                              stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, b"standard output: No space left" in done.stderr) == (2, True)


def test_a_reader_that_goes_ends_it(node):
    ours, theirs = os.pipe()
    os.close(ours)
    with explain(node, stdin=subprocess.PIPE, stdout=theirs) as process:
        os.close(theirs)
        process.stdin.write(b"id\n")
        process.stdin.flush()
        process.stdin.close()
        assert process.wait(timeout=60) == -signal.SIGPIPE
