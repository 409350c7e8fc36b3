# SPDX-License-Identifier: Apache-2.0
"""box: runs a command on a copy of the tree where it can harm nothing else: process numbers, network, mounts,
/tmp, /var/tmp and /dev/shm of its own, a bound on processes and on time. What is left of it ends with it.
Needs root. Source: unshare(1), getrlimit(2)."""

import os
import resource
import shutil
import subprocess

PROCESSES = 1200  # of each user but root; a bomb that nothing holds makes no more
ENTER = """\
mount --bind "$1/tree" /mnt && mount --bind "$1/tmp" /tmp && ip link set lo up && cd /mnt || exit 99
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm || exit 99 # names by process number
[ "$2" = "" ] || mount --bind "$1/var-tmp" /var/tmp || exit 99
shift 2
"$@" # a child: the first process has to wait for orphans, as a shell does
exit $?
"""


class Expired(Exception):
    """It had to be ended."""


def limit():
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))  # a test looks at whether the shell lowers both


def prepare(place):
    for name in ("tmp", "var-tmp"):
        path = place / name
        if path.exists():
            shutil.rmtree(path)
        path.mkdir()
        path.chmod(0o1777)


def run(place, words, timeout, environment, hides=True):
    """In place/tree, which stands at /mnt. hides: /var/tmp, where place is, has a stand-in too.
    Gives (status, output)."""
    prepare(place)
    child = subprocess.Popen(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
         "/bin/sh", "-c", ENTER, "sh", str(place), "hides" if hides else "", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=dict(os.environ, **environment), preexec_fn=limit, start_new_session=True)
    try:
        said, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()  # and with it all that it started
        child.communicate()
        raise Expired from None
    return child.returncode, said
