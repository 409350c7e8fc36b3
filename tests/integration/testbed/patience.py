# SPDX-License-Identifier: Apache-2.0
"""patience: how many times longer than usual a wait may take, for a machine that is emulated or busy. No test fails
because the machine is slow if RSSH_NOVA_PATIENCE says so."""

import contextlib
import os
import subprocess

PATIENCE = int(os.environ.get("RSSH_NOVA_PATIENCE", "1"))


def patient(seconds):
    return seconds * PATIENCE


def give_up(child):
    """Kills a child that took too long. What it has left running may keep its pipes open."""
    child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.communicate(timeout=patient(2))
