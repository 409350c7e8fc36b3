# SPDX-License-Identifier: Apache-2.0
"""Real live migrations through the tunnel, by two libvirt daemons with QEMU, and behind a plain shell beside it.
Slow, and not in the run of all tests (conftest.py): tests/tunnel/run."""

import os
import shutil
import statistics
import tempfile
import threading
import time

import pytest

from nodes import NAME, SHELL, UUID, Nodes

ROUNDS = int(os.environ.get("RSSH_NOVA_TUNNEL_ROUNDS", "7"))


ROOTS = (os.environ.get("RSSH_NOVA_TUNNEL_ROOT", ""),) * 2  # of another release on both nodes


def make(shell, tunnel="on"):
    base = tempfile.mkdtemp(prefix="tunnel-", dir=os.environ["RSSH_NOVA_BUILD"])  # not below what the nodes have of their own
    os.chmod(base, 0o755)
    return base, Nodes(base, os.environ["RSSH_NOVA_BUILD"], shell, tunnel, ROOTS)


@pytest.fixture(scope="module")
def nodes():
    base, made = make(SHELL)
    yield made
    made.close()
    shutil.rmtree(base)


@pytest.fixture
def plain():
    base, made = make("/bin/sh")
    yield made
    made.close()
    shutil.rmtree(base)


@pytest.fixture
def off():
    base, made = make(SHELL, "off")
    yield made
    made.close()
    shutil.rmtree(base)


def steps(host):
    return [record["step"] for record in host.records("domain")]


def test_there_and_back_on_shared_storage(nodes):
    first, second = nodes.hosts
    nodes.start()
    done = nodes.migrate(first, second)
    assert done.returncode == 0, done.stderr
    assert second.state() == "running" and first.state() == ""
    assert steps(second) == ["prepare", "finish", "end"]
    record = second.records("domain")[0]
    assert (record["instance"], record["name"]) == (UUID, NAME)
    assert record["flags"] == "live,peer2peer,persist-dest,undefine-source"
    done = nodes.migrate(second, first)
    assert done.returncode == 0, done.stderr
    assert first.state() == "running" and steps(first) == ["prepare", "finish", "end"]


def test_with_its_disk(nodes):
    """Block migration: storage of its own on the target, where Nova makes the disk beforehand."""
    first, second = nodes.hosts
    nodes.start()
    second.run("sh", "-c", "mount -t tmpfs tmpfs /var/lib/nova/instances && chown nova:nova /var/lib/nova/instances")
    try:
        nodes.disk(second)
        done = nodes.migrate(first, second, "--copy-storage-inc", "--migrate-disks", "vda")
        assert done.returncode == 0, done.stderr
        assert second.state() == "running" and "non-shared-inc" in second.records("domain")[0]["flags"]
    finally:
        second.forget()
        second.run("umount", "-l", "/var/lib/nova/instances")


@pytest.mark.parametrize("option", ("--auto-converge", "--postcopy"))
def test_with_the_flags_that_nova_can_set(nodes, option):
    first, second = nodes.hosts
    nodes.start()
    done = nodes.migrate(first, second, option)
    assert done.returncode == 0, done.stderr
    assert second.state() == "running"


def test_cancelled_at_the_source(nodes):
    first, second = nodes.hosts
    nodes.start()
    result = []
    words = nodes.command(first, second, "--bandwidth", "1")
    thread = threading.Thread(target=lambda: result.append(first.run(*words, check=False)))
    thread.start()
    end = time.monotonic() + 30
    while "prepare" not in steps(second) and time.monotonic() < end:
        time.sleep(.1)
    while first.virsh("domjobabort", NAME, check=False).returncode != 0 and time.monotonic() < end:
        time.sleep(.1)
    thread.join(60)
    assert result and result[0].returncode != 0
    assert first.state() == "running" and second.state() == ""
    assert steps(second) == ["prepare", "cancel", "end"]


def test_connection_that_is_lost(nodes):
    first, second = nodes.hosts
    nodes.start()
    words = nodes.command(first, second, "--bandwidth", "1")
    thread = threading.Thread(target=lambda: first.run(*words, check=False))
    thread.start()
    end = time.monotonic() + 30
    while "prepare" not in steps(second) and time.monotonic() < end:
        time.sleep(.1)
    first.run("pkill", "-x", "ssh")
    thread.join(60)
    while second.state() != "" and time.monotonic() < end:
        time.sleep(.1)
    assert first.state() == "running" and second.state() == ""
    assert steps(second) == ["prepare", "end"]


def test_that_fails_at_the_target(nodes):
    """The disk is missing there."""
    first, second = nodes.hosts
    nodes.start()
    second.run("sh", "-c", "mount -t tmpfs tmpfs /var/lib/nova/instances && chown nova:nova /var/lib/nova/instances")
    try:
        done = nodes.migrate(first, second)
        assert done.returncode != 0 and "rssh-nova" not in done.stderr
        assert first.state() == "running" and second.state() == ""
        assert second.records("domain")[-1]["step"] == "end"
    finally:
        second.run("umount", "-l", "/var/lib/nova/instances")


@pytest.mark.parametrize("option,finding", (("--unsafe", "flags"), ("--tunnelled", "procedure")))
def test_what_nova_does_not_do(nodes, option, finding):
    first, second = nodes.hosts
    nodes.start()
    more = (option,)
    words = [word for word in nodes.command(first, second, *more)]
    if option == "--tunnelled":
        words = [word for word in words if word not in ("--migrateuri", "tcp://" + second.address)]
    done = first.run(*words, check=False)
    assert done.returncode != 0 and first.state() == "running" and second.state() == ""
    assert second.records("domain")[-1]["finding"] == finding


def test_domain_that_is_defined_at_the_target(nodes):
    first, second = nodes.hosts
    nodes.start()
    second.write("/run/same", first.virsh("dumpxml", "--migratable", NAME).stdout)
    second.virsh("define", "/run/same")
    done = nodes.migrate(first, second)
    assert done.returncode != 0 and first.state() == "running"
    assert second.records("domain")[-1]["finding"] == "defined"


def test_tunnel_that_is_off(off):
    first, second = off.hosts
    off.start()
    done = off.migrate(first, second)
    assert done.returncode != 0 and "refused: libvirt-tunnel" in done.stderr
    assert first.state() == "running" and second.records("decide")[-1]["reason"] == "libvirt-tunnel"


def there_and_back(nodes):
    """Seconds of each of the two migrations."""
    first, second = nodes.hosts
    taken = []
    for source, target in ((first, second), (second, first)):
        words = nodes.command(source, target)
        begun = time.monotonic()
        done = source.run(*words, check=False)
        taken.append(time.monotonic() - begun)
        assert done.returncode == 0, done.stderr
    return taken


def test_it_costs_little(nodes, plain):
    """Against a shell for nova that runs virt-ssh-helper, or nc; in turns, because the machine may have other work."""
    ours, theirs = [], []
    for each in (nodes, plain):
        each.start(memory=256)
    for _ in range(ROUNDS):
        ours += there_and_back(nodes)
        theirs += there_and_back(plain)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print("\nlive migration: %.3f s through the tunnel, %.3f s behind a shell; speed %.3f (goal 0.98)" % (
        statistics.median(ours), statistics.median(theirs), ratio))
    assert ratio > .9
