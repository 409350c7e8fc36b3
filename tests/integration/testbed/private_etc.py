# SPDX-License-Identifier: Apache-2.0
"""private_etc: a copy of the machine's /etc that knows no node: tests must not meet what is configured there.

Left out are the accounts that the test bed makes, other sources of accounts, the files of Nova and rssh-nova, and what
decides for every sshd, whatever its configuration file, who may log in and what runs then.
Source: passwd(5), group(5), nsswitch.conf(5), hosts_access(5), sshd(8).
"""

import glob
import os
import re
import shutil
import subprocess

ACCOUNTS = ("nova", "peer", "peer-b", "peer-c")
BY_ACCOUNT = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
MEMBERS = {"group": 3, "gshadow": 3}  # the field of a line that lists members
LEFT_OUT = ("rssh-nova*", "nova", "nologin", "hosts.allow", "hosts.deny", "ssh/sshrc", "ssh/nodes", "ssh/authorized_keys.d")
NO_OTHER_SOURCE = re.compile(r"^(passwd|group|shadow|gshadow|initgroups):.*$", re.M)


def without_accounts(text, members):
    """Lines of passwd(5) and its relatives without ours; members: the field that lists names, None for none."""
    lines = []
    for line in text.splitlines(keepends=True):
        fields = line.rstrip("\n").split(":")
        if fields[0] in ACCOUNTS:
            continue
        if members is not None and len(fields) > members:
            fields[members] = ",".join(name for name in fields[members].split(",") if name not in ACCOUNTS)
            line = ":".join(fields) + "\n"
        lines.append(line)
    return "".join(lines)


def rewrite(path, change):
    """In place, so that owner and mode stay."""
    if os.path.isfile(path):
        with open(path, "r+", errors="surrogateescape") as file:
            text = change(file.read())
            file.seek(0)
            file.truncate()
            file.write(text)


def make(copy):
    """Fills an empty directory."""
    subprocess.run(["cp", "--archive", "/etc/.", copy], check=True)
    for pattern in LEFT_OUT:
        for path in glob.glob(os.path.join(copy, pattern)):
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
    for name in BY_ACCOUNT:
        rewrite(os.path.join(copy, name), lambda text, name=name: without_accounts(text, MEMBERS.get(name)))
    rewrite(os.path.join(copy, "nsswitch.conf"), lambda text: NO_OTHER_SOURCE.sub(r"\1: files", text))
