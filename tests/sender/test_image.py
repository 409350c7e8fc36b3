# SPDX-License-Identifier: Apache-2.0
"""The far end refuses an image when the session is over: the sender must not report a copy."""

import os

import pytest


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_a_copy_is_refused(sender, rssh_nova, far, hostile, instance, transport):
    sender.ok("--transport", transport, "create-dir", "127.0.0.1", instance)
    run = sender.run("--transport", transport, "copy", hostile / "disk", "127.0.0.1:%s/disk" % instance)
    assert run.returncode == 77, run.stderr
    assert not os.path.exists(instance / "disk")


@pytest.mark.parametrize("transport", ["ssh", "rsync"])
def test_a_migration_is_rolled_back(sender, rssh_nova, far, hostile, instance, transport):
    run = sender.run("--transport", transport, "migrate", hostile, "127.0.0.1:%s" % instance)
    assert run.returncode == 77, run.stderr
    assert not os.path.exists(instance)
