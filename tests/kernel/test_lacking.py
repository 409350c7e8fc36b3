# SPDX-License-Identifier: Apache-2.0
"""Kernels that lack something, and containers that take it away: what the shell cannot do without ends in 78
with a record and nothing done, what it can do without changes nothing, and the record never names a wall that is
not there."""

import errno

import pytest

from testbed.audit import REFUSAL, expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING, EMPTY, PROBE, TENANT, changes
from test_second_wall import CLIENTS, configure, expect_served, lines, rsync_create, rsync_pull, rsync_push, scp_push
from test_takeover import CONFIG, PROGRAM, said, takeover, wait_until  # noqa: F401  a fixture

pytestmark = needs_root
OPTIONAL = "[sandbox]\nlandlock = optional\n"
# A kernel before 5.13, one that was started without it, and a container's filter.
NO_LANDLOCK = [
    pytest.param("landlock_create_ruleset=%d" % number, id=errno.errorcode[number])
    for number in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)]


def lacks(*calls, error=errno.ENOSYS):
    return ["%s=%d" % (call, error) for call in calls]


def acts(tree):
    return ("touch " + tree.at(EMPTY, PROBE), "mkdir -p " + tree.at(COMING), "rm " + tree.at(TENANT, "disk"),
            "rm -rf " + tree.at(TENANT))


def expect_nothing(node, tree, of_lines, problem=None):
    """Each ends with 78 and says so: to the client, and in the audit with what is not there."""
    before = node.snapshot()
    for line in of_lines:
        run = node.run(line)
        assert run.status == 78, (line, run.status, run.err)
        assert run.out == b"" and REFUSAL.fullmatch(run.err), (line, run.err)
        assert len(run.faults) == 1 and run.decides, (line, run.records)
        assert problem is None or problem in run.faults[0]["problem"], run.faults
        assert run.faults[0]["problem"].startswith(run.faults[0]["where"]) or run.faults[0]["where"].startswith("/")
        assert all(record["status"] == "78" for record in run.dones)
        assert len(run.dones) == sum(record["verdict"] == "allow" for record in run.decides)
    assert changes(before, node.snapshot()) == []


@pytest.mark.parametrize("mask", NO_LANDLOCK)
def test_no_landlock(node, tree, kernel, mask):
    kernel(mask)
    for line in (*lines(tree).values(), *acts(tree)):
        before = node.snapshot()
        run = node.run(line)
        expect_refused(node, run, "not-confined", status=78)
        assert [record["problem"] for record in run.faults] == ["the kernel has no Landlock"]
        assert changes(before, node.snapshot()) == []


@pytest.mark.parametrize("each", [each for each in CLIENTS if each is not rsync_pull], ids=lambda each: each.__name__)
def test_no_landlock_where_it_is_optional_brings_no_other_program(node, tree, client, kernel, each):
    kernel(*lacks("landlock_create_ruleset"))
    node.write_config(more=CLAIMS_OFF + OPTIONAL)
    before = node.snapshot()
    run = client.run(None, each(client, tree))
    assert run.status != 0
    assert [record["problem"] for record in run.faults] == [
        "the kernel has no Landlock, and nothing else can hold this form"]
    assert [record["verdict"] for record in run.decides] == ["deny"]
    assert changes(before, node.snapshot()) == []


@pytest.mark.parametrize("mask", NO_LANDLOCK)
def test_no_landlock_where_it_is_optional_leaves_acts_and_pulls(node, tree, client, kernel, mask):
    kernel(mask)
    node.write_config(more=CLAIMS_OFF + OPTIONAL)
    for line in acts(tree):
        run = node.run(line)
        expect_done(node, run, confine="seccomp")
    tree.rebuild()
    assert expect_served(node, tree, client, None, rsync_pull) == ["namespaces", "seccomp"]
    pull = [lines(tree)["rsync-pull"]]
    kernel(mask, "user-namespace=%d" % errno.EPERM)
    expect_nothing(node, tree, pull, "the user and mount namespaces: Operation not permitted")
    node.write_config(more=CLAIMS_OFF + OPTIONAL + "namespaces = off\n")
    expect_nothing(node, tree, pull, "the kernel has no Landlock, and namespaces are off")


# What no command can be done without, and what the record says.
NEEDED = (
    ("no way to look below a root", lacks("openat2"), "instances_path"),
    ("no filter", lacks("seccomp"), ""),
    ("no filter for this user", lacks("seccomp", error=errno.EPERM), ""),
    ("no filter, as without CONFIG_SECCOMP_FILTER", lacks("seccomp", error=errno.EINVAL), ""),
    ("16 layers of Landlock already", lacks("landlock_restrict_self", error=errno.E2BIG), "entering landlock"),
    ("Landlock out of memory", lacks("landlock_add_rule", error=errno.ENOMEM), "the rules of landlock"),
    ("no way to close what was inherited", lacks("close_range"), "inherited"),
    ("nothing to give up privileges by", lacks("prctl", error=errno.EINVAL), ""),
)


@pytest.mark.parametrize("mask,problem", [each[1:] for each in NEEDED], ids=[each[0] for each in NEEDED])
@pytest.mark.parametrize("setting", ("off", "auto"))
def test_what_is_needed_for_all(node, tree, kernel, mask, problem, setting):
    configure(node, setting)
    kernel(*mask)
    expect_nothing(node, tree, (*lines(tree).values(), *acts(tree)), problem)


# What no child can be done without.
NEEDED_BY_CHILDREN = (
    ("no user notification", ["listener=%d" % errno.EINVAL], ""),
    ("no user notification: a listener is there already", ["listener=%d" % errno.EBUSY], ""),
    ("no exec by descriptor", lacks("execveat"), "exec"),
    ("no descriptors of processes", lacks("pidfd_open"), ""),
    ("no signals by descriptor", lacks("pidfd_send_signal"), ""),
    ("no descriptors of processes in a container", lacks("pidfd_open", error=errno.EPERM), ""),
)


@pytest.mark.parametrize("mask,problem", [each[1:] for each in NEEDED_BY_CHILDREN],
                         ids=[each[0] for each in NEEDED_BY_CHILDREN])
@pytest.mark.parametrize("setting", ("off", "auto"))
def test_what_is_needed_for_a_program(node, tree, kernel, mask, problem, setting):
    configure(node, setting)
    kernel(*mask)
    expect_nothing(node, tree, lines(tree).values(), problem)
    for line in acts(tree):
        expect_done(node, node.run(line))


def test_what_can_be_done_without(node, tree, client, kernel):
    """glibc asks for what is new, and goes on with what is old."""
    configure(node, "required")
    kernel(*lacks("clone3", "statx", "faccessat2", "rseq", "fchmodat2", "getrandom"))
    for each in CLIENTS:
        tree.rebuild()
        expect_served(node, tree, client, None, each)
    tree.rebuild()
    for line in acts(tree):
        expect_done(node, node.run(line))


# Of the second wall: refused at once, or only when the child is in it already.
NO_SECOND_WALL = (
    ["user-namespace=%d" % errno.EPERM], ["user-namespace=%d" % errno.EINVAL], lacks("fsopen"), lacks("fsmount"),
    lacks("fsconfig"), lacks("move_mount"), lacks("mount_setattr"), lacks("pivot_root", error=errno.EPERM))
HALF_A_SECOND_WALL = (lacks("open_tree"), lacks("umount2"), lacks("capset"), lacks("setns"))


@pytest.mark.parametrize("mask", NO_SECOND_WALL, ids=lambda mask: mask[0])
def test_no_second_wall(node, tree, client, kernel, mask):
    kernel(*mask)
    configure(node, "auto")
    for each in (scp_push, rsync_push, rsync_create):
        tree.rebuild()
        assert expect_served(node, tree, client, None, each)[0].startswith("landlock-")
    tree.rebuild()
    configure(node, "required")
    expect_nothing(node, tree, lines(tree).values())


@pytest.mark.parametrize("mask", HALF_A_SECOND_WALL, ids=lambda mask: mask[0])
@pytest.mark.parametrize("setting", ("auto", "required"))
def test_half_a_second_wall(node, tree, kernel, mask, setting):
    kernel(*mask)
    configure(node, setting)
    expect_nothing(node, tree, lines(tree).values())


@pytest.mark.parametrize("number", (errno.ENOSYS, errno.EINVAL))
def test_no_claim_without_a_name_that_nobody_has(node, tree, kernel, number):
    """A directory gets its name when its claim is there, and only if there is none of that name."""
    kernel(*lacks("renameat2", error=number))
    node.write_config(more="[claims]\nmode = enforce\n")
    before = node.snapshot()
    run = node.run("mkdir -p " + tree.at(COMING))
    assert run.status == 1 and run.err.startswith(b"mkdir: cannot create directory"), (run.status, run.err)
    now = node.snapshot()
    assert now.keys() == before.keys()


def processes_allowed(pid):
    with open("/proc/%d/limits" % pid) as limits:
        return [line.split()[2] for line in limits if line.startswith("Max processes")][0]


@pytest.mark.parametrize("release,counted", (
    ("4.18.0-553.el8", False), ("5.13.19", False), ("5.14.0-427.el9", True), ("6.1.0-18-amd64", True)))
def test_processes_are_counted_where_the_kernel_can(node, tree, kernel, takeover, release, counted):  # noqa: F811
    """Before 5.14 it counted all of the user, nova-compute's threads among them."""
    kernel("release=" + release)
    child = takeover.start("rsync-push", "stay")
    assert said(child) == "staying"
    allowed = {processes_allowed(pid) for pid in node.processes()}
    assert ("4" in allowed) == counted
    child.kill()
    child.wait()
    assert wait_until(lambda: node.processes() == {}, 5)


def test_an_old_release_serves_a_push(node, tree, client, kernel):
    kernel("release=5.13.19", "landlock=1")
    configure(node, "required")
    expect_served(node, tree, client, None, rsync_push)
