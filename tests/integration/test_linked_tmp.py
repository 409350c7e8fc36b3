# SPDX-License-Identifier: Apache-2.0
"""A node whose /tmp is a symlink: what a stream asks for is looked at in a directory below it all the same."""

import os
import subprocess
import tempfile

import pytest

from testbed.fixtures import needs_root
from testbed.node import CLAIMS_OFF
from testbed.tree import COMING

pytestmark = needs_root

# A root of its own, of the same things, but for /tmp.
ROOT = """set -e
mount -t tmpfs -o mode=755 none "$1" && cd "$1"
for name in usr etc dev proc sys var opt; do mkdir $name; mount --rbind /$name $name; done
for name in bin lib lib64 sbin; do [ ! -e /usr/$name ] || ln -s usr/$name $name; done
mkdir elsewhere elsewhere/old; chmod 755 elsewhere; mkdir -m 1777 elsewhere/tmp; ln -s elsewhere/tmp tmp
pivot_root . elsewhere/old; cd /; umount -l /elsewhere/old; shift
exec setpriv --reuid "$1" --regid "$1" --clear-groups env -i PATH=/usr/bin:/bin \\
	SSH_CONNECTION="192.0.2.7 50000 192.0.2.8 22" bash -ec "$2"
"""
# Stock rsync as Nova calls it, with the shell where ssh stands.
CREATE = """cd /tmp; mkdir -p "source{instance}"; cd source
printf '#!/bin/sh\\nshift\\nexec {shell} -c "$*"\\n' >/tmp/ssh; chmod 700 /tmp/ssh
rsync --archive --relative --no-implied-dirs -e /tmp/ssh ".{instance}" peer:/
test -d "{instance}"
mkdir /tmp/empty
rsync --archive --delete --include "{name}" --exclude '*' -e /tmp/ssh /tmp/empty/ "peer:{root}"
test ! -e "{instance}"; ls -A /tmp
"""


@pytest.mark.parametrize("wall", ("off", "auto"))
def test_streams_are_looked_at_behind_the_link(node, tree, wall):
    """Without the second wall the mirror is there; with it, /tmp does not matter."""
    node.write_config(more=CLAIMS_OFF + "[sandbox]\nnamespaces = %s\n" % wall)
    mark = node.syslog.mark()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", ROOT, "bash", place, str(node.uid),
             CREATE.format(instance=tree.at(COMING), name=COMING, root=tree.root, shell=node.shell)],
            capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == ["empty", "source", "ssh"], "a mirror was left"
    records = node.records(mark)
    assert [record["op"] for record in records if record["event"] == "decide"].count("mkdir") == 1, records
    assert not os.path.exists(tree.at(COMING))
