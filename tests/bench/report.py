"""Medians and ratios of what tests/bench/run measured, as a table and as one line of JSON.
Usage: report.py DIRECTORY MEGABYTES"""

import datetime
import json
import os
import platform
import statistics
import sys

DIRECTORY, MEGABYTES = sys.argv[1], int(sys.argv[2])


def rows(name):
    with open(os.path.join(DIRECTORY, name), encoding="ascii") as file:
        return [tuple(int(word) for word in line.split()) for line in file if line.strip()]


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def medians(name):
    first, second = zip(*rows(name))
    return statistics.median(first), statistics.median(second), len(first)


shell, dash, pairs = medians("builtin")
floor, floor_dash, _ = medians("floor")
through, plain, rounds = medians("bulk")
memory = rows("memory")
private = max((row[0] for row in memory), default=None)
pss = max((row[1] for row in memory), default=None)
result = {
    "date": datetime.date.today().isoformat(),
    "machine": f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}",
    "builtin": {"pairs": pairs, "rssh_nova_us": round(shell / 1e3, 1), "dash_us": round(dash / 1e3, 1),
                "ratio": round(shell / dash, 3), "goal": "<= 0.40",
                "empty_program_ratio": round(floor / floor_dash, 3)},
    "bulk": {"rounds": rounds, "megabytes": MEGABYTES,
             "rssh_nova_mb_s": round(MEGABYTES / (through / 1e9), 1),
             "plain_mb_s": round(MEGABYTES / (plain / 1e9), 1),
             "ratio": round(plain / through, 3), "goal": ">= 0.99"},
    "supervisor": {"samples": len(memory), "private_kib": private, "pss_kib": pss, "goal": "< 1024"},
}

print(f"{result['date']}, {result['machine']}\n")
print("| what | rssh-nova | peer | ratio | goal |")
print("|---|---|---|---|---|")
print(f"| `mkdir -p` of an existing directory, against `dash -c` with coreutils ({pairs} pairs) "
      f"| {shell / 1e3:.0f} us | {dash / 1e3:.0f} us | {shell / dash:.2f} | <= 0.40 |")
print(f"| an empty program, linked the same way, against the same "
      f"| {floor / 1e3:.0f} us | {floor_dash / 1e3:.0f} us | {floor / floor_dash:.2f} | |")
print(f"| rsync of {MEGABYTES} MB over sshd, against a plain /bin/sh ({rounds} rounds) "
      f"| {MEGABYTES / (through / 1e9):.0f} MB/s | {MEGABYTES / (plain / 1e9):.0f} MB/s "
      f"| {plain / through:.3f} | >= 0.99 |")
print(f"| private memory of the supervisor during that | {private} KiB | | | < 1024 KiB |\n")
print(json.dumps(result))
if not memory:
    sys.exit("report: no supervisor was seen during a transfer")
