# SPDX-License-Identifier: Apache-2.0
"""Quotes and backslashes. Held by: the tokenizer's alphabet, which has neither."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, PROBE

LINES = (
    "r''m {P}", '"rm" {P}', "\\rm {P}", "'rm' {P}", "rm '{P}", 'rm "{P}', "rm {P}\\", "rm \\\n{P}",
    "touch '{P}'", 'touch "{P}"', "touch $'{P}'", "touch \\{P}", "to\\uch {P}", "touch {P}''",
    "touch '{P}' '{P}'", "mkdir '-p' {P}",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_with_quotes(node, tree, line, forced, untouched):
    line = line.format(P=tree.at(EMPTY, PROBE))
    expect_refused(node, node.run_forced(line) if forced else node.run(line), "bad-byte")
