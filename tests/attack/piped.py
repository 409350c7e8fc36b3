# SPDX-License-Identifier: Apache-2.0
"""piped: a peer of ours that speaks to a started command through its pipes."""

import subprocess


class Piped:
    def __init__(self, child):
        self.child = child

    def end(self):
        """Gives the exit status."""
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            return self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise
