# SPDX-License-Identifier: Apache-2.0
"""The short form of tests/bench/run nova works. It asserts no time, but every copy is compared."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[1] / "bench"
MEASURE = "import json, nova; print(json.dumps(nova.measure('short')))"


@pytest.mark.skipif(os.geteuid() != 0, reason="the far end needs root")
def test_nova_path_is_measured_against_nova_and_the_limit():
    done = subprocess.run([sys.executable, "-c", MEASURE], cwd=BENCH, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = {(row["what"], row["peer"]): row for row in json.loads(done.stdout.splitlines()[-1])}
    for peer in "Nova's scp", "ssh cat":
        assert rows["nova-path: a sparse disk of 64 MiB", peer]["ours"] > 0
    assert ("nova-path: a migration of four small files", "Nova's scp") in rows
    assert rows["allocated at the far end", None]["ours"] <= 2.5
