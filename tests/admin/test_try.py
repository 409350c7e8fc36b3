# SPDX-License-Identifier: Apache-2.0
"""try sends what nova would send to a real sshd, says what fails and what to do, and leaves nothing behind."""
import json
import os
import select
import shutil
import subprocess
import threading

import pytest

from conftest import ADMIN
from host import KEYS, UID, throw_away_host
from test_setup import key_of, sshd_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /run of its own")
SSH = ["touch, nothing is shared", "mkdir", "touch", "rm", "scp of a disk", "rm -rf"]
RSYNC = ["rsync, create_dir", "rsync, create_file", "rsync, remove_file", "rsync, copy_file", "rsync, remove_dir, its content",
         "rsync, remove_dir, itself"]
LAST = ["another command is refused"]


def syslog(host, ended):
    """Takes what the shell records, as a syslog does; few records wait in its socket."""
    while not ended.is_set():
        if select.select([host.socket], [], [], 0.05)[0]:
            host.drain()


@pytest.fixture
def host():
    """Both ends are the same host: nova has a key, and knows it."""
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


def meet(host, port, known=True):
    key = " ".join(host.read("etc/ssh/key.pub").split()[:2])
    host.write("home/.ssh/known_hosts", f"[127.0.0.1]:{port} {key}\n" if known else "")
    host.write("home/.ssh/config", f"Port {port}\nIdentityFile {host.top}/home/.ssh/id\nIdentitiesOnly yes\n"
               f"UserKnownHostsFile {host.top}/home/.ssh/known_hosts\nGlobalKnownHostsFile none\n")
    for name in "known_hosts", "config":
        os.chown(host.path("home/.ssh/" + name), UID, UID)


def attempt(host, *words):
    """Gives its answer, which must agree with its exit status."""
    done = host.inside(ADMIN, "try", "--json", *words, "127.0.0.1")
    assert done.stderr == "", done
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1) and told["ok"] == all(step["ok"] for step in told["steps"])
    left = [name for name in os.listdir(host.path("instances")) if not name.startswith(".rssh-nova")]
    assert left == ["_base"] and not [name for name in os.listdir("/tmp") if name.startswith("rssh-nova-try.")]
    return told


@pytest.mark.parametrize("transport, steps", [("ssh", SSH), ("rsync", RSYNC)])
def test_the_whole_round_passes(host, transport, steps):
    host.append("etc/nova/nova.conf", f"remote_filesystem_transport = {transport}\n")
    with sshd_of(host) as port:
        meet(host, port)
        told = attempt(host)
        assert told["ok"], (told, host.read("sshd.log"))
        assert [step["step"] for step in told["steps"]] == steps + LAST
        assert (told["transport"], told["instances_path"]) == (transport, f"{host.top}/instances")
        if transport == "rsync":
            return
        text = host.inside(ADMIN, "try", "127.0.0.1")
        assert (text.returncode, text.stderr) == (0, "") and text.stdout.endswith("\na migration would pass\n")
        assert [line[:4] for line in text.stdout.splitlines()[:-1]] == ["ok  "] * len(steps + LAST)


def last(told):
    step = told["steps"][-1]
    assert not step["ok"] and step["do"] != ""
    return step["step"], step["said"] + " | " + step["do"]


def test_what_fails_is_named(host):
    with sshd_of(host) as port:
        meet(host, port, known=False)
        name, said = last(attempt(host))
        assert name == SSH[0] and "Host key verification failed" in said and "known_hosts" in said
        meet(host, port)
        kept = host.read(KEYS)
        host.write(KEYS, "")
        assert "Permission denied" in last(attempt(host))[1]
        host.write(KEYS, kept)
        host.sub("etc/rssh-nova.conf", "ssh, rsync", "rsync")
        name, said = last(attempt(host))
        assert name == SSH[0] and "refused: transport" in said and "on the other node: a form of a transport" in said
        host.sub("etc/rssh-nova.conf", "= rsync", "= ssh, rsync")
        # A step in the middle: the rest is cleared away all the same.
        host.append("etc/rssh-nova.conf", "scp = /nonexistent/scp\nsftp_server = /nonexistent/sftp\n")
        steps = {step["step"]: step["ok"] for step in attempt(host)["steps"]}
        assert steps == {**dict.fromkeys(SSH, True), SSH[4]: False}
    name, said = last(attempt(host))
    assert name == SSH[0] and "Connection refused" in said and "start sshd" in said


def test_a_node_that_is_open_is_no_success(host):
    assert host.setup("--undo").returncode == 0
    with sshd_of(host) as port:
        meet(host, port)
        told = attempt(host)
        name, said = last(told)
        assert name == LAST[0] and "uid=" in said and "rssh-nova-admin setup" in said
        assert [step["ok"] for step in told["steps"][:-1]] == [True] * len(SSH)


@pytest.mark.parametrize("words", [[], ["a", "b"], ["-oProxyCommand=x"], ["nova@a"], ["a b"], ["a/b"], ["--user", "nobody-here", "a"]])
def test_wrong_usage_is_2(words):
    done = subprocess.run([ADMIN, "try", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("rssh-nova-admin")
