# SPDX-License-Identifier: Apache-2.0
"""rows: measured comparisons, as a table and as JSON. A ratio is rssh-nova's median divided by the peer's: less is
better for times, more is better for rates."""

import statistics

UNITS = {"us": (1e3, "%.0f us"), "ms": (1e6, "%.1f ms"), "s": (1e9, "%.3f s")}


def compare(what, peer, ours_ns, peer_ns, unit="us", goal=None):
    scale, _ = UNITS[unit]
    ours, theirs = statistics.median(ours_ns) / scale, statistics.median(peer_ns) / scale
    return {"what": what, "peer": peer, "unit": unit, "ours": round(ours, 4), "theirs": round(theirs, 4),
            "ratio": round(ours / theirs, 3), "rounds": len(ours_ns), "goal": goal}


def compare_rates(what, peer, ours_ns, peer_ns, megabytes, goal=None):
    row = compare(what, peer, ours_ns, peer_ns, "s", goal)
    row.update(unit="MB/s", ours=round(megabytes / row["ours"], 1), theirs=round(megabytes / row["theirs"], 1))
    return dict(row, ratio=round(row["ours"] / row["theirs"], 3))


def alone(what, value, unit, rounds, goal=None):
    return {"what": what, "peer": None, "unit": unit, "ours": round(value, 1), "theirs": None, "ratio": None,
            "rounds": rounds, "goal": goal}


def text(value, unit):
    if value is None:
        return ""
    if unit in UNITS:
        return UNITS[unit][1] % value
    return "%.0f %s" % (value, unit)


def is_met(row):
    """Does the row meet its goal? None if it has none."""
    if row["goal"] is None:
        return None
    sign, bound = row["goal"].split()[:2]
    value = row["ours"] if row["ratio"] is None else row["ratio"]
    return {"<=": value <= float(bound), "<": value < float(bound), ">=": value >= float(bound)}[sign]


def ratio_text(row):
    if row["ratio"] is None:
        return ""
    return "%.3f" % row["ratio"]


def table(parts, judged=True):
    """Markdown. If judged, a missed goal says so."""
    lines = ["| what | rssh-nova | peer | | ratio | goal |", "|---|---|---|---|---|---|"]
    for part in parts:
        for row in part["rows"]:
            missed = judged and is_met(row) is False
            goal = (row["goal"] or "") + (", **not met**" if missed else "")
            lines.append("| %s | %s | %s | %s | %s | %s |" % (
                row["what"], text(row["ours"], row["unit"]), text(row["theirs"], row["unit"]), row["peer"] or "",
                ratio_text(row), goal))
    return "\n".join(lines)


def line(row):
    goal = "" if row["goal"] is None else ", goal %s%s" % (row["goal"], ", **not met**" if is_met(row) is False else "")
    ours, theirs = (text(row[whose], row["unit"]) for whose in ("ours", "theirs"))
    return "- %s: %s against %s (%s); ratio %s%s\n" % (row["what"], ours, theirs, row["peer"], ratio_text(row), goal)


def lines(parts, wanted):
    """One line of Markdown for each (what, peer)."""
    rows = {(row["what"], row["peer"]): row for part in parts for row in part["rows"]}
    return "".join(line(rows[each]) for each in wanted)
