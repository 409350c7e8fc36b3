# SPDX-License-Identifier: Apache-2.0
"""Each ABI of Landlock, from the first to that of the running kernel and one that is yet to come: what a peer may do
works with the tools that he has, the record names the wall that stands, and what is below min_abi is refused."""

import os

import pytest

from abi import ABIS, LATER
from testbed import claim
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, EMPTY, LATER as LATER_UUID, PROBE, TENANT, changes
from test_second_wall import CLIENTS, configure, expect_served, lines

pytestmark = needs_root
each_abi = pytest.mark.parametrize("abi", (*ABIS, LATER))


def walls(abi, second):
    return (["namespaces"] if second else []) + ["landlock-%d" % abi, "seccomp"]


@pytest.mark.parametrize("setting,abi", [
    *(("off", abi) for abi in (*ABIS, LATER)), *(("required", abi) for abi in (ABIS[0], ABIS[-1], LATER))])
@pytest.mark.parametrize("each", CLIENTS, ids=lambda each: each.__name__)
def test_each_client_is_served(node, tree, client, kernel, abi, setting, each):
    configure(node, setting)
    kernel("landlock=%d" % abi)
    assert expect_served(node, tree, client, None, each) == walls(abi, setting == "required")


@each_abi
def test_what_we_do_ourselves_is_done(node, tree, kernel, abi):
    kernel("landlock=%d" % abi)
    disk, probe = tree.at(TENANT, "disk"), tree.at(EMPTY, PROBE)
    for line in ("touch " + probe, "touch " + disk, "rm " + probe, "mkdir -p " + tree.at(COMING, "a/b"),
                 "rm " + disk, "rm -rf " + tree.at(COMING), "rm -rf " + tree.at(TENANT)):
        run = node.run(line)
        expect_done(node, run)
        assert run.decides[0]["confine"].split(",") == walls(abi, False)
    assert not os.path.lexists(tree.at(TENANT)) and not os.path.lexists(tree.at(COMING))
    assert os.listdir(tree.at(EMPTY)) == []


@each_abi
def test_a_stale_directory_is_taken_over(node, tree, kernel, abi):
    """A directory is renamed over another, below one that Landlock lets be changed."""
    kernel("landlock=%d" % abi)
    node.write_config(more="[claims]\nmode = enforce\nempty_max = 1\n")
    tree.make_directory(tree.at(COMING))
    claim.write(tree.at(COMING), "1 %d %d 192.0.2.99 -" % claim.of_now(3600))
    expect_done(node, node.run("mkdir -p " + tree.at(COMING)), claim="stale")
    assert claim.read(tree.at(COMING))[3] == "192.0.2.7"
    run = node.run("mkdir -p " + tree.at(LATER_UUID))
    assert run.status == 77 and run.decides[-1]["reason"] == "too-many-claims"
    expect_done(node, node.run("rm -rf " + tree.at(COMING)))


@pytest.mark.parametrize("abi", ABIS)
def test_below_min_abi_nothing_is_done(node, tree, kernel, abi):
    minimum = "min_abi = %d\n" % (abi + 1)
    kernel("landlock=%d" % abi)
    for setting in ("required", "optional"):
        node.write_config(more="[claims]\nmode = off\n[sandbox]\nlandlock = %s\n%s" % (setting, minimum))
        before = node.snapshot()
        for line in (*lines(tree).values(), "touch " + tree.at(EMPTY, PROBE), "mkdir -p " + tree.at(COMING),
                     "rm " + tree.at(TENANT, "disk"), "rm -rf " + tree.at(TENANT)):
            run = node.run(line)
            expect_refused(node, run, "not-confined", status=78)
            assert [record["problem"] for record in run.faults] == ["the kernel's Landlock is below min_abi"]
        assert changes(before, node.snapshot()) == []


@pytest.mark.parametrize("abi", ABIS)
def test_at_min_abi_it_is(node, tree, kernel, abi):
    node.write_config(more="[claims]\nmode = off\n[sandbox]\nmin_abi = %d\n" % abi)
    kernel("landlock=%d" % abi)
    expect_done(node, node.run("touch " + tree.at(EMPTY, PROBE)))
    expect_done(node, node.run("/usr/lib/openssh/sftp-server"))
