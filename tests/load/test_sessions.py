# SPDX-License-Identifier: Apache-2.0
"""A thousand sessions, a hundred at once, on a node with ten thousand instances: every one does what it says,
every one is recorded, and nothing is left of any."""

import os
import statistics
import time
import uuid

from testbed import claim
from testbed.fixtures import needs_root
from load import (
    ALL_FROM_ONE, STEPS, WAY, Crowd, Instance, Session, Watch, descriptors, expect_nothing_left, expect_pairs, sized)

pytestmark = needs_root
SESSIONS, AT_ONCE, INSTANCES = sized(1000, 100), sized(100, 10), sized(10000, 1000)
SIZE = sized(512 << 10, 64 << 10)


def fill(tree, count):
    """Instances that another peer brought."""
    value = "1 %d %d 198.51.100.9 -" % claim.of_now()
    for number in range(count):
        path = tree.at(str(uuid.UUID(int=number + (0xbbbb << 112))))
        tree.write(os.path.join(path, "disk"), b"disk")
        claim.write(path, value)


def bring(crowd, instance):
    """All its steps; the first that fails ends it."""
    for words, check in instance.steps():
        session = Session(instance.peer, words).end()
        crowd.statuses[session.status] += 1
        crowd.took[words[0]].append(session.took)
        assert session.status == 0, (words, session.err)
        if check is not None:
            check()


def test_every_session_does_what_it_says(node, tree, peer, figures):
    claim.configure(node, more=ALL_FROM_ONE)
    fill(tree, INSTANCES)
    before = sorted(os.listdir(tree.root))
    wanted = -(-SESSIONS // STEPS)
    instances = [Instance(peer, tree, number, SIZE) for number in range(wanted)]
    peer.enter(WAY)
    open_before, mark, begun = descriptors(), node.syslog.mark(), time.monotonic()
    crowd = Crowd(AT_ONCE)
    with Watch(node) as watch:
        crowd.run(instances, bring)
    took = time.monotonic() - begun
    expect_nothing_left(node)
    records = node.records(mark)
    found = watch.figures()
    figures["sessions"] = dict(found, **{
        "sessions": sum(crowd.statuses.values()), "at once": AT_ONCE, "instances": INSTANCES,
        "statuses": dict(crowd.statuses), "seconds": round(took, 1), "records": len(records),
        "seconds of one, median": {name: round(statistics.median(each), 3) for name, each in crowd.took.items()},
        "seconds of one, at most": {name: round(max(each), 3) for name, each in crowd.took.items()},
        "descriptors of the system": [open_before, descriptors()]})
    assert crowd.failures == [], "\n".join(crowd.failures)
    assert crowd.statuses == {0: wanted * STEPS}
    done = expect_pairs(records)
    assert len(done) == wanted * STEPS and {record["status"] for record in done} == {"0"}
    assert sorted(name for name in os.listdir(tree.root) if name != ".rssh-nova") == [
        name for name in before if name != ".rssh-nova"]
    assert found["private KiB, at most"] < 4096 and found["descriptors, at most"] < 32, found
