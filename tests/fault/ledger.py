"""ledger: which calls were let fail, how often, and which of those failures made no difference."""

import collections


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
