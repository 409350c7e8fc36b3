# SPDX-License-Identifier: Apache-2.0
"""make_procedures: policy/procedure.def out of libvirt's sources, for a new version of libvirt.

usage: make_procedures.py LIBVIRT > policy/procedure.def
LIBVIRT is the directory of the sources. Of them it takes names and numbers alone.
"""
import pathlib
import re
import sys

HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/* procedure.def: the procedures of libvirt's protocols, for the record of a message that was refused. One row = one.
 * Names and numbers of libvirt %s: remote_protocol.x, qemu_protocol.x, lxc_protocol.x, admin_protocol.x and
 * virkeepaliveprotocol.x. Made by tests/tunnel/make_procedures.py.
 * PROCEDURE(program, number, NAME) */
"""
FILES = {"REMOTE": "src/remote/remote_protocol.x", "QEMU": "src/remote/qemu_protocol.x", "LXC": "src/remote/lxc_protocol.x",
         "ADMIN": "src/admin/admin_protocol.x", "KEEPALIVE": "src/rpc/virkeepaliveprotocol.x"}


def rows(tree):
    """(program, number, name) of each."""
    for program, file in FILES.items():
        text = (tree / file).read_text()
        for name, number in re.findall(r"^ +%s_PROC_(\w+) = (\d+),?$" % program, text, re.M):
            yield program, int(number), name


def main(tree):
    version = re.search(r"^  version: '([\d.]+)',$", (tree / "meson.build").read_text(), re.M)[1]
    print(HEAD % version, end="")
    for row in rows(tree):
        print("PROCEDURE(%s, %d, %s)" % row)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
