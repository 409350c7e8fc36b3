# SPDX-License-Identifier: Apache-2.0
"""scp with options that start a program or read a file (CVE-2004-1162, CVE-2005-4533, CVE-2007-6415,
CVE-2019-1000018). Held by: the form table."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY

LINES = (
    "scp -S /bin/sh -t {P}", "scp -S/bin/sh -t {P}", "scp -vS /bin/sh -t {P}", "scp -t -S /bin/sh {P}",
    "scp -o ProxyCommand=id x:y {P}", "scp -oProxyCommand=id -t {P}", "scp -F {P}/config -t {P}",
    "scp -i {P}/key -t {P}", "scp -c none -t {P}", "scp -D /bin/sh -t {P}", "scp -J x -t {P}",
    "scp -P 22 -t {P}", "scp -3 a:b c:d", "scp {P} {P}", "scp a:b {P}", "scp -r a:b {P}", "scp -p -t {P}",
    "scp -t -- {P}", "scp -- -t {P}", "scp -t -oX", "scp -t -r", "scp -t -t {P}", "scp -f -f {P}",
    "scp -t -f {P}", "scp -f -t {P}", "scp -t {P} {P}", "scp -f {P} /etc/passwd", "scp -v -v -t {P}",
    "scp -d -r -t {P}", "scp -rt {P}", "scp -vt {P}", "scp -tv {P}", "scp -q -t {P}", "scp -X nrequests=1 -t {P}",
    "scp -O -t {P}", "scp -s -t {P}", "scp -T -t {P}", "scp -l 1 -t {P}",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_of_scp_that_nova_never_sends(node, tree, line, forced, untouched):
    line = line.format(P=tree.at(EMPTY))
    expect_refused(node, node.run_forced(line) if forced else node.run(line), "unknown-form")
