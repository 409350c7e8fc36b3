# SPDX-License-Identifier: Apache-2.0
"""Connections that are cut at any moment: the client is killed, or sshd's process for its session. Nothing of it
goes on, nothing is left, and each command that was recorded has its outcome recorded."""

import os
import random
import signal
import time

from testbed import claim
from testbed.fixtures import needs_root
from load import ALL_FROM_ONE, SSH, Crowd, Instance, Session, expect_nothing_left, expect_pairs, sized

pytestmark = needs_root
CUTS, AT_ONCE = sized(400, 40), sized(20, 4)
SIZE = 4 << 20


def sessions_of(daemon):
    """sshd's processes for sessions that are logged in, as the user: {pid: its parent}."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as stat:
                name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
            parent = int(rest.split()[1])
            if name == "sshd" and os.stat("/proc/" + pid).st_uid != 0:
                with open("/proc/%d/stat" % parent) as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == daemon.pid:
                        found[int(pid)] = parent
        except (OSError, ValueError):
            pass
    return found


def kinds(instance):
    disk, far = os.path.join(instance.stage, "disk"), "node:" + instance.path
    up, empty = os.path.join(instance.stage, "up") + "/./", os.path.join(instance.stage, "empty") + "/"
    return (
        ["rsync", "-r", "--sparse", disk, far + "/disk"], ["scp", disk, far + "/disk"],
        ["scp", "-O", disk, far + "/disk"], ["rsync", "-r", "node:" + instance.image, disk + ".image"],
        ["rsync", "--archive", "--relative", "--no-implied-dirs", up + instance.path[1:], "node:/"],
        ["rsync", "--archive", "--delete-excluded", empty, far],
        ["rsync", "--archive", "--delete", "--include=disk", "--exclude=*", empty, far],
        SSH + ["mkdir -p %s/a/b/c" % instance.path], SSH + ["rm -rf %s/a" % instance.path])


def test_nothing_goes_on_after_a_cut(node, tree, peer, figures):
    claim.configure(node, more=ALL_FROM_ONE)
    instances = [Instance(peer, tree, number, SIZE) for number in range(AT_ONCE)]
    for instance in instances:
        assert Session(peer, SSH + ["mkdir -p " + instance.path]).end().status == 0
    usual = [Session(peer, words).end().took for words in kinds(instances[0])]
    random.seed(1)
    cuts = {"client": 0, "sshd": 0, "too late": 0}

    def cut(crowd, number):
        instance = instances[number % AT_ONCE]
        kind = random.randrange(len(usual))
        session = Session(peer, kinds(instance)[kind], start_new_session=True)
        time.sleep(random.random() * usual[kind] / 2)
        if session.child.poll() is not None:
            cuts["too late"] += 1
        elif number % 2 == 0:
            os.killpg(session.child.pid, signal.SIGKILL)
            cuts["client"] += 1
        else:
            running = sessions_of(node.daemons["login-shell"].process)
            if running:
                try:
                    os.kill(random.choice(sorted(running)), signal.SIGKILL)
                except ProcessLookupError:
                    pass
                cuts["sshd"] += 1
        crowd.statuses[session.end().status] += 1

    mark = node.syslog.mark()
    crowd = Crowd(AT_ONCE)
    begun = time.monotonic()
    crowd.run(range(CUTS), cut)
    expect_nothing_left(node)
    records = node.records(mark)
    done = expect_pairs(records)
    figures["cuts"] = {
        "cuts": cuts, "seconds": round(time.monotonic() - begun, 1), "decided": len(done),
        "ended by a signal": sum(record["signal"] != "0" for record in done),
        "clients": {str(status): count for status, count in crowd.statuses.items()}}
    assert crowd.failures == [], crowd.failures
    assert cuts["client"] > CUTS / 10 and cuts["sshd"] > CUTS / 20, cuts
    # The node is as good as before.
    for instance in instances[:2]:
        session = Session(peer, SSH + ["rm -rf " + instance.path]).end()
        assert session.status == 0 and not os.path.lexists(instance.path), session.err
