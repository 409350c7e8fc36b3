# SPDX-License-Identifier: Apache-2.0
"""setup --sending, and the finding of doctor about it."""
import os

import pytest

from conftest import NOVA_PATH
from host import throw_away_host
from sending import DEFAULT, DROP_IN, SCRIPT, sending, unit

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /run of its own")


@pytest.fixture
def host():
    with throw_away_host() as host:
        yield host


def of_check(host):
    return [found for found in host.findings() if found["check"] == "sending"]


def test_a_unit_gets_a_drop_in_and_undo_deletes_it(host):
    unit(host)
    before = host.snapshot()
    done = host.setup("--sending", "--dry-run")
    assert done.returncode == 0 and "would create the file /" + DROP_IN in done.stdout, done
    assert host.snapshot() == before
    done = host.setup("--sending")
    assert done.returncode == 0 and "nova-compute still has its old PATH" in done.stdout, done
    assert f"Environment=PATH={NOVA_PATH}:/usr/local/sbin:" in host.read(DROP_IN)
    assert [found["level"] for found in of_check(host)] == ["ok"]
    assert "nothing to change" in host.setup("--sending").stdout
    assert host.setup("--undo").returncode == 0
    assert host.snapshot() == before


@pytest.mark.parametrize("there", ["", "DAEMON_ARGS=--verbose\n", "DEVICES_PATH=/dev\n# PATH=/x", None])
def test_a_script_gets_lines_in_its_defaults(host, there):
    unit(host, SCRIPT)
    if there is not None:
        host.write(DEFAULT, there)
    before = host.snapshot()
    sending(host, SCRIPT)
    assert host.read(DEFAULT).startswith(there or "") and host.read(DEFAULT).endswith(f"\nPATH={NOVA_PATH}:$PATH\n")
    assert not host.path(DROP_IN).exists()
    assert [found["level"] for found in of_check(host)] == ["ok"]
    assert "nothing to change" in host.setup("--sending").stdout
    assert host.setup("--undo").returncode == 0
    assert host.snapshot() == before


def test_a_file_of_the_operator_is_not_replaced(host):
    unit(host)
    host.path(DROP_IN).parent.mkdir()
    host.write(DROP_IN, "[Service]\nEnvironment=PATH=/mine\n")
    before = host.snapshot()
    done = host.setup("--sending")
    assert done.returncode == 1 and "is not as setup writes it" in done.stderr
    assert host.snapshot() == before


def test_without_nova_compute_setup_fails(host):
    before = host.snapshot()
    done = host.setup("--sending")
    assert done.returncode == 1 and "no unit of nova-compute here" in done.stderr
    assert host.snapshot() == before
    assert [found["level"] for found in of_check(host)] == ["ok"]


@pytest.mark.parametrize("name,level", [("ssh", "fatal"), ("scp", "warning"), ("rsync", "warning")])
def test_a_folder_that_is_incomplete_or_not_roots_is_found(host, name, level):
    sending(host)
    program = NOVA_PATH / name
    if level == "fatal":
        program.chmod(0o775)
    else:
        program.rename(program.with_name("aside"))
    try:
        assert level in [found["level"] for found in of_check(host)]
    finally:
        if level == "fatal":
            program.chmod(0o755)
        else:
            program.with_name("aside").rename(program)


def test_without_the_option_setup_changes_nothing(host):
    unit(host)
    assert host.setup().returncode == 0 and not host.path(DROP_IN).exists()
