# SPDX-License-Identifier: Apache-2.0
"""Prefixes, spellings and other programs. Held by: the form table, which is matched whole."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, PROBE

LINES = (
    "env rm {P}", "LD_PRELOAD=/tmp/x.so rm {P}", "A=b touch {P}", "/tmp/rm {P}", "/bin/rm {P}",
    "/usr/bin/touch {P}", "./touch {P}", "../touch {P}", "RM {P}", "Touch {P}", "rmdir {P}", "rmm {P}",
    "scpx -t {P}", "xscp -t {P}", "busybox rm {P}", "busybox", "nice touch {P}", "exec touch {P}",
    "command touch {P}", "nohup touch {P}", "sudo touch {P}", "sh -c id", "bash", "python3 -c id",
    "ssh -o ProxyCommand=id x", "sftp x", "rsyncd", "rsync-ssl", "rrsync /", "cp {P} /tmp", "mv {P} /tmp",
    "ln -s {P} /tmp", "cat /etc/passwd", "dd if=/etc/passwd", "tar -x", "true", "-c id", "--", "-", ".",
    "..", "/", ":", "=", "@", "exit", "cd /", "test -e {P}", "virsh list", "nc -U /run/libvirt/libvirt-sock",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_program_that_is_not_nova_s(node, tree, line, forced, untouched):
    line = line.format(P=tree.at(EMPTY, PROBE))
    run = node.run_forced(line) if forced else node.run(line)
    expect_refused(node, run, ("unknown-command", "unknown-form", "no-command"))
