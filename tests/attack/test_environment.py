# SPDX-License-Identifier: Apache-2.0
"""Variables that a loader, a libc, popt, rsync or a shell would obey.
Held by: an environment built from nothing before anything is started, and a program that has no loader
to obey; where the child's environment leaks, the tests that read /proc/PID/environ fail."""

import os
import subprocess

import pytest

from testbed import login
from testbed.audit import expect_done
from testbed.fixtures import needs_root
from testbed.node import child_of
from testbed.tree import COMING, EMPTY, IMAGE, PROBE

CANARY = """\
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void)
{
	close(open("%s", O_WRONLY | O_CREAT, 0644));
}
void gconv_init(void) {}
void gconv(void) {}
"""
SFTP = "/usr/lib/openssh/sftp-server"


@pytest.fixture(scope="module")
def library(node):
    """A library that leaves a canary when anything loads it."""
    path = os.path.join(node.base, "canary.so")
    source = os.path.join(node.base, "canary.c")
    with open(source, "w") as file:
        file.write(CANARY % os.path.join(node.home, "loaded"))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, source], check=True)
    os.chmod(path, 0o755)
    return path


def hostile(node, library):
    return {
        "LD_PRELOAD": library,
        "LD_AUDIT": library,
        "LD_LIBRARY_PATH": os.path.dirname(library),
        "LD_DEBUG": "all",
        "LD_DEBUG_OUTPUT": node.home + "/ld",
        "LD_PROFILE": "libc.so.6",
        "LD_PROFILE_OUTPUT": node.home,
        "LD_SHOW_AUXV": "1",
        "LD_TRACE_LOADED_OBJECTS": "1",
        "LD_BIND_NOW": "1",
        "GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.rtld.optional_static_tls=99999999",
        "MALLOC_TRACE": node.home + "/trace",
        "GCONV_PATH": os.path.dirname(library),
        "LOCPATH": os.path.dirname(library),
        "NLSPATH": os.path.dirname(library) + "/%N",
        "LANG": "../../x",
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "xx",
        "TZ": "/etc/passwd",
        "HOME": node.home,
        "RSYNC_RSH": "touch %s/rsh" % node.home,
        "RSYNC_PROXY": "127.0.0.1:1",
        "RSYNC_CONNECT_PROG": "touch %s/connect" % node.home,
        "RSYNC_PROTECT_ARGS": "1",
        "RSYNC_OLD_ARGS": "1",
        "RSYNC_PARTIAL_DIR": node.home,
        "RSYNC_CHECKSUM_LIST": "none",
        "RSYNC_MAX_ALLOC": "1",
        "RSYNC_ICONV": "x,y",
        "CVSIGNORE": "*",
        "POPT_ALIAS": "1",
        "POSIXLY_CORRECT": "1",
        "TMPDIR": node.home,
        "PATH": node.home + "/bin",
        "IFS": "/",
        "ENV": node.home + "/env.sh",
        "BASH_ENV": node.home + "/env.sh",
        "SHELLOPTS": "xtrace",
        "PS4": "$(touch %s/ps4)" % node.home,
        "BASH_FUNC_touch%%": "() { id; }",
        "X": "() { :;}; touch %s/shellshock" % node.home,
        "OPENSSL_CONF": node.home + "/openssl.cnf",
        "OPENSSL_ENGINES": os.path.dirname(library),
        "HOSTALIASES": "/etc/passwd",
        "RES_OPTIONS": "debug",
        "SSH_ASKPASS": library,
        "PYTHONPATH": node.home,
        "LISTEN_FDS": "3",
        "NOTIFY_SOCKET": node.home + "/notify",
    }


@pytest.fixture
def environment(node, tree, library):
    """The variables, and the files that they point to."""
    tree.write(os.path.join(node.home, ".popt"), (
        "rsync alias --server --server --log-file=%s/popt\nrsync exec --server touch\n"
        % node.home).encode())
    tree.write(os.path.join(node.home, "env.sh"), b"touch %s/env\n" % node.home.encode())
    tree.write(os.path.join(node.home, ".cvsignore"), b"*\n")
    return hostile(node, library)


def test_the_library_would_be_loaded(node, tree, library):
    """The attack itself works: else the tests below prove nothing."""
    subprocess.run(["/bin/true"], env={"LD_PRELOAD": library}, check=True)
    assert os.path.exists(node.home + "/loaded")


@pytest.mark.parametrize("line", (
    "touch {E}/{X}", "mkdir -p {U}", "rm -rf {U}", SFTP, "scp -f {B}", "id"))
def test_nothing_obeys_a_hostile_variable(node, tree, environment, line):
    line = line.format(E=tree.at(EMPTY), X=PROBE, U=tree.at(COMING), B=tree.at("_base", IMAGE))
    before = set(os.listdir(node.home))
    run = node.run(line, environment=environment, input=b"\0\0\0\0")
    assert run.status == (77 if line == "id" else 0), run.err
    assert set(os.listdir(node.home)) == before
    assert b"LD_" not in run.err and b"AT_" not in run.out


@needs_root
def test_the_same_over_ssh_with_rsync(node, tree, peer, environment):
    tree.make_directory(tree.at(COMING))
    before = set(os.listdir(node.home))
    source = peer.write("disk", b"disk" * 1000)
    names = [name for name in environment if name not in ("HOME", "PATH") and "%" not in name]
    config = peer.write("hostile.ssh", "".join(
        'SetEnv "%s=%s"\n' % (name, environment[name].replace('"', "")) for name in sorted(names)[:1]))
    settings = []
    for name in sorted(names):
        settings.append("%s=%s" % (name, environment[name].replace('"', "")))
    with open(config, "w") as file:
        file.write("SetEnv " + " ".join('"%s"' % each for each in settings) + "\n")
        file.write("Include %s\n" % peer.path("open-environment.ssh"))
    peer.enter(login.OPEN_ENVIRONMENT)
    run = peer.run(login.OPEN_ENVIRONMENT, [
        "rsync", "-r", "--sparse", "-e", "/usr/bin/ssh -F " + config, source,
        "node:" + tree.at(COMING, "disk")])
    expect_done(node, run)
    assert open(tree.at(COMING, "disk"), "rb").read() == b"disk" * 1000
    assert set(os.listdir(node.home)) == before


def status_of(pid):
    with open("/proc/%d/status" % pid) as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


@pytest.fixture
def waiting(node, tree, environment):
    """The shell and its child, waiting for a client that says nothing."""
    shell = node.start(SFTP, environment=environment)
    yield shell.pid, child_of(shell.pid)
    shell.stdin.close()
    assert shell.wait(10) == 0


@needs_root
def test_the_child_s_environment_is_ours(node, waiting):
    with open("/proc/%d/environ" % waiting[1], "rb") as file:
        entries = [entry for entry in file.read().split(b"\0") if entry]
    assert entries == [b"LC_ALL=C"]


@needs_root
def test_both_processes_are_confined(node, waiting):
    """Fails without seccomp, and without no_new_privs."""
    for pid in waiting:
        status = status_of(pid)
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
        assert int(status["CapEff"], 16) == 0


@needs_root
def test_the_child_has_three_descriptors_and_limits(node, waiting):
    child = waiting[1]
    assert sorted(os.listdir("/proc/%d/fd" % child)) == ["0", "1", "2"]
    with open("/proc/%d/limits" % child) as file:
        limits = {line[:25].strip(): line[25:].split()[:2] for line in file}
    assert limits["Max core file size"] == ["0", "0"]
    assert int(limits["Max open files"][1]) <= 4096
