# SPDX-License-Identifier: Apache-2.0
"""report counts the records of every log format. Text of a peer never counts as a record."""
import json
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from conftest import ADMIN

TOP = pathlib.Path(__file__).parents[2]
FLEET = TOP / "install/fleet"
U = "9f8bb92b-b351-4531-8e19-b65d78d14f0b"
KEY = "SHA256:" + "a" * 43


def decide_record(ref, verdict="allow", reason="-", op="sftp", peer="192.0.2.7", claim="none", cmd="id", user="nova", instance="-"):
    return (f"event=decide ref={ref:016x} verdict={verdict} reason={reason} user={user} uid=64055 peer={peer} peer_name=- key={KEY} "
            f"cert_id=- cert_serial=- ca=- profile=- transport=ssh form=x op={op} path=- instance={instance} claim={claim} confine=landlock:7,seccomp given=- "
            f"left_out=- cmd={cmd}")


def done_record(ref, status=0, ms=1500, got=1000, sent=10, denied="-", limit="-"):
    return (f"event=done ref={ref:016x} status={status} signal=0 limit={limit} ms={ms} bytes_in={got} bytes_out={sent} "
            f"denied={denied} wrote=-")


RECORDS = [
    decide_record(1, op="mkdir", instance=U), done_record(1),
    decide_record(2), done_record(2),
    decide_record(3, op="receive", peer="2001:db8::1"), done_record(3, status=1, limit="idle_timeout", got=-1),
    decide_record(4, "deny", "unknown-command", op="-", cmd='"cat /etc/passwd"'),
    decide_record(5, "deny", "unknown-command", op="-", peer="192.0.2.8"),
    decide_record(6, "deny", "outside", op="-"),
    decide_record(7, op="stream"), decide_record(7, op="mkdir", instance=U, claim="stale"), done_record(7, denied="socket:2"),
    f"event=image ref={8:016x} finding=backing instance={U} file=disk detail=/etc/shadow",
    f"event=fence ref={9:016x} verdict=deny finding=data-file domain=x operation=prepare instance={U} peer=192.0.2.7 "
    f"file={U}/disk detail=\"x y\" ms=7",
    f"event=domain ref={11:016x} step=refuse finding=flags instance={U} name=x flags=live disks=- detail=\"flags\\u003d0x1\"",
    f"event=domain ref={12:016x} step=prepare finding=- instance={U} name=x flags=live disks=- detail=-",
    f"event=fault ref={10:016x} where=/etc/rssh-nova.conf line=7 problem=\"bad value\"",
]
TOTALS = {"commands": 4, "transfers": 2, "failed": 1, "bytes_in": 1000, "bytes_out": 20, "ms": 3000, "refusals": 3,
          "alarms": 6, "claims_made": 2, "claims_ended": 1}


def report(*words, text="", status=0):
    run = subprocess.run([ADMIN, "report", *words, "-"], input=text, capture_output=True, text=True, timeout=60)
    assert run.returncode == status, run
    return run.stdout


def report_json(lines, *words):
    return json.loads(report("--json", *words, text="".join(line + "\n" for line in lines)))


def to_json(record):
    """The same record in the form of format = json."""
    fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', record))
    numbers = ("uid", "status", "signal", "ms", "bytes_in", "bytes_out", "line")
    return json.dumps({key: int(value) if key in numbers else value.strip('"') for key, value in fields.items()})


HEADS = {
    "alone": "", "rsyslog": "2026-11-29T10:00:00.123456+01:00 node rssh-nova[42]: ",
    "journal": "2026-11-29T10:00:00+0100 node rssh-nova[42]: ", "traditional": "Nov 29 10:00:00 node rssh-nova[42]: ",
}


@pytest.mark.parametrize("turn", (str, to_json), ids=("logfmt", "json"))
@pytest.mark.parametrize("head", HEADS)
def test_every_log_format_is_counted(head, turn):
    found = report_json([HEADS[head] + turn(record) for record in RECORDS])
    assert found["totals"] == TOTALS and (found["records"], found["unread"]) == (len(RECORDS), 0)
    assert found["reasons"] == {"unknown-command": 2, "outside": 1}
    assert found["limits"] == {"idle_timeout": 1}
    assert found["kinds"] == {"limit": 1, "refused-calls": 1, "image": 1, "fence": 1, "domain": 1, "fault": 1}
    assert {peer: (row.get("transfers", 0), row.get("refusals", 0)) for peer, row in found["peers"].items()} == {
        "192.0.2.7": (1, 2), "2001:db8::1": (1, 0), "192.0.2.8": (0, 1)}
    assert found["keys"][KEY]["refusals"] == 3
    assert [alarm["detail"] for alarm in found["alarms"]] == [
        "idle_timeout", "socket:2", f"backing {U}", f"data-file {U}", f"flags {U}", "/etc/rssh-nova.conf:7: bad value"]
    if head in ("rsyslog", "journal"):
        assert found["first"] == found["last"] == 1795942800


def test_a_fault_without_a_line_names_no_line():
    fault = "event=fault ref=%016x where=/etc/x line=0 problem=\"the file must be owned by root: /etc/x\"" % 1
    assert report_json([fault])["alarms"][0]["detail"] == "the file must be owned by root: /etc/x"


def test_text_for_a_person():
    text = report(text="\n".join(RECORDS))
    assert text.startswith("source     -\nrecords    ")
    assert "transfers  2, 1 failed; 1000 B in, 20 B out, 3 s\n" in text
    assert re.search(r"^REASON +REFUSALS\nunknown-command +2\noutside +1\n", text, re.M)
    assert re.search(r"^192\.0\.2\.8 +0 +0 +0 B +0 B +0 +1$", text, re.M)
    assert re.search(r"^- +ref=0{15}7  refused-calls: socket:2$", text, re.M)


@pytest.mark.parametrize("line", [
    decide_record(1) + " verdict=deny", decide_record(1) + ' x="', "x " + decide_record(1), "node rssh-nova[1]: x " + decide_record(1), decide_record(1) + "  a=b",
    "rssh-nova[x]: " + decide_record(1), "xrssh-nova[1]: " + decide_record(1), "event=decide", '{"event":"decide"}', '{"event":"decide","ref":"a"',
    "Nov 29 10:00:00 node sshd[1]: rssh-nova[1]: x", "", "\x01", 'event=decide ref="a',
])
def test_other_lines_are_counted(line):
    found = report_json([line])
    assert (found["records"], found["unread"], found["totals"]["commands"]) == (0, 1, 0)


def test_a_record_inside_a_value_does_not_count():
    """A peer sends text that looks like a record. It is inside a value."""
    forged = f"x rssh-nova[1]: event\\u003ddecide ref\\u003d{1:016x} verdict\\u003dallow"
    found = report_json([HEADS["rsyslog"] + decide_record(4, "deny", "bad-byte", op="-", cmd=f'"{forged}"')])
    assert (found["records"], found["unread"], found["totals"]["commands"], found["totals"]["refusals"]) == (1, 0, 0, 1)
    text = report(text=decide_record(1, "deny", "a", op="-", peer='"\\u001b[2J"'))
    assert "?[2J" in text and "\x1b" not in text


def test_a_table_has_a_limit():
    found = report_json([decide_record(i, "deny", "outside", op="-", peer=f"2001:db8::{i:x}") for i in range(1000)])
    assert len(found["peers"]) == 201 and found["peers"]["other"]["refusals"] == 800


def stamp(age):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime(time.time() - age)) + "node rssh-nova[1]: "


def test_since_skips_older_records():
    lines = [stamp(age) + decide_record(age, "deny", "outside", op="-") for age in (60, 4000, 100000, 900000)]
    for since, count in (("15m", 1), ("90m", 2), ("2d", 3), ("100d", 4), ("5s", 0)):
        assert report_json(lines, "--since", since)["totals"]["refusals"] == count, since
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() - 200000))
    for since in (day, day + " 00:00", day + " 00:00:00"):
        assert report_json(lines, "--since", since)["totals"]["refusals"] == 3
    assert report_json([decide_record(1)], "--since", "1d")["unread"] == 1
    for bad in ("yesterday", "1", "1y", "-1h", "99999999999d", "2026-11-29x", ""):
        assert report("--since", bad, status=2) == ""


def metrics(text):
    return set(re.findall(r"^(rssh_nova_\w+)(?:\{| )", text, re.M))


def test_gauges_for_prometheus(tmp_path):
    text = report("--prometheus", "--since", "1h", text="\n".join(stamp(60) + record for record in RECORDS))
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) rssh_nova_\w+ .*|rssh_nova_\w+(\{[a-z]+="[^"\\\n]*"\})? -?\d+(\.\d+)?', line), line
    assert "rssh_nova_window_seconds 3600\n" in text and "rssh_nova_transfer_seconds 3.000\n" in text
    assert 'rssh_nova_refusals_by_reason{reason="unknown-command"} 2\n' in text
    assert 'rssh_nova_peer_refusals{peer="192.0.2.8"} 1\n' in text
    assert 'peer="??x"' in report("--prometheus", text=decide_record(1, "deny", "a", op="-", peer='"\\u0022\\u005cx"'))
    out = tmp_path / "x.prom"
    log = tmp_path / "log"
    log.write_text("\n".join(RECORDS))
    run = subprocess.run([ADMIN, "report", "--prometheus", "--output", out, log], capture_output=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    assert metrics(out.read_text()) == metrics(text) and out.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "x.prom"]


def test_the_dashboard_uses_existing_gauges():
    board = json.loads((FLEET / "grafana/rssh-nova.json").read_text())
    shown = set(re.findall(r"\brssh_nova_\w+", json.dumps(board)))
    assert len(board["panels"]) == 9 and shown <= metrics(report("--prometheus", text="\n".join(RECORDS)))


def test_the_script_of_logwatch_prints_the_report(tmp_path):
    shutil.copy(ADMIN, tmp_path / "rssh-nova-admin")
    text = "\n".join(RECORDS)
    run = subprocess.run([FLEET / "logwatch/script"], input=text, capture_output=True, text=True,
                         env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (run.returncode, run.stdout) == (0, report(text=text))


def test_a_log_that_cannot_be_read_is_an_error(tmp_path):
    for words in ([tmp_path / "none"], [tmp_path], ["a", "b"], ["--json", "--prometheus", "-"],
                  ["--output", tmp_path / "no/x", "/dev/null"], ["--nothing"]):
        run = subprocess.run([ADMIN, "report", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert (run.returncode, run.stdout) == (2, "") and run.stderr.startswith("rssh-nova-admin report: "), words
