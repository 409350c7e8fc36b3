# SPDX-License-Identifier: Apache-2.0
"""figures: what a run measures; also in the file of JSON that RSSH_NOVA_FIGURES names, written after each test,
for a long run may be cut."""

import json
import os

import pytest

found = {}


@pytest.fixture
def figures():
    yield found
    if "RSSH_NOVA_FIGURES" in os.environ:
        with open(os.environ["RSSH_NOVA_FIGURES"], "w") as file:
            json.dump(found, file, indent=1)
            file.write("\n")
