# SPDX-License-Identifier: Apache-2.0
"""patience: how many times longer than usual a wait may take, for a machine that is emulated or busy. No test fails
because the machine is slow if RSSH_NOVA_PATIENCE says so."""

import os

PATIENCE = int(os.environ.get("RSSH_NOVA_PATIENCE", "1"))


def patient(seconds):
    return seconds * PATIENCE
