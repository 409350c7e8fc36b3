# SPDX-License-Identifier: Apache-2.0
"""Swaps of an instance, of a directory in it and of what an act names, during the act, for every form: links to
outside, to another instance and to "/", another directory, a FIFO, nothing. Held by: acts on descriptors below a
root (openat2), claims read on the descriptor, and for children Landlock and the second wall."""

import os

import pytest

from testbed.fixtures import needs_root
from testbed.tree import COMING, PROBE
from forms import FORMS
from race import ROUNDS, Race, expect_a_race

pytestmark = needs_root


def runs_of(form):
    return [(where, walls) for where in form.places for walls in form.walls]


def stage(client, root):
    """What is in the streams."""
    for name, content in (("file", b"real"), (os.path.join(root.lstrip("/"), COMING, PROBE), b"")):
        path = os.path.join(client["S"], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


@pytest.mark.parametrize("name", FORMS)
def test_nothing_outside(node, tree, client, figures, name):
    form = FORMS[name]
    runs = runs_of(form)
    stage(client, tree.root)
    rounds = -(-ROUNDS // len(runs)) * form.forms if ROUNDS else form.quick * len(form.lines)
    ended = {}
    for where, walls in runs:
        ended[where, walls] = Race(node, tree, client).run(form, where, walls, rounds)
    figures[name] = expect_a_race(ended)
