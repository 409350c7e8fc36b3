# SPDX-License-Identifier: Apache-2.0
"""Builtin commands and an rsync session, against other ways to run them: dash and bash with coreutils, GNU rush that
allows only these, and rrsync. Without ssh, whose cost is the same for all."""

import os

from place import COMING, Place
from rows import compare

ROUNDS = {"full": 300, "short": 5}
SESSIONS = {"full": 60, "short": 3}

RUSH = """\
rush 2.0
rule touch
  match $# == 2 && $0 == "touch" && $1 ~ "^{root}/[0-9a-f-]{{36}}(/[a-z]+)+$"
  set [0] = "/usr/bin/touch"
rule remove
  match $# == 2 && $0 == "rm" && $1 ~ "^{root}/[0-9a-f-]{{36}}(/[a-z]+)+$"
  set [0] = "/usr/bin/rm"
rule mkdir
  match $# == 3 && $0 == "mkdir" && $1 == "-p" && $2 ~ "^{root}/[0-9a-f-]{{36}}(/[a-z]+)*$"
  set [0] = "/usr/bin/mkdir"
rule remove-tree
  match $# == 3 && $0 == "rm" && $1 == "-rf" && $2 ~ "^{root}/[0-9a-f-]{{36}}(/[a-z]+)*$"
  set [0] = "/usr/bin/rm"
rule rsync
  match $# == 5 && $0 == "rsync" && $1 == "--server" && $4 ~ "^{root}/[0-9a-f-]{{36}}(/[a-z]+)+$"
  set [0] = "/usr/bin/rsync"
"""

# Replaces ssh: runs the login shell with the command line of rsync's client.
REMOTE = """\
#!/usr/bin/dash
shift
{start}
"""


def commands_of(place):
    instance, tree, file = place.instance, os.path.join(place.work, "tree"), os.path.join(place.work, "file")
    template = os.path.join(place.node.home, "template")
    for name in ["a", "b", "c", "d", "sub/a", "sub/b", "sub/c", "sub/d"]:
        place.node.tree.write(os.path.join(template, name), b"x" * 512)
    place.node.tree.write(file)
    return [
        ("`mkdir -p` of an existing directory", "mkdir -p " + instance, ()),
        ("`touch`", "touch " + file, ()),
        ("`rm`", "rm " + file, ("/usr/bin/touch", file)),
        ("`rm -rf` of 8 files", "rm -rf " + tree, ("/usr/bin/cp", "-r", template, tree)),
    ]


def shells(place):
    """Who runs a command line: peer, words before the line."""
    return [
        ("dash, coreutils", ["/usr/bin/dash", "-c"]),
        ("bash, coreutils", ["/usr/bin/bash", "-c"]),
        ("GNU rush, coreutils", ["/usr/sbin/rush", "-c"]),
    ]


def measure_commands(place, rounds):
    """Each peer by itself in turn with ours: with more of them those that share libraries would keep each other's
    warm, and nobody ours."""
    rows = []
    for what, line, prepare in commands_of(place):
        peers = shells(place)
        if what.startswith("`mkdir"):
            peers.append(("an empty program, linked as rssh-nova", [place.program("empty")]))
        for peer, words in peers:
            ours, theirs = place.alternate(
                rounds, *(each + [line] for each in ([place.node.shell, "-c"], words)), prepare=prepare)
            rows.append(compare(what, peer, ours, theirs, goal="<= 0.45" if peer.startswith("dash") and
                                what.startswith("`mkdir") else None))
    return rows


def measure_sessions(place, rounds):
    starts = {
        "rssh-nova": 'exec %s -c "$*"' % place.node.shell,
        "rrsync": 'export SSH_ORIGINAL_COMMAND="$*"\nexec /usr/bin/rrsync -wo %s' % place.node.tree.root,
        "GNU rush, rsync": 'exec /usr/sbin/rush -c "$*"',
        "dash, rsync": 'exec /usr/bin/dash -c "$*"',
    }
    small = os.path.join(place.node.home, "small")
    place.node.tree.write(small, b"x" * 4096)
    commands = []
    for number, (peer, start) in enumerate(starts.items()):
        path = os.path.join(place.node.home, "remote-%d" % number)
        place.node.tree.write(path, REMOTE.format(start=start).encode(), 0o755)
        target = "%s/work/file" % COMING if peer == "rrsync" else place.work + "/file"
        commands.append(["/usr/bin/rsync", "-r", "--sparse", "-e", path, small, "node:" + target])
    took = place.alternate(rounds, *commands, prepare=("/usr/bin/rm", "-f", place.work + "/file"))
    return [compare("rsync of a small file", peer, took[0], theirs, "ms")
            for peer, theirs in list(zip(starts, took))[1:]]


def measure(form):
    with Place() as place:
        with open("/etc/rush.rc", "w") as config:
            config.write(RUSH.format(root=place.node.tree.root))
        os.chmod("/etc/rush.rc", 0o644)
        return measure_commands(place, ROUNDS[form]) + measure_sessions(place, SESSIONS[form])
