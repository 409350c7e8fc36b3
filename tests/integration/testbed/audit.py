# SPDX-License-Identifier: Apache-2.0
"""audit: what the records of a run (node.Run) must say. Design: the keys of the first and the second record."""

import re

HINT = b": this peer did not make the directory, or too long ago, or by another address, or it was changed here"
REFUSAL = re.compile(rb"rssh-nova: refused: ([a-z-]+) \(ref ([0-9a-f]+)\)(%s)?\r?\n" % HINT)


def refusal(run):
    """The reason and ref of a run whose stderr is exactly one refusal line."""
    hit = REFUSAL.fullmatch(run.err)
    assert hit is not None, "not one refusal line: %r" % run.err
    assert (hit.group(1) == b"not-claimed") == (hit.group(3) is not None), run.err
    return hit.group(1).decode(), hit.group(2).decode()


def expect_refused(node, run, reason=None, status=77):
    """Refused, said in one line, recorded once with the same reason and ref, and nothing done."""
    assert run.status == status, (run.status, run.err)
    assert run.out == b""
    said, ref = refusal(run)
    if reason is not None:
        assert said in (reason if isinstance(reason, tuple) else (reason,)), said
    if not node.is_root:
        return
    assert [record["verdict"] for record in run.decides] == ["deny"], run.records
    assert run.decides[0]["reason"] == said
    assert run.decides[0]["ref"] == ref
    assert run.dones == []


def expect_done(node, run, **first):
    """Allowed, done with status 0, and each run of the shell has its decide and its done record.
    first: what the first decide record says."""
    assert run.status == 0, (run.status, run.err)
    if not node.is_root:
        return
    assert run.decides, "no decide record"
    for record in run.decides:
        assert record["verdict"] == "allow", record
    for key, value in first.items():
        assert run.decides[0][key] == value, run.decides[0]
    assert sorted({record["ref"] for record in run.decides}) == sorted(
        record["ref"] for record in run.dones), run.records
    for record in run.dones:
        assert (record["status"], record["signal"]) == ("0", "0"), record


def expect_failed(node, run):
    """Not 0 for the client; whatever the shell let start has its done record, with a failure in it."""
    assert run.status != 0, run.out
    if not node.is_root:
        return
    assert run.decides, "no decide record"
    refs = {record["ref"] for record in run.decides if record["verdict"] == "allow"}
    assert refs == {record["ref"] for record in run.dones}, run.records


def is_kept_out(run):
    """scp was told no by an sftp-server that started: by Landlock, or by the second wall, behind which what was
    not granted does not exist, and a directory in which only a boot file was is read-only (SFTP has no word but
    "Failure" for that)."""
    said = re.search(rb'dest open "[^"]+": ([Pp]ermission denied|No such file or directory|Failure)\r?\n', run.err)
    return run.status != 0 and said is not None


def ops(run):
    """What was decided, in order: (verdict, op, path)."""
    return [(record["verdict"], record["op"], record["path"]) for record in run.decides]
