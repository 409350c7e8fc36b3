"""Nova of this node has created an instance in a directory that a peer claimed in advance; the peer has nothing open.
Two of its commands that judge the seal at the same moment take each other for a transfer that holds the directory."""

import fcntl
import os
import subprocess

import pytest

from bed.audit import expect_done, expect_refused
from bed.fixtures import needs_root
from bed.tree import COMING
from test_changed_here import created, own  # noqa: F401  fixture
from test_foreign_instance import A
from test_seal_claims import stalled
from test_takeover import wait_until

pytestmark = needs_root
SECONDS = int(os.environ.get("EYES_SECONDS", "60"))

LOOP = """
end=$((SECONDS+$1)); n=0
while [ $SECONDS -lt $end ]; do
	if "$2" -c "$3" 2>/dev/null; then echo in after $n; exit 0; fi
	n=$((n+1))
done
echo out after $n
"""


@pytest.mark.parametrize("line", ("touch {P}/evil", "rm -rf {P}"))
def test_two_judges_at_once_at_full_speed(node, tree, own, line):  # noqa: F811
    created(node, own + "/disk.info")
    expect_refused(node, node.run("touch %s/evil" % own, environment=A), "not-claimed")
    loops = [subprocess.Popen(["bash", "-c", LOOP, "loop", str(SECONDS), node.shell, line.format(P=own)],
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", **A},
                              user=node.uid, group=node.gid, extra_groups=[], cwd=node.home)
             for _ in range(6)]
    said = [loop.communicate()[0].decode() for loop in loops]
    print(said)
    assert not [each for each in said if each.startswith("in")], said
    assert os.path.exists(own + "/disk.info")


def test_two_judges_at_once(node, tree, own):  # noqa: F811
    """The same without luck: the first is out of the processor while it has its lock, the second after it was refused
    one."""
    created(node, own + "/disk.info")
    first = stalled(node, "touch %s/evil" % own, A, "flock:delay_exit=1500000:when=1")
    directory = os.open(own, os.O_RDONLY)

    def is_locked():
        try:
            fcntl.flock(directory, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(directory, fcntl.LOCK_UN)
        except BlockingIOError:
            return True
        return False
    wait_until(is_locked, 4)
    second = stalled(node, "touch %s/evil" % own, A, "flock:delay_exit=2500000:when=1")
    _, err = second.communicate()
    first.communicate()
    os.close(directory)
    assert first.returncode == 77
    assert second.returncode == 77, "it was let in"
    expect_refused(node, node.run("touch %s/evil" % own, environment=A), "not-claimed")
