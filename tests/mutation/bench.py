# SPDX-License-Identifier: Apache-2.0
"""bench: a copy of the sources with its own build directory, in which rows are tried one after the other.

A row is seen when a test fails that passes on the copy as it is. A build that breaks, a test bed that cannot be set
up, a run that has to be ended, and a test that merely waited too long (but where the row says that this is what
it is about) are no such thing."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from xml.etree import ElementTree

import box
from row import SOURCE

SECONDS = 240  # of one judge


@dataclass(frozen=True)
class Finding:
    """state: "seen", "survived", or what went wrong."""

    state: str
    test: str = ""
    why: str = ""


SURVIVED = Finding("survived")


def verdict_of(kind, test, message):
    """A fixture that could not be set up is the test bed; one that finds something at its end is a test."""
    why = " ".join(message.split())
    if kind == "error" and not why.startswith("failed on teardown with \"AssertionError"):
        return Finding("test bed failed", test, why)
    return Finding("waited too long" if "TimeoutExpired" in why else "seen", test, why[:300])


def ignored(folder, names):
    return [name for name in names if name in ("build", ".git", "__pycache__")]


class Bench:
    def __init__(self, place):
        self.place, self.tree = place, place / "tree"
        place.mkdir()
        place.chmod(0o755)
        shutil.copytree(SOURCE, self.tree, ignore=ignored)
        self.tree.chmod(0o755)
        self.command("cmake", "--preset", "release")

    def command(self, *words):
        return subprocess.run(words, cwd=self.tree, check=True, capture_output=True, text=True)

    def build(self, judge):
        """What the judge needs: "asan NOUN" and "unit NOUN" a unit test, all else the shell."""
        kind, _, noun = judge.partition(" ")
        if kind == "asan":
            if not (self.tree / "build/asan").exists():
                # What is not called any more is a warning.
                self.command("cmake", "--preset", "asan", "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF")
            self.command("cmake", "--build", "--preset", "asan", "--target", "test_" + noun)
            return
        targets = ["test_" + noun] if kind == "unit" else ["rssh-nova", "takeover"]
        if judge.startswith(("admin/", "attack/test_nova_opens")):
            targets += ["rssh-nova-admin", "nova-path"]
        if judge.startswith("tunnel/"):
            targets.append("judge")
        if judge.startswith("sender/"):
            targets += ["rssh-nova-send", "nova-path"]
        if judge.startswith("race/"):
            targets += ["race_swap", "race_rounds", "race_claims", "race_takeover"]
        self.command("cmake", "--build", "--preset", "release", "--target", *targets)

    def unit(self, kind, noun):
        program = "build/%s/tests/unit/test_%s" % ("asan" if kind == "asan" else "release", noun)
        status, said = box.run(  # test_config knows where the sources are
            self.place, [program, "-j1", "--fail-fast", "--color=never"], SECONDS, {}, hides=False)
        if status == 0:
            return SURVIVED
        found = re.search(r"\[FAIL\] (\S+?):? (.*)", said)
        return Finding("seen", found.group(1), found.group(2)) if found else Finding("test bed failed", why=said[-300:])

    def pytest(self, judge):
        name, *more = judge.split(" -k ")
        words = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-x", "--tb=short",
                 "--junitxml=/tmp/judge.xml", "tests/" + name, *(["-k", more[0]] if more else [])]
        status, said = box.run(self.place, words, SECONDS, {
            "RSSH_NOVA_BUILD": "/mnt/build/release", "CI": "true", "PYTHONDONTWRITEBYTECODE": "1"})
        if status == 0:
            return SURVIVED
        if status == 1:
            for case in ElementTree.parse(self.place / "tmp/judge.xml").iter("testcase"):
                for kind in ("failure", "error"):
                    for found in case.iter(kind):
                        return verdict_of(kind, case.get("name"), found.get("message"))
        return Finding("test bed failed", why=said[-300:])

    def judge(self, judge):
        self.build(judge)
        kind, _, noun = judge.partition(" ")
        for _ in range(2):  # a test bed may stumble over what else runs on the machine
            try:
                finding = self.unit(kind, noun) if kind in ("unit", "asan") else self.pytest(judge)
            except box.Expired:
                return Finding("had to be ended", judge)
            if finding.state != "test bed failed":
                break
        return finding

    def try_judges(self, row):
        for judge in row.judges:
            finding = self.judge(judge)
            if row.by_time and finding.state == "waited too long":
                finding = Finding("seen", finding.test, finding.why)
            if finding.state != "survived":
                break
        return finding

    def try_row(self, row):
        path = self.tree / row.file
        kept = path.read_text()
        path.write_text(row.text)
        try:
            return self.try_judges(row)
        except subprocess.CalledProcessError as error:
            return Finding("does not compile", why=(error.stdout or "")[-600:])
        finally:
            path.write_text(kept)
