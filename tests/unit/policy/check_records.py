# SPDX-License-Identifier: Apache-2.0
"""Reads what print_records printed: every record is one JSON object that gives the command back."""
import json
import subprocess
import sys

KEYS = ("event ref verdict reason user uid peer peer_name key cert_id cert_serial ca profile transport form op path "
        "instance claim confine given left_out cmd").split()
CUT = "\u2026"


def no_duplicates(pairs):
    assert len(dict(pairs)) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)


def check(command, line):
    assert line.isascii() and line.isprintable(), line
    record = json.loads(line, object_pairs_hook=no_duplicates)
    assert list(record) == KEYS, line
    assert record["event"] == "decide" and record["claim"] == "none", line
    cmd = record["cmd"]
    if cmd.endswith(CUT):
        assert command.startswith(cmd[:-1].encode("latin-1")) and len(cmd) <= len(command), line
        return 1
    assert cmd.encode("latin-1") == (command or b"-"), line
    return 0


def main():
    lines = subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout.split(b"\n")
    assert lines.pop() == b"" and len(lines) > 6000 and len(lines) % 2 == 0, "too few lines"
    cut = sum(check(bytes.fromhex(lines[i].decode()), lines[i + 1].decode("ascii"))
              for i in range(0, len(lines), 2))
    assert 100 < cut < len(lines) // 2, f"{cut} records were cut"
    print(f"{len(lines) // 2} records, {cut} of them cut")


main()
