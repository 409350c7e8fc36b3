# SPDX-License-Identifier: Apache-2.0
"""The lines by which libvirt's client asks for its daemon: none reaches a socket, and the reason says what it was.
Held by: the tokenizer's alphabet. The lines are those of libvirt 9.0.0, as tests/unit/policy/test_words.c has them."""

import pytest

from testbed.audit import expect_refused

NETCAT = ("if 'nc' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else ARG=;fi;"
          "'nc' $ARG -U /var/run/libvirt/libvirt-sock")
LINES = {
    "auto": "sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper 'qemu:///system'; "
            "else    " + NETCAT + "; fi'",
    "native": "sh -c 'virt-ssh-helper 'qemu:///system''",
    "native, read-only": "sh -c 'virt-ssh-helper -r 'qemu:///system''",
    "netcat": "sh -c '" + NETCAT + "'",
}


@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
@pytest.mark.parametrize("proxy", LINES)
def test_no_way_of_the_client(node, proxy, forced, untouched):
    run = node.run_forced(LINES[proxy]) if forced else node.run(LINES[proxy])
    expect_refused(node, run, "libvirt-tunnel")
