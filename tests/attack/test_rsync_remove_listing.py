# SPDX-License-Identifier: Apache-2.0
"""What "rsync --server ... --delete . DIRECTORY" tells of names: stock rsync with -i prints each one that it may
delete. Held by: the mirror has a placeholder only for what this peer may remove (shell/removable.c)."""

import os
import re
import shutil
import subprocess
import time

import pytest

from testbed import claim
from testbed.fixtures import needs_root
from testbed.node import Run
from testbed.tree import COMING, EMPTY, LATER, PROBE, STOPPED, TENANT
from rsync_client import REMOVE

pytestmark = needs_root
A, B = "192.0.2.1", "192.0.2.2"
PROBE_2 = "f" * 32 + ".tmp"
NOT_PROBES = ("F" * 32 + ".tmp", "f" * 31 + ".tmp", "f" * 32 + ".tm", "f" * 32, "." + "f" * 32 + ".tmp")
MOST = 4096  # MIRROR_PLACEHOLDERS_MAX
MANY = 200000
SHELL = """#!/bin/sh
exec env -i SSH_CONNECTION="{peer} 50000 192.0.2.8 22" SSH_ORIGINAL_COMMAND='{line}' {shell} {options}
"""


@pytest.fixture
def place(node, tree):
    """A directory of nova's for the client's things."""
    path = os.path.join(node.home, "client")
    os.makedirs(os.path.join(path, "nothing"))
    for name in (path, os.path.join(path, "nothing")):
        os.chown(name, node.uid, node.gid)
    return path


@pytest.fixture
def look(node, tree, place):
    """Lets stock rsync delete everything that it can name in a directory. Gives the run."""

    def run(where, peer=A, options="", filters=()):
        script = os.path.join(place, "remote-shell")
        with open(script, "w") as file:
            file.write(SHELL.format(peer=peer, line=REMOVE.format(where), shell=node.shell, options=options))
        os.chmod(script, 0o755)
        mark = node.syslog.mark()
        child = subprocess.run(
            ["rsync", "-a", "-i", "--delete", "-e", script, *filters, os.path.join(place, "nothing") + "/",
             "node:" + where], capture_output=True, timeout=120, user=node.uid, group=node.gid, extra_groups=[],
            cwd=place)
        return Run(child.returncode, child.stdout, child.stderr, node.records(mark))

    return run


def named(run):
    """What rsync says that it deletes; nothing else is in its output."""
    lines = run.out.decode().splitlines()
    found = [re.fullmatch(r"\*deleting +(.*?)/?", line) for line in lines if not line.endswith(" ./")]
    assert None not in found, lines
    return sorted(hit.group(1) for hit in found)


def acts(run):
    """What was decided on, behind the stream itself."""
    assert run.decides[0]["op"] == "stream" and run.decides[0]["verdict"] == "allow", run.records
    return [(each["verdict"], each["op"]) for each in run.decides[1:]]


def bring(node, tree, *uuids, peer=A):
    for uuid in uuids:
        assert node.run("mkdir -p " + tree.at(uuid), {"SSH_CONNECTION": peer + " 50000 192.0.2.8 22"}).status == 0


@pytest.fixture
def two_peers(node, tree, enforced):
    """A brought two, B one and one more of which a file came already; the rest was here."""
    full = "66666666-6666-4666-8666-666666666666"
    bring(node, tree, COMING, LATER)
    bring(node, tree, "77777777-7777-4777-8777-777777777777", full, peer=B)
    bring(node, tree, "88888888-8888-4888-8888-888888888888")
    for uuid in (full, "88888888-8888-4888-8888-888888888888"):
        tree.write(tree.at(uuid, "disk"), b"came")


def test_a_root_shows_a_peer_its_own_empty_instances(tree, two_peers, look):
    run = look(tree.root)
    assert named(run) == [COMING, LATER]
    assert acts(run) == [("deny", "stream")] and run.status != 0
    assert os.path.isdir(tree.at(COMING)) and os.path.isdir(tree.at(LATER))
    assert named(look(tree.root, peer=B)) == ["77777777-7777-4777-8777-777777777777"]
    assert not os.path.exists(tree.at("77777777-7777-4777-8777-777777777777"))
    assert named(look(tree.root, peer="192.0.2.3")) == []


@pytest.mark.parametrize("age", (86400 + 900 + 5, -100), ids=("too_late", "clock_turned_back"))
def test_a_root_shows_no_claim_that_is_over(tree, two_peers, look, age):
    clocks = claim.of_now(age)
    claim.write(tree.at(COMING), "1 %d %d %s -" % (*clocks, A))
    assert named(look(tree.root)) == [LATER]
    assert os.path.isdir(tree.at(COMING)) and not os.path.exists(tree.at(LATER))


def test_a_root_shows_no_name_that_is_not_an_instance(node, tree, enforced, look):
    """Not with any hint either."""
    bring(node, tree, COMING)
    for name in ("_base", "locks", TENANT, STOPPED, EMPTY, "snapshots", TENANT + "_resize"):
        tree.make_directory(tree.at(".rssh-nova", name))
    tree.link(tree.at(STOPPED), tree.at(LATER))
    tree.make_directory(tree.at(".rssh-nova", LATER))
    before = sorted(os.listdir(tree.root))
    assert named(look(tree.root)) == [COMING]
    assert sorted([COMING, *os.listdir(tree.root)]) == before
    assert named(look(tree.root)) == []


def test_a_root_shows_what_has_a_hint(node, tree, enforced, look):
    """One that is missing hides an instance from its own peer too, until it sends mkdir -p again."""
    bring(node, tree, COMING)
    shutil.rmtree(tree.at(".rssh-nova"))
    assert named(look(tree.root)) == [] and os.path.isdir(tree.at(COMING))
    bring(node, tree, COMING)
    assert named(look(tree.root)) == [COMING] and not os.path.exists(tree.at(COMING))


@pytest.mark.parametrize("names,shown", (
    ("%s" % COMING, [COMING]), ("%s, %s" % (COMING, COMING), [COMING]), ("%s, %s" % (STOPPED, EMPTY), []),
    ("%s, %s" % (COMING, STOPPED), [COMING])))
def test_a_profile_shows_its_own_instances_alone(node, tree, two_peers, look, names, shown):
    claim.configure(node, more="[profile one]\ninstances = %s\n" % names)
    run = look(tree.root, options="--profile one")
    assert named(run) == shown
    assert os.path.isdir(tree.at(LATER))


def test_a_profile_shows_its_own_instances_alone_without_claims(node, tree, look):
    tree.make_directory(tree.at(COMING))
    claim.configure(node, mode="off", more="[profile one]\ninstances = %s\n" % COMING)
    assert named(look(tree.root, options="--profile one")) == [COMING]
    assert os.path.isdir(tree.at(EMPTY))


@pytest.mark.parametrize("mode", ("off", "audit"))
def test_without_claims_a_root_shows_all_empty_instances(node, tree, look, mode):
    claim.configure(node, mode=mode)
    tree.make_directory(tree.at(COMING))
    for name in ("empty", "_empty", EMPTY + "_resize", EMPTY.upper() + "A"):
        tree.make_directory(tree.at(name))
    run = look(tree.root)
    assert named(run) == [EMPTY, COMING]
    assert acts(run) == [("deny", "stream")]


@pytest.fixture
def probes(tree):
    for name in (PROBE, *NOT_PROBES):
        tree.write(tree.at(STOPPED, name))
    tree.make_directory(tree.at(STOPPED, PROBE_2))


def test_an_instance_of_another_shows_probes_alone(node, tree, enforced, probes, look):
    run = look(tree.at(STOPPED))
    assert named(run) == [PROBE]
    assert acts(run) == [("allow", "remove")] and run.status == 0
    assert sorted(os.listdir(tree.at(STOPPED))) == sorted((PROBE_2, "disk", *NOT_PROBES))
    assert named(look(tree.at(TENANT))) == []


def test_an_instance_that_lives_here_shows_probes_alone(node, tree, enforced, look):
    bring(node, tree, COMING)
    for name in ("disk", PROBE, PROBE_2):
        tree.write(tree.at(COMING, name))
    with claim.locked(tree.at(COMING, "disk")):
        run = look(tree.at(COMING))
    assert named(run) == sorted((PROBE, PROBE_2))
    assert acts(run) == [("deny", "stream")]


def test_an_own_instance_shows_its_files_to_its_peer_alone(node, tree, enforced, look):
    bring(node, tree, COMING)
    for name in ("disk", "disk.info", "vtpm/state", ".hidden", "with blank"):
        tree.write(tree.at(COMING, name))
    assert named(look(tree.at(COMING), peer=B)) == []
    assert named(look(tree.at(COMING))) == ["disk", "disk.info"]
    assert sorted(os.listdir(tree.at(COMING))) == [".hidden", "disk", "disk.info", "vtpm", "with blank"]


def test_audit_mode_shows_and_removes_all_files(node, tree, look):
    claim.configure(node, mode="audit")
    run = look(tree.at(STOPPED))
    assert named(run) == ["disk"]
    assert acts(run) == [("allow", "remove")] and run.decides[1]["reason"] == "not-claimed"


SLOW = """#!/bin/sh
# Lets nothing of the client's through until there is a file "go".
cd {place} && mkfifo in && exec 3<&0 4<>in
{{ until [ -e go ]; do sleep 0.01; done; exec cat <&3 >in 4<&-; }} &
exec 3<&-
env -i SSH_CONNECTION="{peer} 50000 192.0.2.8 22" SSH_ORIGINAL_COMMAND='{line}' {shell} <in 4<&- |
	{{ dd bs=1 count=1 of=first 2>&-; mv first started; exec cat started -; }}
exec 4<&-
"""


@pytest.mark.parametrize("below", (False, True), ids=("instance", "file"))
def test_a_claim_that_ends_while_the_stream_is_read(node, tree, enforced, place, below):
    """What was shown is judged again when it has vanished."""
    bring(node, tree, COMING)
    if below:
        tree.write(tree.at(COMING, "disk"), b"came")
    where = tree.at(COMING) if below else tree.root
    script = os.path.join(place, "slow-shell")
    with open(script, "w") as file:
        file.write(SLOW.format(place=place, peer=A, line=REMOVE.format(where), shell=node.shell))
    os.chmod(script, 0o755)
    mark = node.syslog.mark()
    client = subprocess.Popen(
        ["rsync", "-a", "-i", "--delete", "-e", script, os.path.join(place, "nothing") + "/", "node:" + where],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=node.uid, group=node.gid, extra_groups=[], cwd=place)
    while not os.path.exists(os.path.join(place, "started")):
        assert client.poll() is None
        time.sleep(0.01)
    os.removexattr(tree.at(COMING), claim.ATTRIBUTE)
    open(os.path.join(place, "go"), "w").close()
    out, err = client.communicate(timeout=60)
    run = Run(client.returncode, out, err, node.records(mark))
    assert named(run) == ["disk" if below else COMING]
    assert acts(run) == [("deny", "remove" if below else "rmdir")]
    assert run.decides[1]["reason"] == "not-claimed" and b"refused: not-claimed" in err
    assert os.listdir(tree.at(COMING)) == (["disk"] if below else [])


@pytest.fixture
def crowded(node, tree):
    """A node with MANY instances, whose root says when it was read. Gives the root's path."""
    path = os.path.join(node.base, "crowded")
    os.makedirs(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "strictatime,mode=0755", "none", path], check=True)
    try:
        os.chown(path, node.uid, node.gid)
        directory = os.open(path, os.O_PATH)
        for number in range(MANY):
            os.mkdir("%08x-0000-4000-8000-000000000000" % number, dir_fd=directory)
        os.close(directory)
        yield path
    finally:
        subprocess.run(["umount", path], check=True)
        os.rmdir(path)


def settings(node, root, mode):
    node.write_config(node.default_config.replace(node.tree.root, root) + "[claims]\nmode = %s\n" % mode +
                      "[sandbox]\nnamespaces = off\n")


def test_a_crowded_root_is_not_read(node, tree, crowded, look):
    """Where claims count. What a root holds must neither be told nor cost anything."""
    settings(node, crowded, "enforce")
    coming = os.path.join(crowded, COMING)
    assert node.run("mkdir -p " + coming, {"SSH_CONNECTION": A + " 50000 192.0.2.8 22"}).status == 0
    os.utime(crowded, ns=(1, 1))
    before = os.stat(crowded).st_atime_ns
    assert named(look(crowded)) == [COMING]
    assert os.stat(crowded).st_atime_ns == before, "the root was read"
    assert not os.path.exists(coming)
    os.listdir(crowded)
    assert os.stat(crowded).st_atime_ns != before, "reading does not show"


def test_a_crowded_root_shows_no_more_than_a_mirror_holds(node, tree, crowded, look):
    settings(node, crowded, "off")
    run = look(crowded, filters=("--include=[0-9a-f]*", "--exclude=*"))
    assert len(named(run)) == MOST
    assert run.status != 0 and acts(run) == [("deny", "stream")]


@pytest.mark.parametrize("more", (0, 1))
def test_an_instance_with_too_many_files_is_refused(node, tree, enforced, look, more):
    bring(node, tree, COMING)
    for number in range(MOST + more):
        tree.write(tree.at(COMING, "file%d" % number))
    run = look(tree.at(COMING))
    assert len(named(run)) == (0 if more else MOST)
    assert run.status != 0
    assert len(os.listdir(tree.at(COMING))) == MOST + more
    said = [each["problem"] for each in run.faults]
    assert ["more files than rsync can be shown" in each for each in said] == [True] * more, run.records
