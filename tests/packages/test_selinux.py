# SPDX-License-Identifier: Apache-2.0
"""The module of install/deployments in the policy of Debian 12: it is accepted, and gives the file the label of login
shells. No kernel enforces it here."""

from conftest import TOP

CONTEXTS = "/etc/selinux/default/contexts/files/file_contexts"


def label(root, path):
    return root.run("matchpathcon", "-n", "-f", CONTEXTS, "-m", "file", path).strip()


def test_the_policy_takes_the_module(root):
    root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "selinux-policy-default", "policycoreutils",
             "selinux-utils", timeout=600)
    assert label(root, "/usr/bin/rssh-nova") != "system_u:object_r:shell_exec_t:s0"
    root.run("semodule", "--store", "default", "--noreload", "--install",
             root.take_in(TOP / "install/deployments/selinux/rssh-nova.cil"), timeout=600)
    assert label(root, "/usr/bin/rssh-nova") == "system_u:object_r:shell_exec_t:s0" == label(root, "/usr/bin/git-shell")
