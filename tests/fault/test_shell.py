# SPDX-License-Identifier: Apache-2.0
"""Every call into the system that the shell makes fails once, in every form of Nova's, and the run ends closed.

By default the first and the last call of each place in the program, with one errno and, of those that move bytes,
cut short; what all forms do alike in the first of them, and everything again in the guards. With FAULT=full in the
environment each of all calls in each form, with every errno of book.ERRORS."""

import ctypes
import errno
import json
import os
import shutil
import time

import pytest

from testbed.fixtures import needs_root
from book import Book, Fault, Program, faults_of
from forms import FORMS, GUARDS, PROGRAM, places
from ledger import Ledger, OfAll
from recorder import Recorder
from run import Ending, Tree, fault_text, kill_orphans, orphans_left, path_of, plan_faults, popen_and_wait

FULL = os.environ.get("FAULT") == "full"
PR_SET_CHILD_SUBREAPER = 36
STATUSES = (0, 1, 77, 78)  # of rssh-nova(8); the stand-in has 0 and 1
ENOUGH = 8  # forms in which a call of a place fails, by default; guards are not counted
HANGS_MAX = 3  # of a form; it is seen by then
LIMITS = {"nofile": 512, "core": 0, "memory": 2 << 30, "fsize": -1}

pytestmark = needs_root


class Bench:
    """The shell with the seam in it where the login shell stands, and its audit."""

    def __init__(self, node):
        build = os.path.join(node.build, "tests/fault")
        self.node, self.tree = node, node.tree
        node.syslog.close()
        node.syslog = self.recorder = Recorder()
        shutil.copy(os.path.join(build, "faulty-shell"), node.shell)
        os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
        for name in (PROGRAM, "/opt/fault/of-nova"):
            shutil.copy(os.path.join(build, "stand-in"), name)
            os.chmod(name, 0o755)
        os.chown("/opt/fault/of-nova", node.uid, node.gid)
        self.book = Book(os.path.join(node.base, "book"), Program(node.shell))
        self.keep = []

    def prepare(self, form):
        while self.keep:
            os.close(self.keep.pop())
        self.tree.rebuild()
        for step in form.prepare:
            step(self.tree, self.keep)
        self.node.write_config(form.config(self.tree.root))

    def start(self, form):
        words = places(self.tree)
        order = "%s %s\n" % (self.node.home, form.order.format(**words))
        return lambda: (self.node.start(form.line.format(**words), {"FAULT_BOOK": self.book.path}), order.encode())

    def run(self, form, fault=None):
        self.book.order(fault)
        begun = time.monotonic()
        status, out, err = popen_and_wait(self.start(form))
        seconds = time.monotonic() - begun
        left = orphans_left()
        if left:
            kill_orphans()
        return Ending(status, out, err, self.recorder.take(), self.book.calls(), left, seconds)


@pytest.fixture(scope="module")
def bench(node):
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    bench = Bench(node)
    yield bench
    bench.book.close()


@pytest.fixture(scope="module")
def ledger():
    return Ledger()


def stand_in_said(ending):
    return json.loads(ending.out) if ending.out else None


def walls_missing(form, said, allowed):
    """What the stand-in could do that it should not, by what the configuration and the record promise."""
    confine = allowed[0]["confine"].split(",") if allowed else []
    missing = ["open to the program: %s" % word for word in said["open"]]
    if not allowed:
        missing.append("a program ran without a record")
    if not confine or confine[-1] != "seccomp" or not confine[-2:-1] or not confine[-2].startswith("landlock-"):
        missing.append("the record says %s" % confine)
    if form.namespaces == "required" and "namespaces" not in confine:
        missing.append("no second wall, which is required")
    if said["sees"] == ("namespaces" in confine):
        missing.append("sees outside: %s, but the record says %s" % (said["sees"], confine))
    limits = dict(LIMITS, fsize=0 if form.stream or "later" in form.line else -1)
    if "namespaces" in confine:
        limits["processes"] = 4
    missing += ["limit %s is %s" % (word, said[word]) for word, value in limits.items() if said[word] != value]
    return missing


def record_faults(ending, audit_failed):
    """Each act has its two records, but for one that could not be sent, of which the peer is told."""
    refs = {record["ref"] for record in ending.records if record.get("verdict") == "allow"}
    done = {record["ref"] for record in ending.records if record["event"] == "done"}
    if refs - done and not (audit_failed and b"could not be recorded" in ending.err):
        return ["no done record"]
    return ["a done record without a decision"] if done - refs - {
        record["ref"] for record in ending.records if record["event"] == "decide"} else []


def foreign(form, root, moved):
    """The changes that are not this form's to make."""
    own = [os.path.join(root, uuid) for uuid in form.changes]
    out = []
    for line in moved:
        path = path_of(line)
        if path.startswith(os.path.join(root, ".rssh-nova")) or any(
                path == one or path.startswith(one + "/") for one in own):
            continue
        if path == root and line.startswith(("mtime of", "ctime of", "links of")):
            continue
        out.append(line)
    return out


def is_recorded_signal(ending):
    """The shell ends as its child did, and says so in its record; not for reasons of its own."""
    return any(record["event"] == "done" and int(record["signal"]) == -ending.status for record in ending.records)


def judge(bench, form, ending, moved):
    """What is wrong about an ending, whatever was let fail. Empty when it ended closed."""
    litter = [path for path in bench.node.litter() if not path.endswith("/book")]
    for path in litter:
        shutil.rmtree(path, ignore_errors=True)
    if ending.status is None:
        return ["hangs"]
    wrong = ["left %s" % litter] if litter else []
    root = bench.tree.root
    allowed = [record for record in ending.records if record.get("verdict") == "allow"]
    effects = [line for line in moved if line not in foreign(form, root, moved)
               and path_of(line) != root and "/.rssh-nova" not in line]
    if ending.status not in STATUSES and not is_recorded_signal(ending):
        wrong.append("status %s" % ending.status)
    if ending.left:
        wrong.append("left a process")
    wrong += ["changed what is not its own: %s" % line for line in foreign(form, root, moved)]
    if effects and len(allowed) < (2 if form.stream else 1):
        wrong.append("acted without a record: %s" % effects[:3])
    if ending.status == 0 and (form.guard or not form.done(bench.tree)):
        wrong.append("says that it is done, and it is not")
    if form.guard and effects:
        wrong.append("did what is forbidden: %s" % effects[:3])
    said = stand_in_said(ending)
    if said is not None:
        wrong += walls_missing(form, said, allowed)
    failed = [call for call in ending.calls if call.failed]
    wrong += record_faults(ending, any(call.function in ("parts_send", "wait_writable") for call in failed))
    return wrong


def sweep(bench, ledger, form):
    """Runs the form once as it is and once for each fault. Gives what went wrong."""
    bench.prepare(form)
    plain = bench.run(form)
    tree = Tree(bench.tree.home)
    bench.prepare(form)
    tree = Tree(bench.tree.home)
    plain = bench.run(form)
    wrong = ["without a fault: %s" % what for what in judge(bench, form, plain, tree.moved())]
    assert (plain.status == 0) == (not form.guard), (plain.status, plain.err, plain.out)
    assert wrong == []
    enough = len(FORMS + GUARDS) if form.guard else 1 if form.only_new else ENOUGH
    known = {place for place, names in ledger.places.items() if len(names) >= enough}
    for call, err, how in plan_faults(plain.calls, faults_of, FULL, lambda call: (call.name, call.place) in known):
        if tree.moved():
            bench.prepare(form)
            tree = Tree(bench.tree.home)
        ending = bench.run(form, Fault(call, err, how))
        moved = tree.moved()
        found = judge(bench, form, ending, moved)
        failed = [one for one in ending.calls if one.failed]
        ledger.add(form.name, failed, absorbed=ending.status == 0 and not form.guard)
        name = fault_text(failed[0] if failed else call, err, how)
        print("%.2f" % ending.seconds, name, found, flush=True) if os.environ.get("FAULT_TALK") else None
        wrong += ["%s: %s (status %s, %r)" % (name, what, ending.status, ending.err) for what in found]
        if sum("hangs" in what for what in wrong) >= HANGS_MAX:
            return wrong + ["and so on"]
    return wrong


@pytest.mark.parametrize("form", FORMS + GUARDS, ids=lambda form: form.name)
def test_it_ends_closed(bench, ledger, form):
    wrong = sweep(bench, ledger, form)
    ledger.forms.add(form.name)
    assert wrong == [], "\n".join(wrong)


def test_a_version_that_is_not_printed_is_no_success(bench):
    def start():
        return bench.node.popen([bench.node.shell, "--version"], {"FAULT_BOOK": bench.book.path}), b""

    bench.book.order()
    assert popen_and_wait(start)[0] == 0
    flush = [call for call in bench.book.calls() if call.name == "fflush"]
    assert len(flush) == 1
    bench.book.order(Fault(flush[0], errno.EIO))
    assert popen_and_wait(start)[0] == 1


@pytest.fixture
def build(node):
    return node.build


class TestOfAll(OfAll):
    part = "shell"
    forms = FORMS + GUARDS
