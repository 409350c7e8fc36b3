# SPDX-License-Identifier: Apache-2.0
"""Nova of this node creates an instance in a directory that a peer claimed in advance. From then on the directory is no
longer the peer's. Held by: the seal on the directory (node/seal.h), which only a change of ours renews."""

import os
import shutil
import signal
import subprocess
import time

import pytest

import sftp_client as sftp
from testbed import claim
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.node import children_of
from testbed.qcow2 import qcow2
from testbed.tree import COMING, LATER, PROBE, SEAL
from test_claim_ends import FLAGS, SFTP, dones
from test_foreign_instance import A, B, WRITING
from test_takeover import wait_until

pytestmark = needs_root
EMPTY = "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . {P}"


@pytest.fixture
def own(node, tree):
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    return tree.at(COMING)


def created(node, path, content=b"Nova's"):
    """As Nova of this node does it, who does not know of seals."""
    with open(path, "wb") as file:
        file.write(content)
    os.chown(path, node.uid, node.gid)


def created_a_file(node, own):
    created(node, own + "/disk.info")


def renamed_a_file(node, own):
    os.rename(own + "/file", own + "/disk")


def removed_a_file(node, own):
    os.unlink(own + "/file")


def made_a_directory(node, own):
    os.mkdir(own + "/vtpm")
    os.chown(own + "/vtpm", node.uid, node.gid)


CHANGES = (created_a_file, renamed_a_file, removed_a_file, made_a_directory)


def expect_changed(node, run, claim="changed"):
    expect_refused(node, run, "not-claimed")
    assert run.decides[0]["claim"] == claim


@pytest.mark.parametrize("line", WRITING)
def test_no_command_writes_it_any_more(node, tree, own, line):
    tree.write(own + "/file", b"A's")
    expect_done(node, node.run("mkdir -p " + own, environment=A))
    created_a_file(node, own)
    before = node.snapshot()
    expect_changed(node, node.run(line.format(P=own), environment=A))
    expect_changed(node, node.run(line.format(P=own), environment=B), "other")
    assert node.snapshot() == before


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_it(node, tree, own, change):
    tree.write(own + "/file", b"A's")
    change(node, own)
    for _ in range(2):
        expect_changed(node, node.run("touch %s/file" % own, environment=A))


def test_sftp_is_not_given_it(node, tree, own):
    expect_done(node, node.run("mkdir -p " + tree.at(LATER), environment=A))
    created_a_file(node, own)
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP, environment=A))
    assert client.ask(sftp.OPEN, open_body(own + "/disk"))[0] == sftp.STATUS
    handle = client.open(tree.at(LATER, "disk"), FLAGS, mode=0o644)
    assert client.write(handle, b"x") == sftp.OK
    client.end()
    decide, = (record for record in node.records(mark) if record["event"] == "decide")
    assert (decide["given"], decide["left_out"]) == (LATER, COMING + ":changed")
    assert not os.path.exists(own + "/disk")


def open_body(path):
    return sftp.string(path) + sftp.struct.pack(">I", FLAGS) + sftp.attributes(mode=0o644)


def test_nor_within_the_grace(node, own):
    created_a_file(node, own)
    made = claim.read(own)
    claim.write(own, " ".join([made[0], *map(str, claim.of_now(86402)), *made[3:]]))
    for line in ("rm -rf {P}", EMPTY):
        expect_changed(node, node.run(line.format(P=own), environment=A))
    assert os.path.exists(own + "/disk.info")


def test_a_probe_does_not_hide_it(node, own):
    """A probe changes the directory, and needs no claim."""
    created_a_file(node, own)
    for line in ("touch", "rm"):
        expect_done(node, node.run("%s %s/%s" % (line, own, PROBE), environment=A))
    expect_changed(node, node.run("rm -rf " + own, environment=A))


def test_a_session_that_writes_nothing_does_not_hide_it(node, tree, own):
    client = sftp.Client(node.start(SFTP, environment=A))
    created_a_file(node, own)
    client.end()
    expect_changed(node, node.run("rm -rf " + own, environment=A))


def test_an_instance_that_began_to_live_here_stays_its_own(node, tree, own):
    """It runs, and is shut off again: the peer may not write it any more."""
    mark = node.syslog.mark()
    client = sftp.Client(node.start(SFTP, environment=A))
    handle = client.open(own + "/disk", FLAGS, mode=0o644)
    assert client.write(handle, b"x") == sftp.OK
    created(node, own + "/console.log", b"")
    with claim.locked(own + "/disk"):
        assert wait_until(lambda: dones(node, mark) != [], 5)
    client.child.communicate()
    assert dones(node, mark)[0]["limit"] == "busy"
    expect_changed(node, node.run("rm -rf " + own, environment=A))


def test_what_comes_through_us_keeps_the_claim(node, tree, own):
    """Every form that changes the directory. Another peer's probe is refused, for it would change it too."""
    for line in ("touch {P}/file", "mkdir -p {P}/sub/deep", "touch {P}/sub/file", "rm {P}/file", "rm -rf {P}/sub",
                 "mkdir -p {P}", "touch {P}/" + PROBE, "rm {P}/" + PROBE):
        expect_done(node, node.run(line.format(P=own), environment=A))
        for probe in ("touch", "rm"):
            expect_changed(node, node.run("%s %s/%s" % (probe, own, "f" * 32 + ".tmp"), environment=B), "other")
    client = sftp.Client(node.start(SFTP, environment=A))
    assert client.write(client.open(own + "/disk", FLAGS, mode=0o644), b"x") == sftp.OK
    # While the session holds it, other commands of the peer go on.
    expect_done(node, node.run("touch %s/beside" % own, environment=A))
    expect_done(node, node.run("touch %s/%s" % (own, PROBE), environment=A))
    client.end()
    expect_done(node, node.run("touch %s/after" % own, environment=A))
    expect_done(node, node.run("rm -rf " + own, environment=A), claim="own")


def test_a_claim_without_a_seal_is_whole(node, own):
    """An earlier version wrote none, and so does a claim in mode = audit."""
    os.removexattr(own, SEAL)
    created_a_file(node, own)
    expect_done(node, node.run("touch %s/file" % own, environment=A))
    assert SEAL not in os.listxattr(own)


@pytest.mark.parametrize("text", (b"", b"1", b"1 0 0", b"2 1 1", b"x" * 200), ids=len)
def test_a_seal_that_cannot_be_read_is_broken(node, own, text):
    os.setxattr(own, SEAL, text)
    expect_changed(node, node.run("touch %s/file" % own, environment=A))


def test_a_supervisor_that_is_killed_leaves_it_to_its_peer(node, own):
    """Its keeper seals the directory: Nova's clean-up still works."""
    shell = node.start(SFTP, environment=A)
    client = sftp.Client(shell)
    assert client.write(client.open(own + "/disk", FLAGS, mode=0o644), b"x") == sftp.OK
    os.kill(children_of(shell.pid)[0], signal.SIGKILL)
    shell.communicate()
    expect_done(node, node.run("rm -rf " + own, environment=A))


def test_an_operator_may_grant_it_again(node, own):
    created_a_file(node, own)
    admin = [os.path.join(node.build, "rssh-nova-admin"), "claims", "--config", node.config]
    listed = subprocess.run([*admin, "list", "--all"], capture_output=True, text=True)
    assert "changed" in listed.stdout
    granted = subprocess.run([*admin, "grant", COMING, "--peer", "192.0.2.1"], capture_output=True, text=True)
    assert granted.returncode == 0, granted
    expect_done(node, node.run("rm -rf " + own, environment=A))
    assert not os.path.exists(own)


def test_one_that_is_made_again_begins_anew(node, own):
    created_a_file(node, own)
    shutil.rmtree(own)
    expect_done(node, node.run("mkdir -p " + own, environment=A))
    expect_done(node, node.run("touch %s/file" % own, environment=A), claim="own")


@pytest.mark.parametrize("made", ("audit", "enforce"))
@pytest.mark.parametrize("how", ("touch", "sftp", "scp"))
def test_audit_mode_does_not_cry_wolf(node, tree, how, made):
    """rssh-nova(8): reason is, with verdict=allow, what would have been one if claims were enforced. A claim that was made
    while they were has a seal."""
    claim.configure(node, made)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A))
    claim.configure(node, "audit")
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


def test_a_session_that_makes_nothing_and_deletes_a_refused_image(node, tree, own):
    """The image is there because the session that brought it was killed with its keeper."""
    tree.write(own + "/disk", qcow2("/etc/shadow"))
    client = sftp.Client(node.start(SFTP, environment=A))
    client.end()
    assert not os.path.exists(own + "/disk")
    expect_done(node, node.run("rm -rf " + own, environment=A))


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


def test_a_probe_does_not_keep_a_stale_name(node, tree):
    """Nor may another peer put one in. The directory was claimed longer than empty_window ago."""
    claim.configure(node)
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=B))
    expect_changed(node, node.run("touch " + tree.at(COMING, PROBE), environment=A), "other")
    made = claim.read(tree.at(COMING))
    claim.write(tree.at(COMING), " ".join([made[0], *map(str, claim.of_now(3600)), *made[3:]]))
    expect_changed(node, node.run("touch " + tree.at(COMING, PROBE), environment=A), "other")
    expect_done(node, node.run("mkdir -p " + tree.at(COMING), environment=A), claim="stale")


LOOP = """
end=$((SECONDS+$1)); n=0
while [ $SECONDS -lt $end ]; do
	if "$2" -c "$3" 2>/dev/null; then echo in after $n; exit 0; fi
	n=$((n+1))
done
echo out after $n
"""


@pytest.mark.parametrize("line", ("touch {P}/evil", "rm -rf {P}"))
def test_two_judges_at_once_at_full_speed(node, tree, own, line):  # noqa: F811
    created(node, own + "/disk.info")
    expect_changed(node, node.run("touch %s/evil" % own, environment=A))
    loops = [subprocess.Popen(["bash", "-c", LOOP, "loop", "5", node.shell, line.format(P=own)],
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", **A},
                              user=node.uid, group=node.gid, extra_groups=[], cwd=node.home)
             for _ in range(6)]
    said = [loop.communicate()[0].decode() for loop in loops]
    assert not [each for each in said if each.startswith("in")], said
    assert os.path.exists(own + "/disk.info")
