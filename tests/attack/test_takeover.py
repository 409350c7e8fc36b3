# SPDX-License-Identifier: Apache-2.0
"""A program of ours stands where rsync, scp and sftp-server stand, as one would that a peer has taken over,
and tries everything (takeover/). Held by: Landlock, seccomp, the closed exec, the limits and the supervisor.

The same program without the sandbox gets out, so that a wall that is missing shows here. Each form is tried
behind the second wall, and without it, for it would hide that one of the others is missing.
What is known to be left, and said in SECURITY.md: reading the libraries, and for scp and sftp-server
/etc/passwd; without the second wall, looking at paths outside (stat, access, readlink)."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from testbed import refusal
from testbed.audit import REFUSAL
from testbed.fixtures import needs_root
from testbed.patience import PATIENCE, patient
from testbed.tree import COMING, IMAGE, LATER, TENANT, attributes, changes

PROGRAM = "/opt/takeover/program"
IS_ARM = os.uname().machine == "aarch64"
LIBRARIES = "/usr/lib/%s-linux-gnu" % os.uname().machine
LIBRARY = LIBRARIES + "/libc.so.6"
LOADER = "/lib/ld-linux-aarch64.so.1" if IS_ARM else "/lib64/ld-linux-x86-64.so.2"
CONFIG = """\
[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {root}
[sandbox]
namespaces = required
[limits]
file_size = 1M
[programs]
rsync = {program}
scp = {program}
sftp_server = {program}
"""
CLAIM = "user.rssh-nova.claim"
ANOTHERS = "88888888-8888-4888-8888-888888888888"  # comes from another peer
LETTERS = "iLsfxCIvu"
# form: (its line, its role in filters.def, where it may act, what must work there)
OWN_FILES = {"create-own", "read-own", "rename-own", "unlink-own", "mkdir-own"}
FORMS = {
    "rsync-push": ("rsync --server -rSze.%s . {own}" % LETTERS, "R", "{own}", OWN_FILES),
    "rsync-pull": ("rsync --server --sender -rSe.%s . {image}" % LETTERS, "T", "{image}", {"read-image"}),
    "rsync-empty": ("rsync --server -logDtpre.%s --delete-excluded . {own}" % LETTERS, "R", "{own}", set()),
    "rsync-empty-absent": (
        "rsync --server -logDtpre.%s --delete-excluded . {absent}" % LETTERS, "R", "argument", set()),
    "rsync-create": (
        "rsync --server -logDtprRe.%s --no-implied-dirs . /" % LETTERS, "M", "argument", OWN_FILES | {"rmdir-own"}),
    "rsync-remove": (
        "rsync --server -logDtpre.%s --delete . {root}" % LETTERS, "M", "argument", OWN_FILES | {"rmdir-own"}),
    "scp-to": ("scp -r -t {own}", "C", "{own}", {"create-own", "mkdir-own", "read-/etc/passwd"}),
    "scp-from": ("scp -r -f {image}", "F", "{image}", {"read-image", "read-/etc/passwd"}),
    "sftp": (
        "/usr/lib/openssh/sftp-server", "P", "{own}", {"create-own", "mkdir-own", "read-image", "read-/etc/passwd"}),
}
# What there is besides its instance behind the second wall, and what a path from there leads to.
SHOWN = ("/", "/..", "/usr", "/usr/lib", LIBRARIES, LIBRARY, LOADER, "/var", "home", "root", "above", "above-relative",
         "to-library", "to-root")
SYSTEM = ("/", "/usr", "/usr/lib", LIBRARIES, LIBRARY, LOADER, "/var", PROGRAM)
STREAMS = ("rsync-create", "rsync-remove")
MIRRORS = STREAMS + ("rsync-empty-absent",)
# Newer than the names that libseccomp has.
NUMBERS = {"999": "others", "setxattrat": "463", "file_setattr": "469", "cachestat": "451", "statmount": "457"}
# libc's functions make these calls of arm64, which lacks the older ones.
CHMOD, SYMLINK, MKNOD = ("fchmodat", "symlinkat", "mknodat") if IS_ARM else ("chmod", "symlink", "mknod")
# What the kernel has no call for: fchmodat2(2) came with Linux 6.6, the memory protection keys of arm64 with 6.12.
KERNEL = tuple(map(int, os.uname().release.split(".")[:2]))
MISSING = [r"(set-id-)?fchmodat2-.*"] if KERNEL < (6, 6) else []
if IS_ARM:
    MISSING += [r"open-2", r"creat-home", r"set-id-(open|creat|mknod)-.*", r"(l?chown|utimes?|futimesat)-.*",
                r"dup2-(51[23]|after-limit)", r"fork-call", r"pipe", r"inotify_init"]
    MISSING += [r"pkey_mprotect-exec"] if KERNEL < (6, 12) else []

pytestmark = needs_root


class Takeover:
    """What a run is told, and how it is started."""

    def __init__(self, node, tree):
        self.node, self.tree = node, tree
        self.own = tree.at(COMING)
        self.places = {
            "own": self.own, "root": tree.root, "image": tree.at("_base", IMAGE), "absent": tree.at(LATER)}
        self.aim = {}
        self.started = []

    def configure(self, wall):
        """The second wall: required or off."""
        self.wall = wall
        self.node.write_config(CONFIG.format(root=self.tree.root, program=PROGRAM).replace("= required", "= " + wall))

    def role(self, form):
        """One that counts on the second wall has a role of its own behind it."""
        return "V" if (form, self.wall) == ("rsync-push", "required") else FORMS[form][1]

    def lay_links(self):
        """As somebody on the node may have: the peer cannot."""
        for name, target in (("canary", self.node.home + "/canary"), ("instance", self.tree.at(TENANT, "disk")),
                             ("root", self.tree.root), ("library", LIBRARY), ("null", "/dev/null")):
            self.tree.link(target, self.own + "/to-" + name)

    def order(self, form, mode):
        own = FORMS[form][2].format(**self.places) if form else self.own
        words = dict(
            self.aim, mode=mode, role=self.role(form) if form else "-", own=own, home=self.node.home,
            root=self.tree.root, other=self.tree.at(TENANT), group=self.node.groups[0],
            stride=1 if PATIENCE == 1 else 100)  # each number but on a slow machine
        return "".join("%s %s\n" % each for each in words.items()).encode() + b"end\n"

    def line(self, form):
        return FORMS[form][0].format(**self.places)

    def leave_open(self):
        """In the child that becomes the shell: descriptors that whoever starts it forgot."""
        secret = os.open(self.node.home + "/secret.conf", os.O_RDWR)
        for number in (3, 7, 512, 513, 900):
            os.dup2(secret, number)
            os.set_inheritable(number, True)

    def run(self, form, mode="attempts", timeout=25, also=lambda: None):
        def prepare():
            self.leave_open()
            also()
        return self.node.run(self.line(form), input=self.order(form, mode), prepare=prepare, timeout=timeout)

    def start(self, form, mode):
        child = self.node.start(self.line(form))
        self.started.append(child)
        child.stdin.write(self.order(form, mode))
        child.stdin.flush()
        return child

    def end(self):
        """What a wall that is missing has left running is not left to the next test."""
        for pid in self.node.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:  # it went with another
                pass
        for child in self.started:
            child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                stream.close()

    def run_free(self):
        with open(self.node.home + "/secret.conf", "r+") as secret:
            os.set_inheritable(secret.fileno(), True)
            return subprocess.run(
                [PROGRAM, "free"], input=self.order(None, "attempts"), capture_output=True, timeout=patient(60),
                user=self.node.uid, group=self.node.gid, extra_groups=self.node.groups, cwd=self.node.home,
                env={}, start_new_session=True, pass_fds=[secret.fileno()])


@pytest.fixture
def takeover(node, tree):
    os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
    shutil.copy(os.path.join(node.build, "tests/attack/takeover/takeover"), PROGRAM)
    os.chmod(PROGRAM, 0o755)
    takeover = Takeover(node, tree)
    node.groups = [node.gid + 1]  # a file of its own may be given to that: chown(2)
    takeover.configure("required")
    for peer, instance in (("192.0.2.7", COMING), ("192.0.2.9", ANOTHERS)):
        made = node.run("mkdir -p " + tree.at(instance), {"SSH_CONNECTION": peer + " 50000 192.0.2.8 22"})
        assert made.status == 0, made.err
    tree.write(tree.at(ANOTHERS, "disk"), b"disk that another peer brings")
    takeover.lay_links()
    yield takeover
    left = node.processes()
    takeover.end()
    node.groups = []
    assert left == {}, "left running"
    shutil.rmtree(os.path.dirname(PROGRAM))
    for path in node.litter():
        if "/rssh-nova-takeover." in path:
            os.unlink(path)


@pytest.fixture
def victim(node, takeover):
    """Processes of nova's own: one that is looked into, one that may be killed."""
    os.mkdir(node.home + "/victim", 0o755)
    os.chown(node.home + "/victim", node.uid, node.gid)
    child = subprocess.Popen(
        [PROGRAM, "victim", node.home + "/victim"], stdout=subprocess.PIPE, user=node.uid, group=node.gid,
        extra_groups=[], start_new_session=True)
    decoy = subprocess.Popen(
        ["/bin/sleep", str(patient(600))], user=node.uid, group=node.gid, extra_groups=[], start_new_session=True)
    takeover.aim = dict(json.loads(child.stdout.readline()), decoy=decoy.pid)
    yield child, decoy
    for each in (child, decoy):
        each.kill()
        each.wait()
    child.stdout.close()


def outside(node, own):
    """Everything but the one place that the form was given."""
    return {path: entry for path, entry in node.snapshot().items()
            if path != own and not path.startswith(own + "/")}


def state_of(pid):
    """What another process could change of it."""
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/limits" % pid) as limits:
        return fields[0], fields[16], fields[38], limits.read(), os.sched_getaffinity(pid)


def state_of_place(path):
    status = os.stat(path)
    return path, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, attributes(path)


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def attempts_of(said):
    return {each["name"]: each for each in said if "name" in each}


def tally_of(said):
    tallies = [each["tally"] for each in said if "tally" in each]
    assert len(tallies) == 1, "it did not come to its end: %r" % said[-2:]
    return {NUMBERS.get(name, name): times for name, times in tallies[0].items()}


def denied(record):
    if record["denied"] == "-":
        return {}
    words = (word.rsplit(":", 1) for word in record["denied"].split(","))
    return {NUMBERS.get(name, name): int(times) for name, times in words}


def differing(counted, made):
    """{name: (times counted, times made)} where they are not the same."""
    return {name: (counted.get(name, 0), made.get(name, 0)) for name in sorted(counted.keys() | made.keys())
            if counted.get(name) != made.get(name)}


earlier = set()


@pytest.fixture(autouse=True)
def what_others_left(node):
    """A supervisor that was killed, by another test or run, leaves its mirror in /tmp."""
    earlier.clear()
    earlier.update(node.litter())


def mirrors(node):
    """The mirrors that this test left behind."""
    return [path for path in node.litter() if "/rssh-nova." in path and path not in earlier]


def test_it_gets_out_where_there_is_no_sandbox(node, takeover, victim):
    run = takeover.run_free()
    assert run.returncode == 0, (run.returncode, run.stderr, run.stdout[-300:])
    attempts = attempts_of(lines(run.stdout))
    held = [each["name"] for each in attempts.values() if each["without"] == "escapes" and not each["effect"]]
    assert held == []
    missing = {each["name"] for each in attempts.values() if each["without"] == "missing"}
    assert missing == {name for name in attempts if any(re.fullmatch(pattern, name) for pattern in MISSING)}
    assert sum(each["without"] == "escapes" for each in attempts.values()) + len(missing) > 250
    assert victim[1].wait(patient(5)) == -signal.SIGKILL


@pytest.mark.parametrize("wall", ("required", "off"))
@pytest.mark.parametrize("form", FORMS)
def test_it_stays_inside(node, tree, takeover, victim, form, wall):
    takeover.configure(wall)
    own = takeover.own if FORMS[form][2] == "{own}" else "/nowhere"
    before = outside(node, own)
    victim_before = state_of(victim[0].pid)
    system_before = [state_of_place(path) for path in SYSTEM]
    claim_before = os.getxattr(takeover.own, CLAIM)
    run = takeover.run(form)
    said = lines(run.out)
    attempts = attempts_of(said)
    assert len(attempts) > 500
    escaped = [each["name"] for each in attempts.values() if each["effect"] and each["without"] != "inside"]
    assert escaped == []
    works = {each["name"] for each in attempts.values() if each["effect"]}
    assert FORMS[form][3] - works == set(), "not even what the form may do works"
    assert ("read-/etc/passwd" in works) == ("read-/etc/passwd" in FORMS[form][3])
    looks = {name for name in attempts if name.startswith("look-")} - (
        {"look-own-as-code"} if "read-own" not in FORMS[form][3] else set())
    absent = {name for name in attempts if name.startswith("absent-")}
    assert len(looks) > 90 and len(absent) > 15
    assert looks & works == (looks if wall == "off" else set())
    assert absent & works == (set() if wall == "off" else absent)
    counts_on_it = takeover.role(form) == "V"
    assert works & {"chmod-own", "chmod-own-directory"} == (
        {"chmod-own", "chmod-own-directory"} if counts_on_it else set())
    there = {name: each["errno"] for name, each in attempts.items() if name.startswith("chmod-there-")}
    assert len(there) > 25
    if counts_on_it:  # the way of a path ends at what cannot be written, whoever owns it
        assert set(there.values()) == {errno.EROFS, errno.ENOENT}
        assert {there["chmod-there-" + name] for name in SHOWN} == {errno.EROFS}
    assert [state_of_place(path) for path in SYSTEM] == system_before
    assert os.getxattr(takeover.own, CLAIM) == claim_before
    assert changes(before, outside(node, own)) == []
    assert state_of(victim[0].pid) == victim_before
    assert [pid for pid in node.processes() if pid not in (victim[0].pid, victim[1].pid)] == []
    assert victim[1].poll() is None
    assert mirrors(node) == []
    assert len(run.dones) == 1, run.records
    assert differing(denied(run.dones[0]), tally_of(said)) == {}
    for path, entry in node.snapshot().items():
        assert int(entry["mode"], 8) & 0o6000 == 0 or not path.startswith(node.home), path


def test_no_filter_counts_on_a_wall_that_could_not_be_made(takeover):
    """namespaces = auto, on a node that refuses it: modes are not set by path."""
    takeover.configure("auto")
    run = takeover.run("rsync-push", also=refusal.as_in_a_container)
    said = lines(run.out)
    attempts = attempts_of(said)
    assert "namespaces" not in run.decides[0]["confine"].split(",")
    assert attempts["create-own"]["effect"]
    assert [name for name, each in attempts.items() if name.startswith("chmod-") and each["effect"]] == []
    for name in ("chmod-own", "chmod-own-directory", "chmod-there-root"):
        assert attempts[name]["errno"] == errno.EPERM, name
    # A mode without set-id bits is refused quietly, as rsync before 3.5 asks for it.
    assert denied(run.dones[0])[CHMOD] == tally_of(said)[CHMOD] > 0


@pytest.mark.parametrize("form", STREAMS)
def test_a_stream_that_is_not_nova_s_is_told_of(takeover, form):
    """A file at its top."""
    run = takeover.run(form, "fill-bytes")
    assert run.status == 77, (run.status, run.err)
    assert REFUSAL.fullmatch(run.err).group(1) in (b"stream", b"outside")
    assert [record["verdict"] for record in run.decides] == ["allow", "deny"]


if not IS_ARM:  # where a program of 64 bits cannot make a call of another kind
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("door", ("x32", "i386"))
    def test_another_door_to_the_kernel_ends_it(takeover, form, door):
        run = takeover.run(form, door)
        assert [each["said"] for each in lines(run.out)] == ["entering"]
        assert run.dones[0]["signal"] == str(int(signal.SIGSYS))


@pytest.mark.parametrize("form", FORMS)
def test_no_name_is_lost_in_noise(takeover, victim, form):
    run = takeover.run(form, "hide")
    assert [each["said"] for each in lines(run.out)] == ["hidden"], (run.status, run.out, run.err)
    found = denied(run.dones[0])
    assert found["ptrace"] == 2
    assert found["bpf"] == 2
    for name in ("mount", "unshare", "socket", "execve", "process_vm_readv", "io_uring_setup", "keyctl", "setns",
                 "memfd_create", "userfaultfd", "finit_module", "kexec_load", SYMLINK, MKNOD, "setsid"):
        assert found[name] == 1, name


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_it_started_outlives_it(node, takeover, form):
    begun = time.monotonic()
    run = takeover.run(form, "leave-behind")
    assert time.monotonic() - begun < patient(5)
    assert node.processes() == {}
    assert run.dones[0]["signal"] == "0", run.records


@pytest.mark.parametrize("form", FORMS)
def test_a_bomb_is_cleared_away(node, takeover, form):
    run = takeover.run(form, "bomb")
    made = lines(run.out)[0]["made"]
    assert (made != 0) == (FORMS[form][1] in "RM")
    assert node.processes() == {}


def wait_until(condition, seconds):
    end = time.monotonic() + patient(seconds)
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def said(child):
    return json.loads(child.stdout.readline())["said"]


def close(child):
    """As sshd does when its client has gone. A close that has to flush first would meet a broken pipe."""
    for stream in (child.stdin, child.stdout, child.stderr):
        stream.close()


def test_it_ends_when_its_peer_has_gone(node, takeover):
    """It ignores every signal that can be ignored."""
    mark = node.syslog.mark()
    child = takeover.start("rsync-push", "stay")
    assert said(child) == "staying"
    close(child)
    child.wait(patient(13))
    assert node.processes() == {}
    assert [record["signal"] for record in node.records(mark) if record["event"] == "done"] == ["9"]


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP))
def test_it_ends_when_the_shell_is_told_to(node, takeover, number):
    mark = node.syslog.mark()
    child = takeover.start("rsync-push", "stay")
    assert said(child) == "staying"
    child.send_signal(number)
    child.wait(patient(8))
    assert node.processes() == {}
    assert [record["signal"] for record in node.records(mark) if record["event"] == "done"] == ["9"]


def test_it_ends_with_the_shell(node, takeover):
    """Killed, the shell can do nothing more; the kernel ends the child."""
    child = takeover.start("scp-to", "stay")
    assert said(child) == "staying"
    child.kill()
    child.wait()
    assert wait_until(lambda: node.processes() == {}, 3)


def status_of(pid):
    with open("/proc/%d/status" % pid) as status:
        return dict(line.rstrip("\n").split(":\t") for line in status if ":\t" in line)


def test_the_kernel_says_that_all_are_confined(node, takeover):
    """The keeper, the supervisor and the child."""
    child = takeover.start("rsync-push", "stay")
    assert said(child) == "staying"
    pids = list(node.processes())
    assert len(pids) == 3
    for pid in pids:
        assert status_of(pid)["Seccomp"] == "2", pid
        assert status_of(pid)["NoNewPrivs"] == "1", pid
    child.kill()
    child.wait()
    assert wait_until(lambda: node.processes() == {}, 3)


def test_the_shell_leaves_no_core(takeover):
    """It ends by the signal that its child ended by, which the child may choose."""
    child = takeover.start("rsync-push", "stay")
    assert said(child) == "staying"
    with open("/proc/%d/limits" % child.pid) as limits:
        core = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
    assert core == [["0", "0"]]
    child.terminate()
    child.wait(patient(8))


def test_it_ends_after_its_time(node, takeover):
    node.write_config(CONFIG.format(root=takeover.tree.root, program=PROGRAM).replace(
        "file_size = 1M", "wall_time = %ds" % patient(1)))
    run = takeover.run("scp-to", "stay", timeout=15)
    assert run.dones[0]["signal"] == "9"


@pytest.mark.parametrize("mode", ("fill-hidden", "fill-deep"))
@pytest.mark.parametrize("form", MIRRORS)
def test_a_mirror_cannot_be_filled_out_of_sight(node, takeover, form, mode):
    run = takeover.run(form, mode, timeout=10)
    if form in STREAMS:
        assert run.dones[0]["signal"] == "9", run.records
    else:
        assert lines(run.out) == [{"fills": False}]
    assert mirrors(node) == []


@pytest.mark.parametrize("form", MIRRORS)
def test_a_deep_mirror_is_cleared_away(node, takeover, form):
    run = takeover.run(form, "leave-deep")
    assert run.dones, run.records
    assert mirrors(node) == []


@pytest.mark.parametrize("wall", ("required", "off"))
@pytest.mark.parametrize("mode", ("leave-shut", "stay-shut"))
@pytest.mark.parametrize("form", MIRRORS)
def test_a_mirror_that_is_shut_is_cleared_away(node, takeover, form, mode, wall):
    """The supervisor kills what has shut its mirror, if it looks before that has ended; a stream is refused anyway. Only
    without the second wall is the mirror in a directory that others see."""
    takeover.configure(wall)
    run = takeover.run(form, mode)
    number, told = run.dones[0]["signal"], lines(run.out)
    # On a slow machine it is killed before it tells.
    assert told[:1] == [{"shut": True}] or (told == [] and number == "9")
    assert number in (("0", "9") if mode == "leave-shut" else ("9",))
    assert run.status == (77 if form in STREAMS else -int(number))
    assert mirrors(node) == []


@pytest.mark.parametrize("form", MIRRORS)
def test_a_mirror_takes_no_bytes(node, takeover, form):
    run = takeover.run(form, "fill-bytes", timeout=20)
    assert lines(run.out)[0]["written"] == 0


@pytest.mark.parametrize("form", MIRRORS)
def test_no_mirror_outlives_a_killed_shell(node, takeover, form):
    """Behind the second wall the mirror is in no directory; it is gone with the processes that have it open."""
    child = takeover.start(form, "stay")
    assert said(child) == "staying"
    assert mirrors(node) == []
    child.kill()
    child.wait()
    assert wait_until(lambda: node.processes() == {}, 3)
    assert mirrors(node) == []


@pytest.mark.parametrize("form", MIRRORS)
def test_without_the_second_wall_a_mirror_is_in_tmp(node, takeover, form):
    takeover.configure("off")
    child = takeover.start(form, "stay")
    assert said(child) == "staying"
    assert len(mirrors(node)) == 1
    child.terminate()
    child.wait(patient(13))
    assert mirrors(node) == []
