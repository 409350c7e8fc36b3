# SPDX-License-Identifier: Apache-2.0
"""rsync with options that start programs, read files, write elsewhere or change owners (CVE-2012-2251,
CVE-2012-2252, CVE-2019-3463). Held by: the form table."""

import pytest

from testbed.audit import expect_refused
from testbed.tree import EMPTY, IMAGE, TENANT

S = "rsync --server -logDtpre.iLsfxCIvu --delete "
P = "rsync --server -rSe.iLsfxCIvu "
G = "rsync --server --sender -rSe.iLsfxCIvu "
OPTIONS = (
    "--rsh=/bin/sh", "--rsh /bin/sh", "-e /bin/sh", "-e/bin/sh", "-re /bin/sh", "--rsync-path=/bin/sh",
    "--daemon", "--daemon --config=/tmp/c", "--config=/tmp/c", "--log-file=/tmp/x", "--log-file-format=x",
    "--files-from=/etc/passwd", "--files-from=-", "--from0", "--exclude-from=/etc/passwd",
    "--include-from=/etc/passwd", "--filter=merge", "-f merge", "--write-batch=/tmp/x", "--read-batch=/tmp/x",
    "--only-write-batch=/tmp/x", "--temp-dir=/tmp", "-T /tmp", "--partial-dir=/tmp", "--backup-dir=/tmp",
    "--link-dest=/etc", "--copy-dest=/etc", "--compare-dest=/etc", "--write-devices", "--copy-devices",
    "--copy-as=root", "--chmod=a+s", "--chown=root", "--usermap=nova:root", "--groupmap=nova:root",
    "--remove-source-files", "--remove-sent-files", "--max-alloc=1", "--insecure-links", "--keep-dirlinks",
    "-K", "-L", "-k", "--copy-links", "--copy-unsafe-links", "--munge-links", "--super", "--fake-super", "-M x",
    "--inplace", "--append", "--partial", "--delete-missing-args", "--mkpath", "--trust-sender", "--stderr=all",
    "--debug=ALL", "--info=ALL", "-vvvv", "--stop-after=1", "--timeout=1", "--bwlimit=1", "--block-size=1",
    "--iconv=utf-8", "--checksum-choice=none", "--compress-choice=zstd", "--password-file=/etc/passwd",
    "--sockopts=x", "--address=127.0.0.1", "--blocking-io", "--protocol=20", "--dirs", "-p", "-o", "-H", "-A",
    "-X", "--", "-", "--no-perms", "--help", "--version", "-V")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_an_option_at_each_place(node, tree, option, forced, untouched):
    run = node.run_forced if forced else node.run
    for head, path in ((S, tree.root), (P, tree.at(EMPTY, "disk")), (G, tree.at("_base", IMAGE))):
        for line in ("%s%s . %s" % (head, option, path), "%s. %s %s" % (head, option, path),
                     "%s. %s %s" % (head, path, option)):
            expect_refused(node, run(line), ("unknown-form", "too-many-words", "secluded-args"))


LINES = (
    "rsync --daemon", "rsync --daemon --config=/tmp/c .", "rsync", "rsync --server", "rsync --server .",
    "rsync -e sh {E} x:", "rsync {E} {T}", "rsync -a {E} rsync://127.0.0.1/x", "rsync --server --daemon .",
    "rsync --server -s", "rsync --server -se.iLsfxCIvu", "rsync --server --sender -se.iLsfxCIvu",
    "rsync --server -slogDtpre.iLsfxCIvu --delete", P + ". {E}/disk /etc/shadow", P + ". {E}/disk {T}/disk",
    P + "{E}/disk .", P + ". .", P + ". ..", P + ". {E}/../{T}/disk", P + "/ {E}/disk", G + ". {B} /etc/shadow",
    G + ". /etc/shadow", G + ". /", G + ". {T}/disk", G + "{B} .", S + ". / {I}", S + "{I} .",
    "rsync --server -rSe.iLsfxCIvu./bin/sh . {E}/disk", "rsync --server -rSe./bin/sh . {E}/disk",
    "rsync --server -rSe/bin/sh . {E}/disk", "rsync --server -rSe.iLsfxCIvu= . {E}/disk",
    "rsync --server -rSe.iLsfxCIvu,x . {E}/disk", "rsync --server -rSe . {E}/disk",
    "rsync --server -rSe.%s . {E}/disk" % ("a" * 100),
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("forced", (False, True), ids=("login-shell", "forced-command"))
def test_a_line_of_rsync_that_nova_never_sends(node, tree, line, forced, untouched):
    line = line.format(E=tree.at(EMPTY), T=tree.at(TENANT), B=tree.at("_base", IMAGE), I=tree.root)
    expect_refused(node, node.run_forced(line) if forced else node.run(line))
