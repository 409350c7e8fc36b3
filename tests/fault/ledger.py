# SPDX-License-Identifier: Apache-2.0
"""ledger: which calls were let fail, how often, and which of those failures made no difference."""

import collections
import os

import pytest

from ignored import IGNORED, RARE
from reach import calls_of


class Ledger:
    def __init__(self):
        self.taken = collections.Counter()
        self.absorbed = collections.Counter()
        self.forms = set()
        self.places = collections.defaultdict(set)  # the forms in which a call was let fail in a place

    def add(self, form, failed, absorbed):
        for call in failed:
            self.places[call.name, call.place].add(form)
            self.taken[call.name] += 1
            if absorbed:
                self.absorbed[call.name, call.function] += 1

    def unexplained(self, reasons):
        """What made no difference and has no row of its own, nor of its call in any function."""
        return sorted(place for place in self.absorbed if place not in reasons and (place[0], "*") not in reasons)

    def stale(self, reasons, rare):
        """Rows for what was not seen to make no difference."""
        seen = set(self.absorbed) | {(name, "*") for name, _ in self.absorbed}
        return sorted(reasons.keys() - seen - rare)

    def text(self, names):
        """How often each was taken, most often first."""
        rows = sorted(names, key=lambda name: (-self.taken[name], name))
        return "\n".join("%6d  %s" % (self.taken[name], name) for name in rows)


class OfAll:
    """What the ledger of all forms of a part must show; a selection of tests does not have it. The part's tests have
    a class of this one, after all others."""

    part = ""
    forms = ()

    @pytest.fixture
    def whole(self, ledger):
        if len(ledger.forms) != len(self.forms):
            pytest.skip("only some were run")
        return ledger

    def test_each_call_was_let_fail(self, build, whole, capsys):
        names = calls_of(build, self.part)
        with capsys.disabled():
            print("\nfaults taken, by call:\n" + whole.text(names))
        assert sorted(name for name in names if whole.taken[name] == 0) == []

    def test_what_makes_no_difference_has_its_reason(self, whole):
        if os.environ.get("FAULT_TALK"):
            print("absorbed", sorted(whole.absorbed.items()))
        assert whole.unexplained(IGNORED[self.part]) == []

    def test_no_reason_is_stale(self, whole):
        assert whole.stale(IGNORED[self.part], RARE) == []
