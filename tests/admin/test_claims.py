# SPDX-License-Identifier: Apache-2.0
"""claims list, grant and release, and their effect on the shell."""
import fcntl
import json
import os
import re
import struct
import subprocess
import time

import pytest
from conftest import A, ADMIN, B, C

PEER, OTHER = "192.0.2.7", "192.0.2.8"
KEY = "SHA256:" + "k" * 43
ATTRIBUTE = "user.rssh-nova.claim"


def list_claims(node):
    done = node.admin("claims", "list", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    return {row["instance"]: row for row in json.loads(done.stdout)}


def table(node, *words):
    """The rows of the table, as dictionaries by column."""
    lines = node.admin("claims", "list", *words).stdout.decode().splitlines()
    if not lines or not lines[0].startswith("INSTANCE"):
        return []
    names, starts = zip(*((hit[0], hit.start()) for hit in re.finditer(r"\S+", lines[0])))
    starts += (None,)
    return [{name: line[begin:end].strip() for name, begin, end in zip(names, starts, starts[1:])}
            for line in lines[1:] if line[8:9] == "-"]


def grant(node, uuid, *words):
    return node.admin("claims", "grant", uuid, *words)


def touch(node, uuid, peer):
    return node.shell(f"touch {node.root}/{uuid}/disk".encode(), peer)


def test_without_instances_the_list_is_empty(node):
    assert list_claims(node) == {}
    assert node.admin("claims", "list").stdout == b"no claims\n"
    assert node.admin("claims", "list", "--all").stdout == b"no instance directories\n"


def test_only_instances_of_every_root_are_listed(node):
    node.instance(A)
    node.instance(B, node.other)
    for name in ("_base", "locks", A.upper(), A + "_resize"):
        node.instance(name)
    (node.root / C).write_text("a file")
    os.symlink(node.top, node.other / C)
    rows = list_claims(node)
    assert sorted(rows) == [A, B]
    assert (rows[A]["root"], rows[B]["root"]) == (str(node.root), str(node.other))
    assert {row["state"] for row in rows.values()} == {"none"}
    assert table(node) == []
    assert [(row["INSTANCE"], row["IN"]) for row in table(node, "--all")] == [(A, str(node.root)), (B, str(node.other))]
    assert node.admin("claims", "list").stdout.decode() == (
        "no claims\ninstance directories without a valid claim: 2; --all shows them\n")


def test_grant_lets_that_peer_write_and_release_ends_it(node):
    node.instance(A)
    assert touch(node, A, PEER).returncode == 77
    assert grant(node, A, "--peer", PEER).returncode == 0
    row = list_claims(node)[A]
    assert (row["state"], row["peer"], row["key"], row["busy"]) == ("claimed", PEER, "-", False)
    assert 0 <= row["age"] < 60 and row["age"] + row["expires_in"] == 86400
    assert touch(node, A, OTHER).returncode == 77
    assert touch(node, A, PEER).returncode == 0
    assert node.admin("claims", "release", A).returncode == 0
    assert list_claims(node)[A]["state"] == "none"
    assert touch(node, A, PEER).returncode == 77


def test_grant_finds_the_name_of_the_peer(node):
    node.instance(A)
    (node.top / "peers").write_text(f"compute1 {PEER} 2001:db8::1\n")
    node.configure(claims=f"peers_file = {node.top}/peers")
    assert grant(node, A, "--peer", PEER).returncode == 0
    assert (list_claims(node)[A]["state"], list_claims(node)[A]["peer"]) == ("claimed", "compute1")
    assert table(node)[0]["PEER"] == "compute1"
    assert touch(node, A, OTHER).returncode == 77
    assert touch(node, A, "2001:db8::1").returncode == 0
    (node.top / "peers").write_text(f"compute1 {PEER} compute1.example\n")
    done = grant(node, A, "--peer", PEER)
    assert done.returncode == 1 and b"addresses alone" in done.stderr


def test_grant_over_a_claim_replaces_it(node):
    node.instance(A)
    assert grant(node, A, "--peer", PEER).returncode == 0
    assert grant(node, A, "--peer", "2001:DB8:0::1", "--key", KEY).returncode == 0
    row = list_claims(node)[A]
    assert (row["peer"], row["key"]) == ("2001:db8::1", KEY)
    assert touch(node, A, PEER).returncode == 77
    assert touch(node, A, "2001:db8::1").returncode == 0


def test_a_claim_of_the_shell_is_listed(node):
    assert node.shell(f"mkdir -p {node.root}/{A}".encode(), PEER).returncode == 0
    assert (list_claims(node)[A]["state"], list_claims(node)[A]["peer"]) == ("claimed", PEER)
    (row,) = table(node)
    assert (row["INSTANCE"], row["STATE"], row["PEER"], row["KEY"], row["NOTE"]) == (A, "claimed", PEER, "-", "-")
    assert row["ENDS"] in ("in 23 h", "in 24 h")
    assert abs(time.mktime(time.strptime(row["SINCE"], "%Y-%m-%d %H:%M")) - time.time()) < 180


def test_the_claim_that_ends_first_is_listed_first(node):
    now = (int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME)))
    for uuid, age, peer in ((A, 60, "2001:db8:0:1:2:3:4:5"), (B, 86400 - 150, PEER), (C, 86400 - 7300, PEER)):
        os.setxattr(node.instance(uuid), ATTRIBUTE, f"1 {now[0] - age} {max(now[1] - age, 0)} {peer} {KEY}".encode())
    node.instance("d" * 8 + A[8:])
    os.setxattr(node.instance("e" * 8 + A[8:]), ATTRIBUTE, f"1 1000 1 {PEER} -".encode())
    assert [(row["INSTANCE"], row["ENDS"], row["KEY"]) for row in table(node)] == [
        (B, "in 2 min", KEY), (C, "in 2 h", KEY), (A, "in 23 h", KEY)]
    rows = table(node, "--all")
    assert [row["STATE"] for row in rows] == ["claimed"] * 3 + ["none", "expired"]
    assert [(row["PEER"], row["ENDS"]) for row in rows[3:]] == [("-", "-"), (PEER, "-")]
    assert rows[2]["PEER"] == "2001:db8:0:1:2:3:4:5" and rows[4]["SINCE"].startswith("1970-01-01")


def test_an_expired_claim_is_listed_as_expired(node):
    os.setxattr(node.instance(A), ATTRIBUTE, f"1 1000 1 {PEER} -".encode())
    os.setxattr(node.instance(B), ATTRIBUTE, f"1 {2**40} 1 {PEER} -".encode())  # the clock was set back
    rows = list_claims(node)
    for uuid in (A, B):
        assert (rows[uuid]["state"], rows[uuid]["expires_in"]) == ("expired", 0)
    assert rows[A]["age"] > 10**9


def test_a_leftover_is_listed_with_its_command(node):
    """It is not empty and not busy, and its claim ended longer ago than the grace time."""
    now = int(time.time())
    for uuid, text in ((A, f"1 1000 1 {PEER} -"), (B, f"1 1000 1 {PEER} -"), (C, f"1 {now - 86400 - 60} 1 {PEER} -")):
        os.setxattr(node.instance(uuid), ATTRIBUTE, text.encode())
    for uuid in (A, C):
        node.file(node.root / uuid / "disk")
    rows = list_claims(node)
    assert {uuid: row["leftover"] for uuid, row in rows.items()} == {A: True, B: False, C: False}
    command = rows[A].get("clear")
    lines = node.admin("claims", "list").stdout.decode().splitlines()
    said = [line for line in lines if "leftover" in line]
    assert len(said) == 2 and A in said[0] and said[1].startswith(f"leftover {node.root}/{A}: ")
    assert [(row["INSTANCE"], row["NOTE"]) for row in table(node)] == [(C, "-"), (A, "leftover")][-len(table(node)):]
    if command is None:  # libvirt's domains cannot be read here
        assert said[1].endswith("before you delete it")
    else:
        assert command.endswith(f"rm -rf -- {node.root}/{A}") and said[1].endswith(": " + command)


def test_a_claim_that_cannot_be_read_is_void(node):
    os.setxattr(node.instance(A), ATTRIBUTE, b"1 2 3 four")
    assert list_claims(node)[A]["state"] == "void" and "peer" not in list_claims(node)[A]


def test_a_claim_without_the_key_that_identity_needs_is_void(node):
    node.instance(A)
    assert grant(node, A, "--peer", PEER).returncode == 0
    node.configure(claims="identity = address+key")
    assert list_claims(node)[A]["state"] == "void"
    done = grant(node, A, "--peer", PEER)
    assert done.returncode == 2 and b"--key" in done.stderr
    assert grant(node, A, "--peer", PEER, "--key", KEY).returncode == 0
    assert list_claims(node)[A]["state"] == "claimed"


def test_a_locked_file_is_busy(node):
    disk = node.file(node.instance(A) / "disk")
    assert grant(node, A, "--peer", PEER).returncode == 0
    with open(disk, "rb+") as file:
        # As QEMU locks it: with a lock of the open file description on one byte.
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 100, 1, 0)
        fcntl.fcntl(file, 37, lock)  # F_OFD_SETLK
        assert list_claims(node)[A]["busy"] is True
        assert [row["NOTE"] for row in table(node)] == ["busy"]
        done = grant(node, A, "--peer", PEER)
        assert done.returncode == 0 and b"lives on this node" in done.stderr
        assert touch(node, A, PEER).returncode == 77
    assert list_claims(node)[A]["busy"] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
def test_a_file_of_another_user_is_busy(node):
    node.file(node.instance(A) / "disk", uid=1)
    node.file(node.instance(B) / "disk")
    assert {uuid: row["busy"] for uuid, row in list_claims(node).items()} == {A: True, B: False}


def test_grant_needs_exactly_one_directory(node):
    for verb, words in (("grant", ["--peer", PEER]), ("release", [])):
        done = node.admin("claims", verb, A, *words)
        assert done.returncode == 1 and b"no instances_path has this instance" in done.stderr
    assert not (node.root / A).exists()
    node.instance(A)
    node.instance(A, node.other)
    for verb, words in (("grant", ["--peer", PEER]), ("release", [])):
        done = node.admin("claims", verb, A, *words)
        assert done.returncode == 1 and b"more than one" in done.stderr
    assert {row["state"] for row in list_claims(node).values()} == {"none"}


def test_a_link_is_no_instance(node):
    target = node.instance(A, node.other)
    os.symlink(target, node.root / B)
    done = grant(node, B, "--peer", PEER)
    assert done.returncode == 1 and ATTRIBUTE not in os.listxattr(target)


def test_release_without_a_claim_fails(node):
    node.instance(A)
    done = node.admin("claims", "release", A)
    assert done.returncode == 1 and b"not claimed" in done.stderr


@pytest.mark.parametrize("words", [
    [], ["lists"], ["list", A], ["list", "--peer", PEER], ["grant"], ["grant", A], ["release"],
    ["grant", A, "--peer", "host"], ["grant", A, "--peer", ""], ["grant", A, "--peer", "10.0.0.1 22"],
    ["grant", A, "--peer", PEER, "--key", "SHA256:short"], ["grant", A, "--peer", PEER, "--key", "-"],
    ["grant", A, "--peer", PEER, "--json"], ["grant", A, "--peer", PEER, "--all"], ["release", A, "--all"], ["grant", A, "--key", KEY], ["release", A, "--peer", PEER],
    ["release", A, B], ["release", A.upper()], ["release", "../" + A], ["release", ""], ["grant", A, "--forced"],
    ["grant", A, "--peer", PEER, "--peer", PEER]])
def test_wrong_usage_is_2_and_changes_nothing(node, words):
    node.instance(A)
    done = node.admin("claims", *words)
    assert (done.returncode, done.stdout) == (2, b"") and done.stderr != b""
    assert list_claims(node)[A]["state"] == "none"


def test_wrong_usage_names_the_word(node):
    for words, said in ((["show"], "give list, grant or release: show"), ([], "give list, grant or release"),
                        (["list", A], "unexpected argument of list: " + A),
                        (["release", "x"], "give the uuid of an instance, in lower case: x"),
                        (["release"], "give the uuid of an instance, in lower case")):
        assert node.admin("claims", *words).stderr.decode() == "rssh-nova-admin claims: %s\n" % said


def test_a_fault_of_the_configuration_has_its_line(node):
    node.configure(text="[claims]\nwindow 24h\n")
    done = node.admin("claims", "list")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("rssh-nova-admin claims: %s:2: neither [section]" % node.config)


def test_running_as_another_user_needs_root_and_a_user(node):
    done = node.admin("claims", "list", "--config", node.config, "--user", "no-such-user", config=False)
    assert done.returncode == 2 and b"no such user" in done.stderr
    for command in (["claims", "list"], ["explain", "id"]):
        done = subprocess.run([ADMIN, *command, "--config", node.config, "--user", "root"], capture_output=True,
                              **({"user": node.uid, "extra_groups": []} if os.geteuid() == 0 else {}))
        assert done.returncode == 2 and b"only root" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be somebody else")
def test_a_caller_who_is_not_the_owner_is_told_to_run_it_as_root(node):
    node.instance(A)
    for words in (["list"], ["list", "--json"], ["release", A], ["grant", A, "--peer", PEER]):
        done = subprocess.run([ADMIN, "claims", *words, "--config", node.config], capture_output=True, user=12345, group=12345,
                              extra_groups=[])
        assert done.returncode == 2 and done.stdout == b"" and b"run it as root, or as the owner" in done.stderr, done
