# SPDX-License-Identifier: Apache-2.0
"""What a shell would expand: globs, tildes, variables, braces. Held by: the tokenizer's alphabet, and
no shell ever runs."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import COMING, TENANT

LINES = (
    "rm -rf {I}/*",
    "rm -rf {I}/?1111111-1111-4111-8111-111111111111",
    "rm -rf {I}/[0-9]*",
    "rm {I}/{T}/dis?",
    "rm -rf {{{I}/{T},{I}/{U}}}",
    "rm -rf {I}/{{{T},{U}}}",
    "touch ~/pwned",
    "touch ~nova/pwned",
    "touch $HOME/pwned",
    "touch ${{HOME}}/pwned",
    "touch $((1))",
    "rm -rf $IFS{I}/{T}",
    "rm${{IFS}}-rf${{IFS}}{I}/{T}",
    "touch %n%n%s",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_that_a_shell_would_expand(node, tree, line, forced, untouched):
    line = line.format(I=tree.root, T=TENANT, U=COMING)
    expect_refused(node, node.run_forced(line) if forced else node.run(line), "bad-byte")
