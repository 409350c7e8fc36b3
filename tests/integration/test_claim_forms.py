# SPDX-License-Identifier: Apache-2.0
"""A peer may write only the instance that it brought, by any form, and never one that lives here."""

import contextlib
import os
import shutil
import subprocess

import pytest

from testbed import claim, login
from testbed.audit import expect_done, expect_refused, is_kept_out, refusal
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, IMAGE, LATER, LOCKS, PROBE, TENANT, changes, snapshot

pytestmark = needs_root
WAY = login.LOGIN_SHELL
ARCHIVE = ["rsync", "--archive"]


def fill(tree):
    """What the instance holds once it is half way here."""
    tree.write(tree.at(COMING, "disk"), b"disk " * 1000)
    tree.write(tree.at(COMING, "disk.info"), b"{}")
    tree.write(tree.at(COMING, "vtpm/tpm2/state"), b"state")


def bring(peer, tree, which=WAY):
    """The instance directory as the peer makes and claims it, filled."""
    run = peer.ask(which, "mkdir -p " + tree.at(COMING))
    assert run.status == 0, run.err
    fill(tree)


# The writing forms. Each gives the run of a peer that tries it on the instance COMING.

def touch(peer, tree):
    return peer.ask(WAY, "touch " + tree.at(COMING, "disk"))


def touch_new(peer, tree):
    return peer.ask(WAY, "touch " + tree.at(COMING, "new"))


def remove(peer, tree):
    return peer.ask(WAY, "rm " + tree.at(COMING, "disk.info"))


def mkdir_below(peer, tree):
    return peer.ask(WAY, "mkdir -p " + tree.at(COMING, "new/below"))


def remove_tree(peer, tree):
    return peer.ask(WAY, "rm -rf " + tree.at(COMING))


def remove_tree_below(peer, tree):
    return peer.ask(WAY, "rm -rf " + tree.at(COMING, "vtpm"))


def scp_to(peer, tree):
    return peer.run(WAY, ["scp", "-O", peer.write("disk", b"new"), "node:" + tree.at(COMING, "disk")])


def sftp(peer, tree):
    return peer.run(WAY, ["scp", peer.write("disk", b"new"), "node:" + tree.at(COMING, "disk")])


def rsync_push(peer, tree):
    source = peer.write("disk", b"new")
    return peer.run(WAY, ["rsync", "-r", "--sparse", source, "node:" + tree.at(COMING, "disk")])


def nothing(peer):
    """A directory with nothing in it, which rsync --delete makes the other side equal to."""
    path = peer.path("nothing")
    os.makedirs(path, exist_ok=True)
    os.chown(path, peer.uid, peer.gid)
    return path + "/"


def rsync_empty(peer, tree):
    return peer.run(WAY, ARCHIVE + ["--delete-excluded", nothing(peer), "node:" + tree.at(COMING)])


def rsync_remove(peer, tree):
    only = ["--delete", "--include", "disk.info", "--exclude", "*"]
    return peer.run(WAY, ARCHIVE + only + [nothing(peer), "node:" + tree.at(COMING)])


def rsync_rmdir(peer, tree):
    """The last step of Nova's remove_dir: its files went before, except a busy one."""
    only = ["--delete", "--include", COMING, "--exclude", "*"]
    return peer.run(WAY, ARCHIVE + only + [nothing(peer), "node:" + tree.root])


FORMS = (touch, touch_new, remove, mkdir_below, remove_tree, remove_tree_below, scp_to, sftp, rsync_push,
         rsync_empty, rsync_remove, rsync_rmdir)
REMOVALS = (remove, remove_tree, remove_tree_below, rsync_empty, rsync_remove, rsync_rmdir)
# A stream cannot name what its peer may not remove: as for a name that does not exist, it succeeds and does nothing.
UNNAMED = (rsync_remove, rsync_rmdir)
of_each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)


# What stands against it. Each prepares the instance, which peer has brought, and gives who tries.

@contextlib.contextmanager
def another_peer(tree, peer, other):
    yield other


@contextlib.contextmanager
def nobody(tree, peer, other):
    os.removexattr(tree.at(COMING), claim.ATTRIBUTE)
    yield peer


@contextlib.contextmanager
def too_late(tree, peer, other):
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 900 + 5))
    yield peer


@contextlib.contextmanager
def in_the_grace(tree, peer, other):
    """For what does not remove."""
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 60))
    yield peer


@contextlib.contextmanager
def busy_in_the_grace(tree, peer, other):
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 60))
    with claim.locked(tree.at(COMING, "disk")):
        yield peer


@contextlib.contextmanager
def clock_turned_back(tree, peer, other):
    claim.write(tree.at(COMING), claim.of(peer, -100))
    yield peer


@contextlib.contextmanager
def unreadable(tree, peer, other):
    claim.write(tree.at(COMING), claim.of(peer) + " ")
    yield peer


@contextlib.contextmanager
def locked(tree, peer, other):
    with claim.locked(tree.at(COMING, "disk")):
        yield peer


@contextlib.contextmanager
def locked_below(tree, peer, other):
    with claim.locked(tree.at(COMING, "vtpm/tpm2/state")):
        yield peer


@contextlib.contextmanager
def of_libvirt(tree, peer, other):
    os.chown(tree.at(COMING, "disk"), claim.LIBVIRT, claim.LIBVIRT)
    yield peer


@contextlib.contextmanager
def of_libvirt_below(tree, peer, other):
    os.chown(tree.at(COMING, "vtpm/tpm2"), claim.LIBVIRT, claim.LIBVIRT)
    yield peer


AGAINST = (
    (another_peer, "not-claimed", "other"),
    (nobody, "not-claimed", "none"),
    (too_late, "not-claimed", "expired"),
    (in_the_grace, "not-claimed", "grace"),
    (busy_in_the_grace, "busy", "busy"),
    (clock_turned_back, "not-claimed", "expired"),
    (unreadable, "not-claimed", "other"),
    (locked, "busy", "busy"),
    (locked_below, "busy", "busy"),
    (of_libvirt, "busy", "busy"),
    (of_libvirt_below, "busy", "busy"),
)
against_each = pytest.mark.parametrize(
    "against,reason,state", AGAINST, ids=[each[0].__name__ for each in AGAINST])


def last(run):
    """The decision on the path that was asked for; a stream form has one of its own before it."""
    return run.decides[-1]


def seen(tree):
    """The instances root without the hints, which whoever comes along tidies up."""
    hints, found = tree.at(".rssh-nova"), snapshot(tree.root, True)
    for key in ("links", "mtime", "ctime"):
        del found[tree.root][key]
    return {path: entry for path, entry in found.items() if not path.startswith(hints)}


@of_each_form
def test_a_peer_may_write_what_it_brought(node, tree, peer, other, enforced, form):
    bring(peer, tree)
    if form is rsync_rmdir:
        rsync_empty(peer, tree)
    before = snapshot(tree.at(COMING), True)
    run = form(peer, tree)
    expect_done(node, run)
    assert last(run)["claim"] == ("none" if form is sftp else "own")
    assert changes(before, snapshot(tree.at(COMING), True)) != []


@of_each_form
def test_a_peer_may_clean_up_for_a_while_after_the_window(node, tree, peer, enforced, form):
    """As Nova does when a copy has failed because the window ended; and write no more."""
    if form not in REMOVALS:
        return
    bring(peer, tree)
    if form is rsync_rmdir:
        rsync_empty(peer, tree)
    for age, may in ((86400 + 600, True), (86400 + 900 + 5, False)):
        claim.write(tree.at(COMING), claim.of(peer, age))
        form_prepare(form, peer)
        before = seen(tree)
        run = form(peer, tree)
        if not may:
            assert changes(before, seen(tree)) == []
            assert form in UNNAMED or (run.status != 0 and last(run)["reason"] == "not-claimed")
            continue
        expect_done(node, run)
        assert last(run)["claim"] == "grace"
        assert changes(before, seen(tree)) != []
        shutil.rmtree(tree.at(COMING), ignore_errors=True)
        bring(peer, tree)


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_nova_cleans_up_after_the_window(node, tree, peer, novas, enforced, transport):
    nova = novas(peer, WAY, transport)
    bring(peer, tree)
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 600))
    assert nova.push(peer.write("disk", b"new"), tree.at(COMING, "disk")).status != 0
    expect_done(node, nova.remove_dir(tree.at(COMING)))
    assert not os.path.lexists(tree.at(COMING))


def test_without_a_grace_there_is_none(node, tree, peer):
    claim.configure(node, grace="0")
    bring(peer, tree)
    claim.write(tree.at(COMING), claim.of(peer, 86400 + 5))
    expect_refused(node, peer.ask(WAY, "rm -rf " + tree.at(COMING)), "not-claimed")


@against_each
@of_each_form
def test_a_peer_may_not_write_anything_else(
        node, tree, peer, other, enforced, form, against, reason, state):
    if against is in_the_grace and form in REMOVALS:
        return
    bring(peer, tree)
    if form is rsync_rmdir and reason != "busy":
        rsync_empty(peer, tree)
    with against(tree, peer, other) as who:
        form_prepare(form, who)
        before = seen(tree)
        run = form(who, tree)
        assert changes(before, seen(tree)) == []
    if form in UNNAMED:
        expect_done(node, run, op="stream")
        assert len(run.decides) == 1, run.records
        return
    assert run.status != 0
    if form is sftp:
        assert is_kept_out(run), run.err
        assert [record["verdict"] for record in run.decides] == ["allow"]
        return
    assert b"rssh-nova: refused: %s (ref " % reason.encode() in run.err
    assert (last(run)["verdict"], last(run)["reason"], last(run)["claim"]) == ("deny", reason, state)
    assert last(run)["instance"] == COMING


def form_prepare(form, peer):
    """What the peer needs at its own end, so that nothing of it falls between two snapshots."""
    peer.connect(WAY)
    nothing(peer)


@pytest.mark.parametrize("which", (login.FORCED_COMMAND, login.KEY_COMMAND, login.BOTH), ids=lambda each: each.name)
def test_it_holds_in_every_way_in(node, tree, peer, other, enforced, which):
    bring(peer, tree, which)
    expect_done(node, peer.ask(which, "rm " + tree.at(COMING, "disk")), claim="own")
    expect_refused(node, other.ask(which, "rm " + tree.at(COMING, "disk.info")), "not-claimed")
    push = other.run(which, ["scp", other.write("disk", b"new"), "node:" + tree.at(COMING, "disk")])
    assert is_kept_out(push), push.err
    assert not os.path.exists(tree.at(COMING, "disk"))


def test_the_default_enforces(node, tree, peer):
    """Without a word about claims in the configuration."""
    node.write_config(more="")
    expect_refused(node, peer.ask(WAY, "rm " + tree.at(TENANT, "disk")), "not-claimed")
    expect_refused(node, peer.ask(WAY, "rm -rf " + tree.at(TENANT)), "not-claimed")
    bring(peer, tree)
    expect_done(node, peer.ask(WAY, "rm -rf " + tree.at(COMING)), claim="own")


def test_sftp_gives_exactly_what_the_peer_brought(node, tree, peer, other, enforced):
    bring(peer, tree)
    other.ask(WAY, "mkdir -p " + tree.at(LATER))
    for who, mine, not_mine in ((peer, COMING, LATER), (other, LATER, COMING)):
        source = who.write("file", who.address.encode())
        good = who.run(WAY, ["scp", source, "node:" + tree.at(mine, "file")])
        assert good.status == 0, good.err
        before = seen(tree)
        for target in (not_mine, TENANT, EMPTY, "_base"):
            bad = who.run(WAY, ["scp", source, "node:" + tree.at(target, "file")])
            assert is_kept_out(bad), bad.err
        assert changes(before, seen(tree)) == []
        pull = who.run(WAY, ["scp", "node:" + tree.at("_base", IMAGE), who.path("image")])
        assert pull.status == 0, pull.err


def test_a_claim_says_who_and_when(node, tree, peer, enforced):
    bring(peer, tree)
    words, now = claim.read(tree.at(COMING)), claim.of(peer).split(" ")
    assert words[0] == "1"
    assert 0 <= int(now[1]) - int(words[1]) < 60 and 0 <= int(now[2]) - int(words[2]) < 60
    assert words[3:] == [peer.address, peer.fingerprint]


def test_the_window_is_the_configured_one(node, tree, peer):
    claim.configure(node, window="90m")
    bring(peer, tree)
    claim.write(tree.at(COMING), claim.of(peer, 90 * 60 - 30))
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "a")), claim="own")
    claim.write(tree.at(COMING), claim.of(peer, 90 * 60 + 1))
    run = peer.ask(WAY, "touch " + tree.at(COMING, "b"))
    expect_refused(node, run, "not-claimed")
    assert last(run)["claim"] == "grace"


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_of_what_the_peer_brought_is_done_and_changes_nothing(node, tree, peer, novas, enforced, transport):
    """Nova asks again when it tries again."""
    bring(peer, tree)
    before = snapshot(tree.at(COMING), True), claim.read(tree.at(COMING))
    run = novas(peer, WAY, transport).create_dir(tree.at(COMING))
    expect_done(node, run)
    assert last(run)["claim"] == "own"
    assert (snapshot(tree.at(COMING), True), claim.read(tree.at(COMING))) == before


def expect_no(run, reason, state):
    """Nova's create_dir has failed, for the reason that the copy would be refused for."""
    assert run.status != 0
    assert b"rssh-nova: refused: %s (ref " % reason.encode() in run.err
    assert (last(run)["verdict"], last(run)["reason"], last(run)["claim"]) == ("deny", reason, state)
    assert (last(run)["op"], last(run)["instance"]) == ("mkdir", COMING)


@against_each
@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_says_no_when_the_copy_would_be_refused(
        node, tree, peer, other, novas, enforced, transport, against, reason, state):
    """Nova asks for it before it powers the guest off, and counts on the answer."""
    bring(peer, tree)
    with against(tree, peer, other) as who:
        nova = novas(who, WAY, transport)
        form_prepare(None, who)
        before = seen(tree)
        expect_no(nova.create_dir(tree.at(COMING)), reason, state)
        copy = nova.push(who.write("disk", b"new"), tree.at(COMING, "disk"))
        assert copy.status != 0
        assert changes(before, seen(tree)) == []


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_of_an_empty_directory_that_nobody_claimed_says_no(node, tree, peer, novas, enforced, transport):
    """Nova of this node has just made it."""
    before = seen(tree)
    run = novas(peer, WAY, transport).create_dir(tree.at(EMPTY))
    assert run.status != 0 and last(run)["reason"] == "not-claimed" and last(run)["claim"] == "none"
    assert changes(before, seen(tree)) == [] and claim.read(tree.at(EMPTY)) is None


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_in_audit_mode_says_yes_and_records_what_would_have_been(
        node, tree, peer, other, novas, transport):
    claim.configure(node, mode="audit")
    bring(peer, tree)
    run = novas(other, WAY, transport).create_dir(tree.at(COMING))
    expect_done(node, run)
    assert (last(run)["reason"], last(run)["claim"]) == ("not-claimed", "other")


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_without_claims_says_yes(node, tree, peer, other, novas, transport):
    claim.configure(node, mode="off")
    bring(peer, tree)
    for name in (COMING, TENANT, EMPTY):
        expect_done(node, novas(other, WAY, transport).create_dir(tree.at(name)))


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_mkdir_by_either_transport_claims(node, tree, peer, novas, enforced, transport):
    nova = novas(peer, WAY, transport)
    run = nova.create_dir(tree.at(COMING))
    expect_done(node, run)
    assert last(run)["claim"] == "none"
    assert claim.read(tree.at(COMING))[3] == peer.address


def test_mkdir_below_what_is_not_here_claims_all_of_it(node, tree, peer, other, enforced):
    expect_done(node, peer.ask(WAY, "mkdir -p " + tree.at(COMING, "a/b")))
    expect_refused(node, other.ask(WAY, "touch " + tree.at(COMING, "a/b/c")), "not-claimed")
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "a/b/c")), claim="own")


# The probe.

@pytest.mark.parametrize("transport", ("ssh", "rsync"))
@pytest.mark.parametrize("state", ("unclaimed", "claimed", "busy"))
def test_the_probe_needs_no_claim(node, tree, peer, other, novas, enforced, transport, state):
    nova = novas(other if state == "unclaimed" else peer, WAY, transport)
    bring(peer, tree)
    with contextlib.ExitStack() as stack:
        if state == "unclaimed":
            os.removexattr(tree.at(COMING), claim.ATTRIBUTE)
        if state == "busy":
            stack.enter_context(claim.locked(tree.at(COMING, "disk")))
        for _ in range(2):
            made = nova.create_file(tree.at(COMING, PROBE))
            expect_done(node, made)
            assert last(made)["claim"] == "probe"
            assert os.stat(tree.at(COMING, PROBE)).st_size == 0
        gone = nova.remove_file(tree.at(COMING, PROBE))
        expect_done(node, gone)
        assert last(gone)["claim"] == "probe"
    assert sorted(os.listdir(tree.at(COMING))) == ["disk", "disk.info", "vtpm"]


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
def test_no_probe_in_what_another_peer_claimed(node, tree, peer, other, novas, enforced, transport):
    """Nova then takes it for no shared storage, and asks for the directory, which is refused before the guest is off."""
    bring(peer, tree)
    nova = novas(other, WAY, transport)
    made = nova.create_file(tree.at(COMING, PROBE))
    assert made.status != 0 and last(made)["reason"] == "not-claimed" and last(made)["claim"] == "other"
    expect_done(node, novas(peer, WAY, transport).create_file(tree.at(COMING, PROBE)))
    nova.remove_file(tree.at(COMING, PROBE))
    assert os.path.exists(tree.at(COMING, PROBE))


def a_full_file(tree, path):
    tree.write(path, b"x")


def a_directory(tree, path):
    tree.make_directory(path)


def a_link_to_a_file(tree, path):
    tree.link(os.path.join(tree.home, "canary"), path)


def a_link_to_nothing(tree, path):
    tree.link(os.path.join(tree.home, "made"), path)


@pytest.mark.parametrize("transport", ("ssh", "rsync"))
@pytest.mark.parametrize("stands", (a_full_file, a_directory, a_link_to_a_file, a_link_to_nothing),
                         ids=lambda stands: stands.__name__)
def test_the_probe_is_a_way_to_nothing_else(node, tree, peer, novas, enforced, transport, stands):
    """Whoever claimed it: the name of a probe only ever stands for an empty file."""
    nova = novas(peer, WAY, transport)
    bring(peer, tree)
    for name in (COMING, TENANT):
        stands(tree, tree.at(name, PROBE))
        before = snapshot(tree.home, True)
        assert nova.create_file(tree.at(name, PROBE)).status != 0
        if not (stands is a_directory and transport == "rsync"):
            assert nova.remove_file(tree.at(name, PROBE)).status != 0
        assert changes(before, snapshot(tree.home, True)) == []


@pytest.mark.parametrize("line", (
    "mkdir -p {}", "rm -rf {}", "scp -t {}", "scp -r -t {}", "rsync --server -rSe.iLsfxCIvu . {}",
    "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . {}"))
def test_no_other_form_takes_the_probe_for_an_excuse(node, tree, peer, enforced, line):
    for stands in (None, a_full_file):
        if stands:
            stands(tree, tree.at(TENANT, PROBE))
        before = seen(tree)
        expect_refused(node, peer.ask(WAY, line.format(tree.at(TENANT, PROBE))), "not-claimed")
        assert changes(before, seen(tree)) == []


# Who a peer is.

@pytest.mark.parametrize("identity,same_key,same_address", (
    ("address", False, True), ("key", True, False), ("address+key", False, False)))
def test_a_peer_is_known_by_the_configured_identity(
        node, tree, peer, other, moved, identity, same_key, same_address):
    claim.configure(node, identity=identity)
    bring(peer, tree)
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "own")), claim="own")
    expect_refused(node, other.ask(WAY, "touch " + tree.at(COMING, "other")), "not-claimed")
    run = moved.ask(WAY, "touch " + tree.at(COMING, "same-key"))
    expect_done(node, run, claim="own") if same_key else expect_refused(node, run, "not-claimed")
    words = claim.read(tree.at(COMING))
    claim.write(tree.at(COMING), " ".join(words[:4] + [other.fingerprint]))
    run = peer.ask(WAY, "touch " + tree.at(COMING, "same-address"))
    expect_done(node, run, claim="own") if same_address else expect_refused(node, run, "not-claimed")


@pytest.mark.parametrize("identity", ("key", "address+key"))
@pytest.mark.parametrize("line", ("mkdir -p {}", "rm -rf {}", "touch {}/x"))
def test_a_key_that_sshd_does_not_tell_is_said_to_be_missing(node, tree, peer, identity, line):
    claim.configure(node, identity=identity)
    for name in (COMING, TENANT):
        before = seen(tree)
        run = peer.ask(login.OPEN_ENVIRONMENT, line.format(tree.at(name)))
        assert changes(before, seen(tree)) == []
        assert run.status == 78
        assert refusal(run)[0] == "not-configured"
        assert "ExposeAuthInfo yes" in run.faults[0]["problem"]


@pytest.mark.parametrize("identity", ("key", "address+key"))
def test_sftp_without_a_key_that_is_told_gives_nothing(node, tree, peer, identity):
    claim.configure(node, identity=identity)
    bring(peer, tree)
    before = seen(tree)
    source = peer.write("disk", b"new")
    run = peer.run(login.OPEN_ENVIRONMENT, ["scp", source, "node:" + tree.at(COMING, "disk")])
    assert run.status != 0
    assert changes(before, seen(tree)) == []


# Modes.

def can_go_through(form, against):
    """Is the kernel willing? What keeps it busy may also keep it from being removed, or be another's."""
    if form is rsync_rmdir:
        return against not in (locked, locked_below, of_libvirt, of_libvirt_below, busy_in_the_grace)
    return against not in (of_libvirt, of_libvirt_below) or form not in (
        touch, remove_tree, remove_tree_below, scp_to, sftp, rsync_push, rsync_empty)


@pytest.mark.parametrize(
    "form,against,reason,state",
    [(form, *each) for form in FORMS for each in AGAINST if can_go_through(form, each[0])],
    ids=lambda value: getattr(value, "__name__", ""))
def test_audit_lets_through_and_says_what_it_would_have_refused(
        node, tree, peer, other, form, against, reason, state):
    claim.configure(node, mode="audit")
    bring(peer, tree)
    if form is rsync_rmdir:
        rsync_empty(peer, tree)
    before = snapshot(tree.at(COMING), True)
    with against(tree, peer, other) as who:
        run = form(who, tree)
    assert run.status == 0, run.err
    assert changes(before, snapshot(tree.at(COMING), True)) != []
    if against is in_the_grace and form in REMOVALS:
        reason = "-"
    if form is not sftp:
        assert (last(run)["verdict"], last(run)["reason"], last(run)["claim"]) == ("allow", reason, state)


def test_audit_claims_what_it_makes(node, tree, peer, other):
    claim.configure(node, mode="audit")
    bring(peer, tree)
    expect_done(node, peer.ask(WAY, "touch " + tree.at(COMING, "a")), claim="own", reason="-")
    claim.configure(node)
    expect_refused(node, other.ask(WAY, "touch " + tree.at(COMING, "a")), "not-claimed")


def test_off_claims_nothing_and_asks_for_nothing(node, tree, peer, other):
    claim.configure(node, mode="off")
    bring(peer, tree)
    assert claim.read(tree.at(COMING)) is None
    with claim.locked(tree.at(COMING, "disk")):
        expect_done(node, other.ask(WAY, "rm " + tree.at(COMING, "disk")), claim="off", reason="-")


# A file system that cannot keep a claim.

@pytest.fixture
def bare_root(node, tree):
    """An instances root on ramfs, which keeps no user attributes."""
    root = os.path.join(node.home, "bare")
    os.mkdir(root)
    subprocess.run(["mount", "-t", "ramfs", "-o", "mode=0755", "ramfs", root], check=True)
    shutil.chown(root, node.uid, node.gid)
    with pytest.raises(OSError):
        claim.write(root, "x")
    yield root
    subprocess.run(["umount", root], check=True)


def on(node, root, mode):
    """ramfs says that it has no room, and has as much as the memory."""
    claim.configure(node, mode=mode, more="[limits]\nfree_space = 0\n")
    with open(node.config) as config:
        text = config.read()
    node.write_config(text.replace(os.path.join(node.home, "instances"), root))


def test_a_file_system_without_attributes_is_refused_with_the_choice(node, bare_root, peer, novas):
    on(node, bare_root, "enforce")
    run = peer.ask(WAY, "mkdir -p %s/%s" % (bare_root, COMING))
    assert run.status == 78
    assert refusal(run)[0] == "not-configured"
    assert "mode = off" in run.faults[0]["problem"]
    assert novas(peer, WAY, "rsync").create_dir("%s/%s" % (bare_root, COMING)).status != 0
    assert set(os.listdir(bare_root)) <= {LOCKS}


@pytest.mark.parametrize("mode", ("off", "audit"))
def test_a_file_system_without_attributes_serves_where_claims_are_not_enforced(
        node, bare_root, peer, novas, mode):
    on(node, bare_root, mode)
    path = "%s/%s" % (bare_root, COMING)
    for transport in ("ssh", "rsync"):
        nova = novas(peer, WAY, transport)
        for run in (nova.create_dir(path), nova.push(peer.write("disk", b"new"), path + "/disk"),
                    nova.remove_dir(path)):
            assert run.status == 0, run.err
        assert set(os.listdir(bare_root)) <= {LOCKS}
