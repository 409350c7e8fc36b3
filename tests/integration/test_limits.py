# SPDX-License-Identifier: Apache-2.0
"""Each bound of section [limits], at its edge: what is below it goes on, what is above is refused or ended, and
the records say why."""

import contextlib
import os
import resource as rlimits
import signal
import stat
import subprocess
import time

import pytest

from testbed import login
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF, child_of
from testbed.tree import COMING, EMPTY, LOCKS

pytestmark = needs_root
WAY = login.LOGIN_SHELL
CREATE = "rsync --server -logDtprRe.iLsfxCIvu --no-implied-dirs . /"
PUSH = "rsync --server -rSe.iLsfxCIvu . {at}/disk"


def limit(node, *lines, before=""):
    node.write_config(
        text=before + node.default_config + CLAIMS_OFF + "[limits]\n" + "\n".join(lines) + "\n")


@contextlib.contextmanager
def transfer(node, line, address="192.0.2.7", auth=None, **keywords):
    """A transfer whose peer says nothing more; running when we get it."""
    environment = {"SSH_CONNECTION": "%s 50000 192.0.2.8 22" % address}
    if auth is not None:
        environment["SSH_USER_AUTH"] = auth
    child = node.start(line, environment, **keywords)
    try:
        yield child
    finally:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        child.wait(10)
        child.stdout.close()
        child.stderr.close()


def has_begun(child):
    """scp says that it listens by a NUL; a refusal says nothing there."""
    return child.stdout.read(1) == b"\0"


def receive(tree):
    return "scp -t " + tree.at(EMPTY)


def is_refused(node, line, address="192.0.2.7", auth=None):
    mark = node.syslog.mark()
    with transfer(node, line, address, auth) as child:
        if has_begun(child):
            return False
        run = node.finish(child, mark)
        expect_refused(node, run, "too-many-sessions")
    return True


def test_one_transfer_more_than_sessions_is_refused(node, tree):
    limit(node, "sessions = 2", "peer_sessions = 0")
    with transfer(node, receive(tree)) as first, transfer(node, receive(tree), "192.0.2.9") as second:
        assert has_begun(first) and has_begun(second)
        assert is_refused(node, receive(tree), "192.0.2.10")
        # What we do ourselves does not count.
        expect_done(node, node.run("mkdir -p " + tree.at(COMING)))
        first.stdin.close()
        assert first.wait(10) == 0
        assert not is_refused(node, receive(tree), "192.0.2.10")


def test_one_transfer_more_than_peer_sessions_is_refused_to_that_peer(node, tree):
    limit(node, "sessions = 0", "peer_sessions = 1")
    with transfer(node, receive(tree)) as first:
        assert has_begun(first)
        assert is_refused(node, receive(tree))
        assert is_refused(node, receive(tree), "::ffff:192.0.2.7")
        for other in ("192.0.2.8", "2001:db8::7"):
            assert not is_refused(node, receive(tree), other)


def test_peer_sessions_counts_an_ipv6_peer_by_its_64_bits(node, tree):
    """One host may use any address of it."""
    limit(node, "sessions = 0", "peer_sessions = 2")
    one, two = "2001:db8:1:2::7", "2001:db8:1:2:ffff::1"
    with transfer(node, receive(tree), one) as first, transfer(node, receive(tree), two) as second:
        assert has_begun(first) and has_begun(second)
        assert is_refused(node, receive(tree), "2001:db8:1:2:3:4:5:6")
        assert not is_refused(node, receive(tree), "2001:db8:1:3::7")


@pytest.mark.parametrize("identity,counted", (("address", False), ("key", True), ("address+key", True)))
def test_peer_sessions_counts_a_key_that_tells_peers_apart(node, tree, identity, counted):
    """With one key for all nodes, the bound of a peer would be that of the cloud."""
    node.write_config(text=node.default_config + CLAIMS_OFF + "identity = %s\n" % identity +
                      "[limits]\nsessions = 0\npeer_sessions = 2\n")
    keys = [auth_file(node, number) for number in (1, 2)]
    try:
        with contextlib.ExitStack() as stack:
            for address in ("192.0.2.11", "192.0.2.12"):
                assert has_begun(stack.enter_context(transfer(node, receive(tree), address, auth=keys[0])))
            assert is_refused(node, receive(tree), "192.0.2.13", auth=keys[0]) == counted
            assert not is_refused(node, receive(tree), "192.0.2.14", auth=keys[1])
            assert not is_refused(node, receive(tree), "192.0.2.15")
    finally:
        for key in keys:
            os.unlink(key)


def auth_file(node, number):
    """What sshd writes of a key with ExposeAuthInfo."""
    path = "/tmp/sshauth.limits%d" % number
    with open(path, "w") as file:
        file.write("publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI%s\n" % (str(number) * 43))
    os.chmod(path, 0o600)
    os.chown(path, node.uid, node.gid)
    return path


def test_one_transfer_more_than_a_profile_says_is_refused_to_that_profile(node, tree):
    limit(node, "sessions = 0", "peer_sessions = 0", before="[profile one]\nsessions = 1\n[profile two]\n")

    def start(profile):
        environment = {"SSH_ORIGINAL_COMMAND": receive(tree)}
        arguments = ["rssh-nova"] + (["--profile", profile] if profile else [])
        return node.popen(arguments, environment)

    first = start("one")
    assert has_begun(first)
    mark = node.syslog.mark()
    expect_refused(node, node.finish(start("one"), mark), "too-many-sessions")
    for profile in ("two", None):
        child = start(profile)
        assert has_begun(child)
        child.communicate(b"")
    first.communicate(b"")
    child = start("one")
    assert has_begun(child)
    child.communicate(b"")


@pytest.mark.parametrize("line", ("scp -t {at}", "scp -f {image}", "/usr/lib/openssh/sftp-server", CREATE, PUSH))
def test_every_kind_of_transfer_counts(node, tree, line):
    limit(node, "sessions = 1")
    image = tree.at("_base", os.listdir(tree.at("_base"))[0])
    with transfer(node, line.format(at=tree.at(EMPTY), image=image)) as child:
        end = time.monotonic() + 5
        while len(node.processes()) < 2:  # the shell and its program
            assert time.monotonic() < end
            time.sleep(0.02)
        time.sleep(0.1)
        assert is_refused(node, receive(tree))
        assert child.poll() is None


def test_a_transfer_that_is_killed_gives_its_place_back(node, tree):
    limit(node, "sessions = 1")
    for _ in range(3):
        with transfer(node, receive(tree)) as child:
            assert has_begun(child)
            child.send_signal(signal.SIGKILL)
            child.wait(10)
            end = time.monotonic() + 5
            while is_refused(node, receive(tree)):
                assert time.monotonic() < end
                time.sleep(0.02)


def test_no_more_than_sessions_of_many_at_once_get_in(node, tree):
    limit(node, "sessions = 5", "peer_sessions = 0")
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(transfer(node, receive(tree))) for _ in range(25)]
        assert sum(has_begun(child) for child in children) == 5


def test_a_child_holds_no_lock_and_no_way_to_it(node, tree):
    limit(node, "sessions = 1")
    with transfer(node, receive(tree)) as child:
        assert has_begun(child)
        scp = [pid for pid, line in node.processes().items() if line.startswith("scp ")]
        assert len(scp) == 1
        links = {os.readlink("/proc/%d/fd/%s" % (scp[0], fd)) for fd in os.listdir("/proc/%d/fd" % scp[0])}
        assert not any(LOCKS in link for link in links), links
        status = os.stat(tree.at(LOCKS))
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_size) == (0o600, node.uid, 0)
        os.kill(scp[0], signal.SIGKILL)
        child.wait(10)
    assert not is_refused(node, receive(tree))


@pytest.mark.parametrize("what", ("symlink", "directory", "fifo", "others", "open"))
def test_transfers_are_refused_where_they_cannot_be_counted(node, tree, what):
    limit(node)
    path = tree.at(LOCKS)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    if what == "symlink":
        tree.write(tree.at("elsewhere"), mode=0o600)
        tree.link("elsewhere", path)
    elif what == "directory":
        tree.make_directory(path)
    elif what == "fifo":
        os.mkfifo(path, 0o600)
        tree.own(path)
    else:
        tree.write(path, mode=0o666 if what == "open" else 0o600)
        if what == "others":
            os.chown(path, 0, 0)
    run = node.run(receive(tree))
    expect_refused(node, run, "not-configured", status=78)
    assert LOCKS in run.faults[0]["problem"]
    expect_done(node, node.run("touch " + tree.at(EMPTY, "file")))


def test_without_a_bound_nothing_is_counted(node, tree):
    limit(node, "sessions = 0", "peer_sessions = 0")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(tree.at(LOCKS))
    assert not is_refused(node, receive(tree))
    assert not os.path.exists(tree.at(LOCKS))


@pytest.mark.parametrize("line", ("scp -t {at}", "/usr/lib/openssh/sftp-server", CREATE, PUSH))
def test_a_transfer_that_waits_is_ended_after_idle_timeout(node, tree, line):
    limit(node, "idle_timeout = 2s")
    mark, begun = node.syslog.mark(), time.monotonic()
    with transfer(node, line.format(at=tree.at(EMPTY))) as child:
        child.wait(20)
        passed = time.monotonic() - begun
        done = node.records(mark)[-1]
    assert (done["event"], done["limit"]) == ("done", "idle_timeout"), done
    assert 2 <= passed < 4, passed
    assert done["signal"] == "15" or done["status"] != "0", done


LINE = """\
import os, select, sys, time
# Standard input to standard output: so many bytes at a time, a pause behind each, and nothing behind so many.
size, pause, most = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
ends = select.poll()
ends.register(1, 0)
ends.register(0, select.POLLIN)
# The reader may be done, and wait for us, long before the writer closes.
while not any(fd == 1 for fd, _ in ends.poll()):
    block = os.read(0, min(size, most))
    if not block:
        break
    most -= len(block)
    while block:
        block = block[os.write(1, block):]
    if most == 0:
        ends.unregister(0)
    time.sleep(pause)
"""


def push_over_line(peer, target, *line, size=300000):
    """rsync's client, whose side of the line is slow, or dead from some byte on."""
    peer.enter(WAY)
    shell = peer.write("line", "#!/bin/sh\npython3 %s %s | /usr/bin/ssh -F %s \"$@\"\n" % (
        peer.write("line.py", LINE), " ".join(line), peer.path("%s.ssh" % WAY.name)), 0o755)
    disk = peer.write("disk", os.urandom(size))
    return peer.run(WAY, ["rsync", "-r", "--sparse", "-e", shell, disk, "node:" + target])


def test_a_transfer_that_moves_a_little_now_and_then_is_not_idle(node, tree, peer):
    """Slower than any link, and all of it in the second of rsync's processes."""
    limit(node, "idle_timeout = 2s")
    begun = time.monotonic()
    run = push_over_line(peer, tree.at(EMPTY, "disk"), "4000", "0.1", "1000000000")
    assert time.monotonic() - begun > 6
    expect_done(node, run, form="rsync-push")
    assert run.dones[0]["limit"] == "-"


def test_a_transfer_whose_line_dies_halfway_is_ended(node, tree, peer):
    limit(node, "idle_timeout = 2s")
    begun = time.monotonic()
    run = push_over_line(peer, tree.at(EMPTY, "disk"), "32768", "0", "200000")
    assert run.status != 0 and 2 <= time.monotonic() - begun < 9
    assert run.dones[0]["limit"] == "idle_timeout", run.records


def test_a_transfer_is_ended_after_wall_time(node, tree):
    limit(node, "wall_time = 2s")
    mark, begun = node.syslog.mark(), time.monotonic()
    with transfer(node, receive(tree)) as child:
        assert has_begun(child)
        child.wait(20)
        passed = time.monotonic() - begun
        done = node.records(mark)[-1]
    assert (done["limit"], done["signal"]) == ("wall_time", "15")
    assert 2 <= passed < 3.5


def test_a_transfer_that_ends_by_itself_met_no_limit(node, tree):
    limit(node, "wall_time = 60s", "idle_timeout = 60s")
    mark = node.syslog.mark()
    with transfer(node, receive(tree)) as child:
        assert has_begun(child)
        child.stdin.close()
        child.wait(10)
    assert node.records(mark)[-1]["limit"] == "-"


@pytest.mark.parametrize("options", (["scp"], ["scp", "-O"], ["rsync", "-r", "--sparse"]), ids=" ".join)
def test_a_file_may_be_as_large_as_file_size_and_no_larger(node, tree, peer, options):
    limit(node, "file_size = 1M")
    for size, fits in ((1 << 20, True), ((1 << 20) + 1, False)):
        target = tree.at(EMPTY, "disk%d" % size)
        run = peer.run(WAY, [*options, peer.write("disk", os.urandom(size)), "node:" + target])
        assert (run.status == 0) == fits, (size, run.err)
        if os.path.exists(target):
            assert os.stat(target).st_size <= 1 << 20
        for done in run.dones:
            assert done["limit"] == ("-" if fits or done["signal"] == "0" else "file_size"), done


def sandbox(node, namespaces, processes):
    node.write_config(more=CLAIMS_OFF + "[sandbox]\nnamespaces = %s\n[limits]\nprocesses = %d\n" % (
        namespaces, processes))


def test_a_transfer_has_no_more_than_processes(node, tree, peer):
    """Whatever else the user runs: what receives by rsync is two, all else one."""
    others = [subprocess.Popen(["sleep", "600"], user=node.uid, group=node.gid) for _ in range(20)]
    try:
        disk = peer.write("disk", os.urandom(100000))
        for processes, options, fits in (
                (1, ["rsync", "-r", "--sparse"], False), (2, ["rsync", "-r", "--sparse"], True),
                (1, ["scp"], True), (1, ["scp", "-O"], True)):
            sandbox(node, "required", processes)
            run = peer.run(WAY, [*options, disk, "node:" + tree.at(EMPTY, "disk")])
            assert (run.status == 0) == fits, (processes, options, run.err)
            assert os.path.exists(tree.at(EMPTY, "disk")) == fits
            with contextlib.suppress(FileNotFoundError):
                os.unlink(tree.at(EMPTY, "disk"))
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_processes_are_not_counted_without_the_second_wall(node, tree, peer):
    """Else what Nova runs would count."""
    sandbox(node, "off", 1)
    disk = peer.write("disk", b"disk")
    expect_done(node, peer.run(WAY, ["rsync", "-r", "--sparse", disk, "node:" + tree.at(EMPTY, "disk")]))


@pytest.mark.parametrize("options", (["scp"], ["scp", "-O"], ["rsync", "-r", "--sparse"]), ids=" ".join)
def test_a_program_gets_no_more_than_memory(node, tree, peer, options):
    disk = peer.write("disk", os.urandom(1 << 20))
    for memory, fits in (("64M", True), ("1M", False)):
        limit(node, "memory = " + memory)
        run = peer.run(WAY, [*options, disk, "node:" + tree.at(EMPTY, "disk")])
        assert (run.status == 0) == fits, (memory, run.err)


def test_a_large_sparse_disk_meets_no_default(node, tree, peer):
    node.write_config()
    disk = peer.write("disk", b"begin")
    os.truncate(disk, 512 << 20)
    run = peer.run(WAY, ["rsync", "-r", "--sparse", disk, "node:" + tree.at(EMPTY, "disk")], timeout=120)
    os.unlink(disk)
    expect_done(node, run)
    assert run.dones[0]["limit"] == "-" and os.stat(tree.at(EMPTY, "disk")).st_size == 512 << 20
    os.unlink(tree.at(EMPTY, "disk"))


@pytest.mark.parametrize("line", (
    "scp -t {at}/disk", "rsync --server -rSe.iLsfxCIvu . {at}/disk", "/usr/lib/openssh/sftp-server"))
@pytest.mark.parametrize("resource,shown,hard", (
    ("AS", "Max address space", 1 << 30), ("FSIZE", "Max file size", 10 << 20), ("NPROC", "Max processes", 2000)))
def test_a_lower_limit_of_the_session_stays(node, tree, line, resource, shown, hard):
    """pam_limits or systemd may have set it. Only root could raise it again."""
    which = getattr(rlimits, "RLIMIT_" + resource)
    now = rlimits.getrlimit(which)[1]
    hard = hard if now == rlimits.RLIM_INFINITY else min(hard, now)
    limit(node, "memory = 2G", "file_size = 1G", "processes = 3000")
    mark = node.syslog.mark()
    with transfer(node, line.format(at=tree.at(EMPTY)),
                  prepare=lambda: rlimits.setrlimit(which, (hard, hard))) as child:
        with open("/proc/%d/limits" % child_of(child.pid)) as limits:
            of_child = [each.split()[-2] for each in limits if each.startswith(shown)]
        assert of_child == [str(hard)]
    assert [record["verdict"] for record in node.records(mark) if record["event"] == "decide"] == ["allow"]


def test_too_few_files_for_the_session_says_where_to_raise_them(node, tree):
    run = node.run("scp -t %s/disk" % tree.at(EMPTY), prepare=lambda: rlimits.setrlimit(
        rlimits.RLIMIT_NOFILE, (256, 256)))
    assert run.status == 78
    assert "nofile in limits.conf" in run.faults[0]["problem"]
    assert node.run("mkdir -p " + tree.at(COMING), prepare=lambda: rlimits.setrlimit(
        rlimits.RLIMIT_NOFILE, (256, 256))).status == 0
