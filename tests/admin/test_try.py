# SPDX-License-Identifier: Apache-2.0
"""try sends the commands of nova to a real sshd, says which fail and what to do, and leaves nothing behind."""
import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import ADMIN
from host import KEYS, MOUNT, UID, throw_away_host
from test_setup import key_of, sshd_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /run of its own")
SSH = ["touch, nothing is shared", "mkdir", "touch", "rm", "scp of a disk", "rm -rf"]
RSYNC = ["rsync, create_dir", "rsync, create_file", "rsync, remove_file", "rsync, copy_file", "rsync, remove_dir, its content",
         "rsync, remove_dir, itself"]
LAST = ["another command is refused"]


def syslog(host, ended):
    """Reads the records of the shell, as a syslog does: the socket holds only a few."""
    while not ended.is_set():
        if select.select([host.socket], [], [], 0.05)[0]:
            host.drain()


@pytest.fixture
def host():
    """Both ends are the same host: nova has a key that the host accepts."""
    with throw_away_host() as host:
        shutil.copy("/usr/bin/ssh", host.path("bin/ssh"))
        host.sub("etc/rssh-nova.conf", f"rsync = {host.top}/bin/rsync", "rsync = /usr/bin/rsync")
        public = key_of(host, "home/.ssh/id")
        host.write("home/.ssh/authorized_keys", public + "\n", 0o600)
        os.chown(host.path("home/.ssh/id"), UID, UID)
        assert host.setup().returncode == 0
        ended = threading.Event()
        reader = threading.Thread(target=syslog, args=(host, ended))
        reader.start()
        yield host
        ended.set()
        reader.join()


def configure_ssh(host, port, known=True):
    key = " ".join(host.read("etc/ssh/key.pub").split()[:2])
    host.write("home/.ssh/known_hosts", f"[127.0.0.1]:{port} {key}\n" if known else "")
    host.write("home/.ssh/config", f"Port {port}\nIdentityFile {host.top}/home/.ssh/id\nIdentitiesOnly yes\n"
               f"UserKnownHostsFile {host.top}/home/.ssh/known_hosts\nGlobalKnownHostsFile none\n")
    for name in "known_hosts", "config":
        os.chown(host.path("home/.ssh/" + name), UID, UID)


def attempt(host, *words):
    """Returns the answer, which must agree with the exit status."""
    done = host.inside(ADMIN, "try", "--json", *words, "127.0.0.1")
    assert done.stderr == "", done
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1) and told["ok"] == all(step["ok"] for step in told["steps"])
    left = [name for name in os.listdir(host.path("instances")) if not name.startswith(".rssh-nova")]
    assert left == ["_base"] and not [name for name in os.listdir("/tmp") if name.startswith("rssh-nova-try.")]
    return told


@pytest.mark.parametrize("transport, steps", [("ssh", SSH), ("rsync", RSYNC)])
def test_all_commands_of_a_migration_pass(host, transport, steps):
    host.append("etc/nova/nova.conf", f"remote_filesystem_transport = {transport}\n")
    with sshd_of(host) as port:
        configure_ssh(host, port)
        told = attempt(host)
        assert told["ok"], (told, host.read("sshd.log"))
        assert [step["step"] for step in told["steps"]] == steps + LAST
        assert (told["transport"], told["instances_path"]) == (transport, f"{host.top}/instances")
        if transport == "rsync":
            return
        text = host.inside(ADMIN, "try", "127.0.0.1")
        assert (text.returncode, text.stderr) == (0, "") and text.stdout.endswith("\na migration would succeed\n")
        assert [line[:4] for line in text.stdout.splitlines()[:-1]] == ["ok  "] * len(steps + LAST)


def last(told):
    step = told["steps"][-1]
    assert not step["ok"] and step["do"] != ""
    return step["step"], step["said"] + " | " + step["do"]


def test_the_failed_step_is_named(host):
    with sshd_of(host) as port:
        configure_ssh(host, port, known=False)
        name, said = last(attempt(host))
        assert name == SSH[0] and "Host key verification failed" in said and "known_hosts" in said
        configure_ssh(host, port)
        kept = host.read(KEYS)
        host.write(KEYS, "")
        assert "Permission denied" in last(attempt(host))[1]
        host.write(KEYS, kept)
        host.sub("etc/rssh-nova.conf", "ssh, rsync", "rsync")
        name, said = last(attempt(host))
        assert name == SSH[0] and "refused: transport" in said and "on the other node: a form of a transport" in said
        host.sub("etc/rssh-nova.conf", "= rsync", "= ssh, rsync")
        # A step in the middle fails, and the last one still cleans up.
        host.append("etc/rssh-nova.conf", "scp = /nonexistent/scp\nsftp_server = /nonexistent/sftp\n")
        steps = {step["step"]: step["ok"] for step in attempt(host)["steps"]}
        assert steps == {**dict.fromkeys(SSH, True), SSH[4]: False}
    name, said = last(attempt(host))
    assert name == SSH[0] and "Connection refused" in said and "start sshd" in said


def test_the_other_node_s_audit_is_no_advice_without_a_connection(host):
    for said, advice in (("ssh: connect to host node port 22: Network is unreachable", "check the routes"),
                         ("ssh: connect to host node port 22: No route to host", "check the network"),
                         ("ssh: connect to host node port 22: Connection timed out", "firewall")):
        host.write("bin/ssh", "#!/bin/sh\necho '%s' >&2\nexit 255\n" % said, 0o755)
        assert advice in last(attempt(host))[1]


def test_a_node_that_runs_any_command_is_a_failure(host):
    assert host.setup("--undo").returncode == 0
    with sshd_of(host) as port:
        configure_ssh(host, port)
        told = attempt(host)
        name, said = last(told)
        assert name == LAST[0] and "uid=" in said and "rssh-nova-admin setup" in said
        assert [step["ok"] for step in told["steps"][:-1]] == [True] * len(SSH)


@pytest.mark.parametrize("words", [[], ["a", "b"], ["-oProxyCommand=x"], ["nova@a"], ["a b"], ["a/b"], ["--user", "nobody-here", "a"]])
def test_wrong_usage_is_2(words):
    done = subprocess.run([ADMIN, "try", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("rssh-nova-admin")


HANGING_SSH = """#!/bin/sh
echo "$*" >>{log}
case "$*" in
*" touch "*) echo "No such file or directory" >&2; exit 1 ;;
*" mkdir "*) exec sleep 60 ;;
esac
"""


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(.02)


def directories_here():
    return {name for name in os.listdir("/tmp") if name.startswith("rssh-nova-try.")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing_behind(host, number):
    """Neither here nor on the other node: the last command deletes the instance directory."""
    log = host.path("commands")
    host.write("commands", "", 0o666)
    host.write("bin/ssh", HANGING_SSH.format(log=log), 0o755)
    others = directories_here()
    attempt = subprocess.Popen(["unshare", "-m", "sh", "-euc", MOUNT, "sh", host.top, ADMIN, "try", "node"],
                               stdout=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    try:
        wait_for(lambda: " mkdir " in log.read_text())
        own = directories_here() - others
        assert own
        attempt.send_signal(number)
        assert attempt.wait(timeout=20) == -number
    finally:
        attempt.kill()
        attempt.wait()
    assert not own & directories_here()
    commands = log.read_text().splitlines()
    assert len(commands) == 3 and " rm -rf " in commands[-1], commands
