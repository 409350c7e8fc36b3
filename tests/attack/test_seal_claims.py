"""What the seal promises to an honest peer, and what it keeps from one that claimed a directory in advance."""

import fcntl
import os
import random
import signal
import struct
import subprocess
import time

import pytest

import sftp_client as sftp
from bed import claim
from bed.audit import expect_done
from bed.fixtures import needs_root
from bed.node import children_of
from bed.tree import COMING, PROBE, SEAL
from test_changed_here import EMPTY, created, expect_changed, own  # noqa: F401  fixture
from test_claim_ends import FLAGS, SFTP
from test_foreign_instance import A, B
from test_takeover import wait_until

pytestmark = needs_root
SECONDS = int(os.environ.get("EYES_SECONDS", "60"))
C = {"SSH_CONNECTION": "192.0.2.3 50000 192.0.2.8 22"}
REMOVE = "rsync --server -logDtpre.iLsfxCIvu --delete . {P}"


def is_whole(path):
    return os.getxattr(path, SEAL) == b"1 %d %d" % divmod(os.stat(path).st_mtime_ns, 10**9)


# An honest peer, and others about it.

@pytest.mark.parametrize("how", ("touch", "sftp", "scp"))
def test_audit_mode_does_not_cry_wolf(node, tree, how):
    """rssh-nova(8): reason is, with verdict=allow, what would have been one if claims were enforced."""
    claim.configure(node, "audit")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    if how == "sftp":
        client = sftp.Client(node.start(SFTP, environment=A))
        assert client.write(client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644), b"x") == sftp.OK
        client.end()
    elif how == "scp":
        expect_done(node, node.run("scp -t " + tree.at(COMING, "disk"), environment=A, input=b"C0644 1 disk\nx\0"))
    else:
        expect_done(node, node.run("touch " + tree.at(COMING, "disk"), environment=A))
    run = node.run("rm -rf " + tree.at(COMING), environment=A)
    expect_done(node, run)
    assert (run.decides[0]["claim"], run.decides[0]["reason"]) == ("own", "-")


KILLER = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
/* killer SECONDS SHELL TOUCH RM DIR: touches and kills, as sshd's signal does, at any moment of the command. */
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (double)t.tv_sec + (double)t.tv_nsec / 1e9; }
static pid_t start(const char *shell, const char *line)
{
	pid_t pid = fork();
	if (pid == 0) { setsid(); execl(shell, "rssh-nova", "-c", line, (char *)NULL); _exit(126); }
	return pid;
}
static int whole(const char *dir)
{
	struct stat st; char is[64] = "", seal[64] = "";
	if (stat(dir, &st) != 0 || getxattr(dir, "user.rssh-nova.seal", seal, 63) < 0) return 0;
	snprintf(is, sizeof(is), "1 %ld %ld", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return strcmp(is, seal) == 0;
}
int main(int argc, char **argv)
{
	const double end = now() + atof(argv[1]);
	double whole_run = 0, best = 1;
	unsigned n = 0;
	(void)argc;
	for (int i = 0; i < 20; i++) {
		double t = now(); int status = 0; waitpid(start(argv[2], argv[i % 2 ? 4 : 3]), &status, 0); t = now() - t; if (status != 0) { printf("status %x\n", status); return 2; }
		if (i % 2 == 0 && t < best) best = t;
	}
	whole_run = best * 1.5;
	srandom((unsigned)getpid());
	while (now() < end) {
		double until;
		pid_t pid = start(argv[2], argv[3]);
		until = now() + whole_run * (double)(random() % 10000) / 10000;
		while (now() < until) ;
		kill(-pid, SIGKILL); kill(pid, SIGKILL); waitpid(pid, NULL, 0); n++;
		if (!whole(argv[5])) { printf("broken after %u, a run takes %.1f ms\n", n, best * 1e3); return 1; }
		waitpid(start(argv[2], argv[4]), NULL, 0);
	}
	printf("whole after %u, a run takes %.1f ms\n", n, best * 1e3);
	return 0;
}
"""


def built(node, name, text):
    path = os.path.join(node.base, name)
    with open(path + ".c", "w") as file:
        file.write(text)
    subprocess.run(["cc", "-O2", "-o", path, path + ".c"], check=True)
    return path


def as_node(node, words, env):
    return subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", **env},
                            user=node.uid, group=node.gid, extra_groups=[], cwd=node.home)


def test_a_probe_that_its_peer_kills_leaves_another_s_claim(node, tree, own):  # noqa: F811
    """C has no claim. sshd kills a command that is not forced when its client says so."""
    probe = "%s/%s" % (own, PROBE)
    run = as_node(node, [built(node, "killer", KILLER), str(SECONDS), node.shell, "touch " + probe, "rm " + probe, own], C)
    said = run.communicate()[0].decode()
    left = node.run("rm -rf " + own, environment=A)
    assert said.startswith("whole"), (said, left.err)
    expect_done(node, left)


def stalled(node, line, env, *inject):
    """The command as a busy node runs it: out of the processor for a while at a certain call."""
    words = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for each in inject:
        words += ["-e", "inject=" + each]
    words += ["setpriv", "--reuid", str(node.uid), "--regid", str(node.gid), "--clear-groups", node.shell, "-c", line]
    return subprocess.Popen(words, env={"PATH": "/usr/bin:/bin:/usr/sbin", **env}, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=node.home)


def test_probes_at_once_leave_another_s_claim(node, tree, own):  # noqa: F811
    """C makes and removes probes. The second looks while the first is between its change and its seal, and locks when
    that is over; the third finds the lock and goes on without."""
    one, two, three = ("%s/%032x.tmp" % (own, n) for n in range(3))
    for probe in (two, three):
        expect_done(node, node.run("touch " + probe, environment=C))
    assert is_whole(own)
    first = stalled(node, "touch " + one, C, "fsetxattr:delay_enter=700000")
    assert wait_until(lambda: os.path.exists(one), 3)
    second = stalled(node, "rm " + two, C, "flock:delay_enter=1200000:delay_exit=1500000:when=1")
    first.communicate()
    assert first.returncode == 0 and is_whole(own)
    directory = os.open(own, os.O_RDONLY)

    def is_locked():
        try:
            fcntl.flock(directory, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(directory, fcntl.LOCK_UN)
        except BlockingIOError:
            return True
        return False
    wait_until(is_locked, 4)
    expect_done(node, node.run("rm " + three, environment=C))
    second.communicate()
    os.close(directory)
    run = node.run("touch %s/file" % own, environment=A)
    expect_done(node, run)


def qcow2_backed(name=b"/etc/shadow"):
    head = b"QFI\xfb" + struct.pack(">IQIIQIIQQIIQ", 3, 104, len(name), 16, 1 << 20, 0, 1, 0x30000, 0x10000, 1, 0, 0)
    head += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    return head + name + b"\0" * (1 << 18)


def test_a_session_that_makes_nothing_and_deletes_a_refused_image(node, tree, own):  # noqa: F811
    """Both sessions are the peer's; the image is there because the first was killed with its keeper."""
    tree.write(own + "/disk", qcow2_backed())
    assert is_whole(own)
    client = sftp.Client(node.start(SFTP, environment=A))
    client.end()
    assert not os.path.exists(own + "/disk")
    expect_done(node, node.run("rm -rf " + own, environment=A))


def kill_all(node):
    for pid in node.processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_a_transfer_that_the_node_cut_off_is_cleaned_up_by_its_peer(node, tree, own):  # noqa: F811
    """systemd kills the session's scope, the cgroup runs out of memory, the power fails: all of it ends at once."""
    client = sftp.Client(node.start(SFTP, environment=A))
    assert client.write(client.open(own + "/disk", FLAGS, mode=0o644), b"x") == sftp.OK
    for pid in node.processes():
        os.kill(pid, signal.SIGSTOP)
    kill_all(node)
    client.child.communicate()
    expect_done(node, node.run("rm -rf " + own, environment=A))


def test_a_probe_does_not_keep_a_stale_name(node, tree):
    """C has no claim, and its probe is a way to nothing else. B's directory was claimed longer than empty_window ago."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=B))
    expect_done(node, node.run("touch " + tree.at(COMING, PROBE), environment=C))
    made = claim.read(tree.at(COMING))
    claim.write(tree.at(COMING), " ".join([made[0], *map(str, claim.of_now(3600)), *made[3:]]))
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A), claim="stale")


# A peer that claimed in advance.

@pytest.mark.parametrize("who", (A, C), ids=("its own", "another's"))
def test_a_probe_beside_a_session_that_writes_nothing_does_not_hide_it(node, tree, own, who):  # noqa: F811
    client = sftp.Client(node.start(SFTP, environment=A))
    created(node, own + "/disk.info")
    expect_done(node, node.run("touch %s/%s" % (own, PROBE), environment=who))
    client.end()
    expect_changed(node, node.run("rm -rf " + own, environment=A))


@pytest.mark.parametrize("line", ("rm -rf {P}/sub", EMPTY), ids=("rm", "rsync-empty"))
def test_what_makes_no_file_does_not_hide_it(node, tree, own, line):  # noqa: F811
    """"and seals what it finds at its end if it can have made a file itself": neither can."""
    for number in range(2000):
        tree.write(own + "/sub/d%04d/file" % number, b"x")
        os.chmod(own + "/sub/d%04d" % number, 0o555)
    tree.seal(own)
    shell = node.start(line.format(P=own), environment=A)
    assert wait_until(lambda: len(node.processes()) >= 3, 5)
    time.sleep(0.5)
    assert len(node.processes()) >= 3
    created(node, own + "/disk.info")
    shell.communicate()
    run = node.run("touch %s/evil" % own, environment=A)
    expect_changed(node, run)


# A command that is killed.

@pytest.mark.parametrize("wall", ("auto", "off"))
def test_one_that_is_killed_before_its_program_starts_is_recorded(node, tree, wall):
    """"What kills one of our processes, kills the whole transfer, and leaves a second record with signal"; except
    touch, rm and mkdir -p alone."""
    claim.configure(node, more="[sandbox]\nnamespaces = %s\n" % wall)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    for number in range(4000):
        with open(tree.at(COMING, "f%04d" % number), "wb"):
            pass
        os.chown(tree.at(COMING, "f%04d" % number), node.uid, node.gid)
    tree.seal(tree.at(COMING))
    lost = 0
    for _ in range(10):
        mark = node.syslog.mark()
        shell = node.start(REMOVE.format(P=tree.at(COMING)), environment=A)
        assert wait_until(lambda: any(r["event"] == "decide" for r in node.syslog.settled(mark)), 5)
        os.kill(shell.pid, signal.SIGKILL)
        shell.communicate()
        assert wait_until(lambda: node.processes() == {}, 5)
        lost += [r["signal"] for r in node.records(mark) if r["event"] == "done"] != ["9"]
    left = [name for name in os.listdir("/tmp") if name.startswith("rssh-nova.")]
    assert (lost, left) == (0, [])


def test_any_command_that_is_killed_at_its_start_is_recorded(node, tree, own):  # noqa: F811
    """As above, at full speed, of a form that Nova uses: decided, and then killed at any moment, as sshd kills."""
    decided = lost = 0
    for _ in range(250):
        mark = node.syslog.mark()
        shell = node.start("rsync --server -rSe.iLsfxCIvu . %s/disk" % own, environment=A)
        end = time.monotonic() + random.uniform(0.001, 0.025)
        while time.monotonic() < end:
            pass
        os.killpg(shell.pid, signal.SIGKILL)
        shell.communicate()
        assert wait_until(lambda: node.processes() == {}, 5)
        records = node.records(mark)
        decides = [record for record in records if record["event"] == "decide"]
        decided += len(decides)
        lost += len(decides) > len([record for record in records if record["event"] == "done"])
    assert lost == 0, "%d of %d" % (lost, decided)


def test_a_keeper_does_not_hide_what_a_session_did_not_make(node, tree, own):  # noqa: F811
    """The session has made nothing; its supervisor is killed (by the OOM killer)."""
    shell = node.start(SFTP, environment=A)
    sftp.Client(shell)
    created(node, own + "/disk.info")
    os.kill(children_of(shell.pid)[0], signal.SIGKILL)
    shell.communicate()
    expect_changed(node, node.run("rm -rf " + own, environment=A))


def test_a_session_that_the_window_ended_is_cleaned_up_in_the_grace(node, tree):
    claim.configure(node, window="3s", grace="15m")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    client = sftp.Client(node.start(SFTP, environment=A))
    handle = client.open(tree.at(COMING, "disk"), FLAGS, mode=0o644)
    with pytest.raises((EOFError, BrokenPipeError)):
        while True:
            assert client.write(handle, b"x") == sftp.OK
            time.sleep(0.05)
    client.end()
    expect_done(node, node.run("rm -rf " + tree.at(COMING), environment=A), claim="grace")


def test_each_instance_that_a_session_may_not_write_is_named(node, tree):
    """rssh-nova(8), left_out: the instances that its peer has claimed and that the session may not write."""
    claim.configure(node, empty_max=0)
    count = 70
    for number in range(count):
        uuid = "%08d-4444-4444-8444-444444444444" % number
        expect_done(node, node.run("mkdir -p " + tree.at(uuid), environment=A))
        made = claim.read(tree.at(uuid))
        claim.write(tree.at(uuid), " ".join([made[0], *map(str, claim.of_now((number * 37) % count * 10)), *made[3:]]))
    mark = node.syslog.mark()
    sftp.Client(node.start(SFTP, environment=A)).end()
    decide, = (record for record in node.records(mark) if record["event"] == "decide")

    def named(text):
        words = [word for word in text.split(",") if word != "-"]
        return sum(int(word[5:]) if word.startswith("more:") else 1 for word in words)
    assert (named(decide["given"]), named(decide["left_out"])) == (64, count - 64), decide["left_out"]


def test_a_claim_that_ends_is_seen_however_much_the_peer_has_brought(node, tree):
    """"looks every three seconds at the claim ... of each instance that the child may write": one after the other, each
    with a walk over all its files. Takes longer than promised on a node that is busy."""
    claim.configure(node)
    uuids = ["%08d-4444-4444-8444-444444444444" % number for number in range(4)]
    for uuid in uuids:
        expect_done(node, node.run("mkdir -p " + tree.at(uuid), environment=A))
        for number in range(19000):
            path = tree.at(uuid, "f%05d" % number)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.chown(path, node.uid, node.gid)
        tree.seal(tree.at(uuid))
    client = sftp.Client(node.start(SFTP, environment=A))
    handle = client.open(tree.at(uuids[-1], "disk"), FLAGS, mode=0o644)
    assert client.write(handle, b"x") == sftp.OK
    time.sleep(4)
    os.removexattr(tree.at(uuids[-1]), claim.ATTRIBUTE)
    since = time.monotonic()
    with pytest.raises((EOFError, BrokenPipeError)):
        while True:
            assert client.write(handle, b"x") == sftp.OK
            time.sleep(0.02)
    took = time.monotonic() - since
    client.end()
    assert took < 5, took
