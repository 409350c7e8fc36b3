# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), name) for name in ("attack", "integration")]
sys.dont_write_bytecode = True
pytest_plugins = ["testbed.fixtures"]

from client import Client  # noqa: E402  it needs the path


@pytest.fixture
def kernel(node):
    """Makes the kernel look like another to what the node starts from then on; see mask/main.c for the words."""
    def look_like(*words):
        node.launcher = [os.path.join(node.build, "tests/kernel/mask/mask"), *words]

    yield look_like
    node.launcher = []


@pytest.fixture(scope="session")
def client(node):
    return Client(node)
