import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]
sys.dont_write_bytecode = True
pytest_plugins = ["bed.fixtures"]

from journal import Journal  # noqa: E402

found = {}


@pytest.fixture(scope="session", autouse=True)
def journal(node):
    if node.is_root:
        node.syslog.close()
        node.syslog = Journal(os.path.join(node.base, "journal"))


@pytest.fixture
def figures():
    """What was measured; kept where the caller wants it after each test, for a long run may be cut."""
    yield found
    if "RSSH_NOVA_LOAD_JSON" in os.environ:
        with open(os.environ["RSSH_NOVA_LOAD_JSON"], "w") as file:
            json.dump(found, file, indent=1)
            file.write("\n")

