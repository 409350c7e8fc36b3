# SPDX-License-Identifier: Apache-2.0
"""Paths that lead, or seem to lead, out of the whitelist. Held by: the lexical rules of policy/path and
the whitelist; openat2(2) and Landlock stand behind them."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, IMAGE, PROBE, TENANT

PATHS = (
    "{I}/{E}/../../.ssh/x", "{I}/{E}/..", "{I}/{E}/../{T}/disk", "{I}/..", "{I}/.", "{I}", "{I}/", "{I}//{E}/x",
    "{I}/{E}//x", "{I}/{E}/", "{I}/{E}/x/", "/./{I1}/{E}/x", "//{I1}/{E}/x", "{I}/./{E}/x", "{I}2/{T}/disk",
    "{I}2", "{I}x/{E}/x", "{I1}/{E}/x", "./{I1}/{E}/x", "../{I1}/{E}/x", "{E}/x", "x", "/proc/self/root{I}/{E}/x",
    "/proc/self/cwd/instances/{E}/x", "/dev/fd/3/{E}", "{I}/{EU}/x", "{I}/{E35}/x", "{I}/{E37}/x",
    "{I}/{EX}/x", "{I}/{T}_resize", "{I}/{T}_resize/disk", "{I}/{T}_del", "{I}/_base", "{I}/_base/{B}",
    "{I}/_base/new", "{I}/locks", "{I}/locks/x", "{I}/compute_nodes", "{I}/snapshots/x", "{I}/.hidden",
    "{I}/{E}/.ssh/x", "{I}/{E}/.x", "{I}/{E}/a/.b", "{I}/{E}/...", "{I}/.{E}/x", "/etc/passwd", "/",
    "/var/lib/nova/.ssh/authorized_keys", "/root/.ssh/authorized_keys", "/tmp/x", "{I}/{X}", "{I}/{E}{X}",
    "{I}/{E}-/x", "{I}/%u/x", "{I}/@/x", "{I}/{LONG}", "{I}/{E}/{LONG}", "{I}/{DASH}/x",
)


def all_forms(path):
    return (
        "touch " + path, "rm " + path, "mkdir -p " + path, "rm -rf " + path, "scp -t " + path, "scp -r -t " + path,
        "scp -f " + path, "rsync --server -rSe.iLsfxCIvu . " + path,
        "rsync --server --sender -rSe.iLsfxCIvu . " + path,
        "rsync --server -logDtpre.iLsfxCIvu --delete-excluded . " + path)


def reads(line):
    return line.startswith("scp -f ") or " --sender " in line


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_not_in_the_whitelist(node, tree, path, untouched):
    path = path.format(
        I=tree.root, I1=tree.root[1:], E=EMPTY, T=TENANT, B=IMAGE, X=PROBE, EU="ABCDEF33" + EMPTY[8:],
        E35=EMPTY[:-1], E37=EMPTY + "0", EX=EMPTY[:-1] + "g", LONG="a" * 256, DASH=EMPTY.replace("-", "_"))
    for line in all_forms(path):
        if reads(line) and (path + "/").startswith(tree.at("_base") + "/"):
            continue  # the image cache may be read
        run = node.run(line)
        expect_refused(node, run, (
            "bad-path", "outside", "not-writable", "not-readable", "unknown-form", "bad-byte"))


@pytest.mark.parametrize("path", PATHS)
def test_the_delete_form(node, tree, path, untouched):
    path = path.format(
        I=tree.root, I1=tree.root[1:], E=EMPTY, T=TENANT, B=IMAGE, X=PROBE, EU="ABCDEF33" + EMPTY[8:],
        E35=EMPTY[:-1], E37=EMPTY + "0", EX=EMPTY[:-1] + "g", LONG="a" * 256, DASH=EMPTY.replace("-", "_"))
    if path == tree.root:
        return  # the one place that it is for
    run = node.run("rsync --server -logDtpre.iLsfxCIvu --delete . " + path)
    expect_refused(node, run, ("bad-path", "outside", "not-writable", "unknown-form", "bad-byte"))
