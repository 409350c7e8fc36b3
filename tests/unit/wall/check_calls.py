# SPDX-License-Identifier: Apache-2.0
"""Two filter_compile with a filters.def of their own: a name that no architecture has fails the build, because its row
would have no effect; a call that only this architecture lacks is left out.

usage: check_calls.py UNKNOWN_CALL FOREIGN_CALL"""
import subprocess
import sys


def run(program):
    done = subprocess.run([program], capture_output=True, check=False, timeout=60, text=True)
    return done.returncode, done.stdout, done.stderr


def main():
    unknown, foreign = sys.argv[1:]
    status, _, error = run(unknown)
    assert status == 1, f"exit status {status}"
    assert error.startswith("filter_compile: filters.def: opeen: ") and error.count("\n") == 1, error
    status, table, error = run(foreign)
    assert (status, error) == (0, ""), (status, error)
    assert '"read"' in table and '"fchmodat2"' in table and "s390" not in table and "arm_" not in table


main()
