# SPDX-License-Identifier: Apache-2.0
"""install/release, with a key of its own in a GnuPG home that is thrown away: the tag, the signed sources, and what it
refuses."""

import hashlib
import os
import re
import subprocess
import tarfile

import pytest
from conftest import TOP
from test_packages import VERSION

KEY = "release@example.org"
NAME = f"rssh-nova-{VERSION}"


class Checkout:
    """The sources as a repository of their own, at a commit that may be released."""

    def __init__(self, place):
        self.place, self.home = place / "checkout", place / "home"
        self.home.mkdir(mode=0o700)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.home), "GNUPGHOME": str(self.home), "LC_ALL": "C.UTF-8",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "tester"), ("EMAIL", KEY), ("DATE", "2026-11-22T12:00:00Z"))}}
        self.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", KEY, "ed25519", "sign", "never", at=place)
        self.place.mkdir()
        with subprocess.Popen(["tar", "-C", TOP, "-c", "--exclude=./build", "--exclude=./.git", "--exclude=*.pyc", "."],
                              stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-C", self.place, "-x", "--no-same-owner"], stdin=tar.stdout, check=True)
        self.run("git", "init", "-q")
        self.edit("NEWS.md", r"^## .*", f"## {VERSION} (2026-11-29)")

    def run(self, *words, status=0, at=None):
        done = subprocess.run(words, cwd=at or self.place, env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode == status, done.stdout
        return done.stdout

    def edit(self, name, pattern, text):
        path = self.place / name
        changed, count = re.subn(pattern, text, path.read_text(), count=1, flags=re.M)
        assert count == 1
        path.write_text(changed)
        self.run("git", "add", "--all")
        self.run("git", "commit", "-q", "-m", "release: edit " + name)

    def release(self, where, status=0):
        return self.run("install/release", KEY, where, status=status)

    def close(self):
        self.run("gpgconf", "--kill", "gpg-agent")


@pytest.fixture
def checkout(tmp_path):
    made = Checkout(tmp_path)
    yield made
    made.close()


def test_a_release_is_a_signed_tag_and_signed_sources(checkout, tmp_path):
    told = checkout.release(tmp_path / "one")
    assert told.splitlines()[-1] == f"{tmp_path}/one/{NAME}.tar.gz" and told.count("Good signature") == 2
    assert sorted(os.listdir(tmp_path / "one")) == [NAME + end for end in (".tar.gz", ".tar.gz.asc", ".tar.gz.sha256")]
    assert checkout.run("git", "cat-file", "-t", "v" + VERSION) == "tag\n"
    checkout.run("sha256sum", "-c", NAME + ".tar.gz.sha256", at=tmp_path / "one")

    # The sources are those of the commit, and the same whenever they are packed.
    with tarfile.open(tmp_path / "one" / (NAME + ".tar.gz")) as tar:
        files = {each.name for each in tar.getmembers() if not each.isdir()}
    tracked = checkout.run("git", "ls-files", "-z").split("\0")[:-1]
    assert files == {f"{NAME}/{name}" for name in tracked}
    checkout.release(tmp_path / "two")
    one, two = (hashlib.sha256((tmp_path / name / (NAME + ".tar.gz")).read_bytes()).digest() for name in ("one", "two"))
    assert one == two

    # One changed byte, and the signature is none.
    archive = tmp_path / "one" / (NAME + ".tar.gz")
    archive.write_bytes(archive.read_bytes()[:-1] + b"\xff")
    assert "BAD signature" in checkout.run("gpg", "--verify", archive.name + ".asc", status=1, at=tmp_path / "one")


def test_it_refuses_what_is_not_ready(checkout, tmp_path):
    (checkout.place / "left").touch()
    assert "git status" in checkout.release(tmp_path / "out", status=1)
    (checkout.place / "left").unlink()
    for name, pattern, wrong in (("NEWS.md", r"^## .*", f"## {VERSION} (unreleased)"),
                                 ("debian/changelog", r"\(.*?\)", "(0.0.9-1)"),
                                 ("install/rpm/rssh-nova.spec", r"^Version:.*", "Version: 0.0.9")):
        checkout.edit(name, pattern, wrong)
        assert name in checkout.release(tmp_path / "out", status=1)
        checkout.run("git", "revert", "--no-edit", "HEAD")
    checkout.run("git", "tag", "--annotate", "--message", "another", "v" + VERSION, "HEAD~1")
    assert "is of another commit" in checkout.release(tmp_path / "out", status=1)
    assert os.listdir(tmp_path / "out") == []
    checkout.run("install/release", KEY, status=2)
