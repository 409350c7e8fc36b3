# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "node"), str(TESTS / "integration")]
sys.dont_write_bytecode = True

import pytest  # noqa: E402

from compute_node import ComputeNode, enter_namespaces, leave_namespaces  # noqa: E402


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    if os.geteuid() != 0:
        message = "needs root: mount namespaces"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    base = enter_namespaces()
    made = ComputeNode(base)
    yield made
    made.close()
    leave_namespaces(base)
