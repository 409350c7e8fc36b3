# SPDX-License-Identifier: Apache-2.0
"""Every call into the system that shell/ and sender/ make can be let fail, or stands in a table with the reason; and
the programs that are installed know nothing of it."""

import os
import pathlib
import subprocess

import pytest

from testbed.fixtures import build_directory
from book import CALLS
from reach import EXEMPT, PURE, numbers_named, objects_of, symbols, unaccounted

TOP = pathlib.Path(__file__).resolve().parents[2]
SEAM = (b"FAULT_BOOK", b"__wrap_", b"book_open")


@pytest.fixture(scope="module")
def build():
    return pathlib.Path(build_directory())


@pytest.mark.parametrize("side", ("shell", "sender"))
def test_each_call_has_its_row_or_its_reason(build, side):
    assert unaccounted(objects_of(build, side)) == []


def test_a_call_without_either_is_found(tmp_path):
    source = tmp_path / "new.c"
    source.write_text("#include <unistd.h>\nint leave(void);\nint leave(void) { return nice(3) + link(\"a\", \"b\"); }\n")
    subprocess.run(["cc", "-c", "-o", tmp_path / "new.o", source], check=True)
    assert unaccounted([tmp_path / "new.o"]) == ["link", "nice"]


def test_each_number_has_its_row():
    assert numbers_named(TOP) - {name for name in CALLS if ":" in name} == set()


def test_no_row_is_stale(build):
    used = set().union(*(symbols(objects_of(build, side))[1] for side in ("shell", "sender")))
    # Left to the libraries of other distributions: what fortified headers make of open(2), and of printf(3).
    rows = {name for name in CALLS if ":" not in name} - {"__open_2"}
    assert rows - used == set()
    assert {name for name in CALLS if ":" in name} - numbers_named(TOP) == set()
    assert {name for name in EXEMPT if not name.startswith("__") and ":" not in name} - used <= {"exit", "fputc", "fwrite", "putc", "puts"}
    assert not set(CALLS) & set(EXEMPT) and not set(EXEMPT) & PURE


def holds_the_seam(path):
    content = pathlib.Path(path).read_bytes()
    return [word for word in SEAM if word in content]


@pytest.mark.parametrize("name", ("rssh-nova", "rssh-nova-send", "admin/rssh-nova-admin"))
def test_the_programs_know_nothing_of_it(build, name):
    path = build / name if (build / name).exists() else build / pathlib.Path(name).name
    assert holds_the_seam(path) == []


@pytest.mark.parametrize("name", ("faulty-shell", "faulty-send"))
def test_the_seam_would_be_seen(build, name):
    assert holds_the_seam(build / "tests/fault" / name) == list(SEAM)


def test_nothing_of_it_is_installed(build, tmp_path):
    subprocess.run(["cmake", "--install", build], check=True, capture_output=True,
                   env=dict(os.environ, DESTDIR=str(tmp_path)))
    installed = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"rssh-nova", "rssh-nova-send", "rssh-nova-admin"} <= {path.name for path in installed}
    assert [path for path in installed if holds_the_seam(path)] == []
    assert [path for path in installed if path.name in ("faulty-shell", "faulty-send", "stand-in", "short-ssh")] == []
