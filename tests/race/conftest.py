# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(os.path.dirname(HERE), name) for name in ("integration", "attack"))]
sys.dont_write_bytecode = True
pytest_plugins = ["testbed.fixtures", "testbed.figures"]

import race  # noqa: E402


@pytest.fixture(scope="session")
def client(node):
    """Where rsync's client finds what it sends and puts what it receives, as a user of the node: paths by name."""
    race.install(node)
    base = os.path.join(node.base, "client")
    os.mkdir(base, 0o755)
    paths = {name: os.path.join(base, at) for name, at in (("S", "stage"), ("E", "empty"), ("R", "received/file"))}
    for directory in (paths["S"], paths["E"], os.path.dirname(paths["R"])):
        os.mkdir(directory, 0o755)
        os.chown(directory, node.uid, node.gid)
    paths["shell"] = os.path.join(base, "remote-shell")
    with open(paths["shell"], "w") as script:
        script.write('#!/bin/sh\nshift\nexec %s -c "$*"\n' % node.shell)
    os.chmod(paths["shell"], 0o755)
    return paths
