# SPDX-License-Identifier: Apache-2.0
"""A child that a peer has taken over, on kernels whose Landlock holds less than this one's: what an ABI lacks must be
held by seccomp or by the supervisor, with the second wall and without it. The same attempts as in tests/attack."""

import errno
import signal

import pytest

from abi import EARLIER
from testbed.audit import expect_refused
from testbed.fixtures import needs_root
from testbed.tree import changes
from test_takeover import (  # noqa: F401  fixtures
    CONFIG, FORMS, PROGRAM, attempts_of, denied, differing, lines, outside, state_of, takeover, tally_of, victim)

pytestmark = needs_root


# Behind the second wall the first ABI will do: a later one holds more.
@pytest.mark.parametrize("wall,abi", [("required", EARLIER[0]), *(("off", abi) for abi in EARLIER)])
@pytest.mark.parametrize("form", FORMS)
def test_it_stays_inside(node, tree, kernel, takeover, victim, form, wall, abi):  # noqa: F811
    takeover.configure(wall)
    kernel("landlock=%d" % abi)
    own = takeover.own if FORMS[form][2] == "{own}" else "/nowhere"
    before, victim_before = outside(node, own), state_of(victim[0].pid)
    run = takeover.run(form)
    said = lines(run.out)
    attempts = attempts_of(said)
    assert len(attempts) > 500
    assert [each["name"] for each in attempts.values() if each["effect"] and each["without"] != "inside"] == []
    assert FORMS[form][3] | {"kill-own"} <= {each["name"] for each in attempts.values() if each["effect"]}
    assert changes(before, outside(node, own)) == []
    assert state_of(victim[0].pid) == victim_before
    assert victim[1].poll() is None
    assert ["landlock-%d" % abi in record["confine"].split(",") for record in run.decides[:1]] == [True]
    assert differing(denied(run.dones[0]), tally_of(said)) == {}


@pytest.mark.parametrize("form", FORMS)
def test_it_may_end_itself_and_says_how(kernel, takeover, form):  # noqa: F811
    kernel("landlock=%d" % EARLIER[0])
    run = takeover.run(form, "abort")
    assert [each["said"] for each in lines(run.out)] == ["aborting"]
    assert (run.dones[0]["signal"], run.dones[0]["denied"]) == (str(int(signal.SIGABRT)), "-")


@pytest.mark.parametrize("wall", ("required", "auto", "off"))
def test_it_reads_nothing_else_without_landlock(node, tree, kernel, takeover, victim, wall):  # noqa: F811
    """[sandbox] landlock = optional, on a kernel that has none."""
    node.write_config(CONFIG.format(root=tree.root, program=PROGRAM).replace(
        "= required", "= %s\nlandlock = optional" % wall))
    kernel("landlock_create_ruleset=%d" % errno.ENOSYS)
    run = takeover.run("rsync-pull")
    if wall == "off":
        expect_refused(node, run, "not-confined", status=78)
        return
    effects = {each["name"] for each in attempts_of(lines(run.out)).values() if each["effect"]
               and each["without"] != "inside"}
    # The directories above what it was given, in which there is nothing else.
    assert effects == {"read-home-.", "read-home-instances", "read-/"}
    assert "read-image" in {each["name"] for each in attempts_of(lines(run.out)).values() if each["effect"]}
