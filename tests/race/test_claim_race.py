# SPDX-License-Identifier: Apache-2.0
"""Many peers make one instance directory at the same moment. Held by: shell/builtin, which claims the
directory under another name and gives it its own only where nothing stands."""

import json
import os
import signal
import subprocess
import threading

import pytest

from testbed import claim
from testbed.audit import expect_done, expect_refused
from testbed.fixtures import needs_root
from testbed.tree import COMING, LATER, TENANT, changes, snapshot
from race import ROUNDS, Place, Race

PEERS, RUNS = 20, 200
CROWD = 4  # peers in each of very many rounds


def sender(number):
    return {"SSH_CONNECTION": "192.0.2.%d 50000 192.0.2.200 22" % (number % PEERS + 1)}


class Watch:
    """Looks at a directory all the time: with which inode and claim has it been seen?"""

    def __init__(self, path):
        self.path, self.seen, self.over = path, set(), False
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over:
            try:
                fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                continue
            self.seen.add((os.fstat(fd).st_ino, str(claim.read(fd))))
            os.close(fd)

    def __enter__(self):
        self.thread.start()
        return self.seen

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


@needs_root
@pytest.mark.parametrize("below", ("", "/a/b"), ids=("instance", "below"))
def test_one_of_them_has_the_claim_and_the_others_are_told_so(node, tree, enforced, below):
    path = tree.at(COMING)
    before = snapshot(tree.root, True)
    with Watch(path) as seen:
        runs = [node.start("mkdir -p " + path + below, sender(i), stdin=None) for i in range(RUNS)]
        ends = [(run.communicate(timeout=60), run.returncode) for run in runs]
    assert len(seen) == 1, seen
    owner = claim.read(path)[3]
    for number, ((_, err), status) in enumerate(ends):
        peer = sender(number)["SSH_CONNECTION"].split(" ")[0]
        if peer == owner:
            assert status == 0, err
        else:
            assert status == 77 and b"refused: not-claimed" in err, (status, err)
    for number in range(PEERS):
        run = node.run("touch " + path + "/of-%d" % number, sender(number))
        if sender(number)["SSH_CONNECTION"].split(" ")[0] == owner:
            expect_done(node, run, claim="own")
        else:
            expect_refused(node, run, "not-claimed")
    left = [line for line in changes(before, snapshot(tree.root, True)) if path not in line]
    hints = [tree.at(".rssh-nova"), tree.at(".rssh-nova", COMING)]
    assert [line for line in left if line.startswith(("new", "gone"))] == ["new: " + hint for hint in hints]


def compete(race, rounds, program="claims"):
    words = [race.build + "/" + program, rounds, CROWD, race.node.shell, race.tree.at(LATER)]
    ended = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, timeout=7200, **race.as_nova())
    assert ended.returncode == 0
    return json.loads(ended.stdout)


@needs_root
def test_one_has_it_in_every_round(node, tree, client, figures):
    rounds = ROUNDS or 150
    race = Race(node, tree, client)
    said = figures["claims"] = compete(race, rounds)
    assert said["clean"] == rounds, said
    assert said["strange"] == 0 and sum(won > 0 for won in said["won"]) > 1, said
    assert (said["made"], said["touched"]) == (rounds, rounds), said
    assert race.left_over() == []


@needs_root
def test_only_its_owner_writes_it_while_it_is_swapped(node, tree, client, figures):
    rounds = ROUNDS or 150
    race = Race(node, tree, client)
    before = race.outside.look(LATER)
    swaps = race.start_swaps(Place(LATER, "any", ""), True, 60)
    try:
        said = compete(race, rounds)
    finally:
        swaps.send_signal(signal.SIGTERM)
        swapped, _ = swaps.communicate(timeout=20)
    figures["claims, swapped"] = dict(said, swaps=sum(json.loads(swapped).values()))
    assert said["strange"] == 0, said
    assert said["clean"] < rounds and said["touched"] >= rounds / 100, said
    assert sum(won > 0 for won in said["won"]) > 1, said
    changed = changes(before, race.outside.look(LATER)) + race.left_over()
    assert changed == [], "\n".join(changed)


@needs_root
def test_one_takes_over_what_its_owner_writes_or_removes(node, tree, client, figures):
    """Nothing is lost: the owner keeps what it wrote, or was told that it could not."""
    rounds = ROUNDS or 200
    race = Race(node, tree, client)
    said = figures["claims, taken over"] = compete(race, rounds, "takeover")
    assert said["wrong"] == 0, said
    assert said["taken"] + said["kept"] == rounds and said["taken"] > 0 and said["kept"] > 0, said
    assert race.left_over() == []


@needs_root
def test_few_probes_of_many_at_once(node, tree, enforced):
    """Forty peers, each with a name of its own."""
    for _ in range(3):
        tree.rebuild()
        runs = [node.start("touch " + tree.at(TENANT, "%032x.tmp" % i), sender(i), stdin=None)
                for i in range(40)]
        ends = [(run.communicate(timeout=60)[1], run.returncode) for run in runs]
        assert sorted(status for _, status in ends) == [0] * 4 + [77] * 36, ends
        assert sum(name.endswith(".tmp") for name in os.listdir(tree.at(TENANT))) == 4
