# SPDX-License-Identifier: Apache-2.0
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, "attack"), os.path.join(TESTS, "integration")]
sys.dont_write_bytecode = True
pytest_plugins = ["testbed.fixtures"]
