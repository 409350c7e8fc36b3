# SPDX-License-Identifier: Apache-2.0
"""fixtures: what each test of integration and attack stands on, as a pytest plugin.

RSSH_NOVA_BUILD names the build directory. With CI=true in the environment a skipped test has failed.
"""

import os
import shutil
import tempfile
import time

import pytest

from testbed import claim, namespace
from testbed.node import Node
from testbed.nova import Nova
from testbed.patience import patient
from testbed.peer import Peer
from testbed.syslog import Syslog

IN_CI = os.environ.get("CI") == "true"
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: the user nova, its login shell and /dev/log")


def pytest_report_header(config):
    if os.geteuid() != 0:
        return (
            "not root: runs as a forced command of the running user; skipped or left out are the login shell"
            " of user nova and all that is read from the audit")
    return "root: in a mount namespace of its own, as user nova"


def build_directory():
    path = os.environ.get("RSSH_NOVA_BUILD", "build/release")
    if not os.path.isfile(os.path.join(path, "rssh-nova")):
        raise pytest.UsageError("no rssh-nova in %s; set RSSH_NOVA_BUILD" % path)
    return os.path.abspath(path)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and IN_CI and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = "skipped in CI: %s" % (report.longrepr,)


class Silence:
    """Stands for syslog where the running user has no /dev/log to read."""

    def mark(self):
        return 0

    def close(self):
        pass


@pytest.fixture(scope="session")
def node():
    build = build_directory()
    base = tempfile.mkdtemp(prefix="rssh-nova-", dir="/var/tmp")
    os.chmod(base, 0o755)
    try:
        if os.geteuid() == 0:
            namespace.enter(base)
        node = Node(base, build)
        node.syslog = Syslog() if node.is_root else Silence()
        yield node
        node.close()
        node.syslog.close()
    finally:
        if os.geteuid() == 0:
            namespace.leave(base)
        shutil.rmtree(base)


@pytest.fixture(scope="session")
def peer(node):
    peer = Peer(node.base, node)
    yield peer
    peer.close()


@pytest.fixture(scope="session")
def other(node, peer):
    """A second peer: another address, another key."""
    second = Peer(node.base, node, name="peer-b", address="127.0.0.2")
    yield second
    second.close()


@pytest.fixture(scope="session")
def moved(node, peer):
    """The first peer's key at another address: how Nova's nodes are usually set up."""
    third = Peer(node.base, node, name="peer-c", address="127.0.0.3", key_of=peer)
    yield third
    third.close()


@pytest.fixture
def enforced(node, tree):
    """The configuration with claims on."""
    claim.configure(node)


@pytest.fixture(scope="session")
def root_peer(node):
    peer = Peer(node.base, node, as_root=True)
    yield peer
    peer.close()


@pytest.fixture(scope="session")
def novas():
    """One driver process for each peer, way and transport, started when first asked for."""
    running = {}

    def get(peer, login, transport):
        key = (peer.home, login.name, transport)
        if key not in running:
            running[key] = Nova(peer, login, transport)
        return running[key]

    yield get
    for nova in running.values():
        nova.close()


@pytest.fixture
def tree(node):
    """The instances root as new, the default configuration, and nothing left running afterwards."""
    node.tree.rebuild()
    node.write_config()
    yield node.tree
    if node.is_root:
        end = time.monotonic() + patient(10)
        while node.processes() and time.monotonic() < end:
            time.sleep(0.02)
        assert node.processes() == {}, "left running"


@pytest.fixture
def untouched(node, tree):
    """For tests after which nothing at all may differ."""
    from testbed.tree import changes

    before = node.snapshot()
    yield
    assert changes(before, node.snapshot()) == []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Shows what sshd said during a test that failed."""
    node = item.funcargs.get("node")
    before = {name: len(daemon.text()) for name, daemon in node.daemons.items()} if node else {}
    outcome = yield
    if node is not None and outcome.excinfo is not None:
        for name, daemon in node.daemons.items():
            text = daemon.text()[before.get(name, 0):]
            if text:
                item.add_report_section("call", "sshd %s" % name, text)


@pytest.fixture
def no_listener(node):
    """Gives /dev/log to somebody else for a while."""
    node.syslog.close()
    yield
    if os.path.lexists("/dev/log"):
        os.unlink("/dev/log")
    node.syslog.listen()
