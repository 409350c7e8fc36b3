# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "install"))
from fixtures import *  # noqa: E402, F401, F403  they need the path
