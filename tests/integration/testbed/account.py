# SPDX-License-Identifier: Apache-2.0
"""account: users of the private /etc (namespace.py), written as useradd(8) would."""

import os


def free_uid(first):
    """A uid from first on that neither passwd nor a process has."""
    taken = set()
    with open("/etc/passwd") as passwd:
        taken.update(int(line.split(":")[2]) for line in passwd if line.count(":") >= 6)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            taken.add(os.stat("/proc/" + pid).st_uid)
        except FileNotFoundError:
            pass
    while first in taken:
        first += 1
    return first


def append(path, line):
    with open(path, "a") as file:
        file.write(line + "\n")


def add(name, uid, home, shell):
    append("/etc/passwd", "%s:x:%d:%d::%s:%s" % (name, uid, uid, home, shell))
    append("/etc/group", "%s:x:%d:" % (name, uid))
    # "*" and not "!": sshd without PAM takes "!" for a locked account.
    append("/etc/shadow", "%s:*:19000:0:99999:7:::" % name)
    os.mkdir(home, 0o755)
    os.chown(home, uid, uid)


def set_login_shell(name, shell):
    with open("/etc/passwd") as passwd:
        lines = passwd.read().splitlines()
    with open("/etc/passwd.new", "w") as passwd:
        for line in lines:
            fields = line.split(":")
            if fields[0] == name:
                fields[6] = shell
            passwd.write(":".join(fields) + "\n")
    os.rename("/etc/passwd.new", "/etc/passwd")
