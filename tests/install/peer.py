# SPDX-License-Identifier: Apache-2.0
"""peer: another compute node, outside the root: a key, ssh set up as deployments do, and Nova's own drivers.

ssh and scp find their port and key through wrappers in PATH, so that the drivers run with nothing changed.
"""

import json
import os
import pathlib
import subprocess

import testbed
from testbed.sshd import make_key

DRIVER = pathlib.Path(testbed.__file__).with_name("nova_driver.py")
CONFIG = """\
Host *
	HostName 127.0.0.1
	Port {port}
	User nova
	IdentityFile {place}/key
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile {place}/known_hosts
	GlobalKnownHostsFile none
	HostKeyAlias node
	StrictHostKeyChecking yes
	LogLevel ERROR
"""


class Peer:
    """Patience lengthens each bound, for a node that is slow."""

    def __init__(self, place, patience=1):
        self.place, self.patience = pathlib.Path(place), patience
        self.place.mkdir()
        self.key = make_key(str(self.place / "key"))

    def meet(self, sshd):
        (self.place / "ssh_config").write_text(CONFIG.format(port=sshd.port, place=self.place))
        (self.place / "known_hosts").write_text("node %s\n" % sshd.host_key())
        for program in "ssh", "scp":
            wrapper = self.place / program
            wrapper.write_text('#!/bin/sh\nexec /usr/bin/%s -F %s/ssh_config "$@"\n' % (program, self.place))
            wrapper.chmod(0o755)

    def environment(self):
        return {"PATH": "%s:/usr/bin:/bin" % self.place, "HOME": str(self.place), "LANG": "C.UTF-8",
                "TMPDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}

    def is_forwarded(self, port):
        """Can it reach an sshd's port from the node? No shell is asked for that; sshd alone can refuse it."""
        return "SSH-2.0" in self.ssh("-W", "127.0.0.1:%d" % port, "node").stdout

    def ask(self, *words):
        return self.ssh("node", *words)

    def ssh(self, *words):
        return subprocess.run(["ssh", "-o", "BatchMode=yes", *words], env=self.environment(), text=True,
                              executable=self.place / "ssh", stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=30 * self.patience)

    def nova(self, transport, calls):
        """Nova's RemoteFilesystem makes the calls (method, arguments...). Gives the exit status of each."""
        lines = "".join(json.dumps({"call": method, "arguments": arguments, "keywords": {}}) + "\n"
                        for method, *arguments in calls)
        done = subprocess.run(["/usr/bin/python3", "-I", DRIVER, transport], input=lines, text=True,
                              timeout=120 * self.patience,
                              env=self.environment(), cwd=self.place, capture_output=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(calls), done.stderr
        return [answer["status"] for answer in answers]

    def migrate(self, transport, uuid):
        """As Nova's migrate_disk_and_power_off does, to a node with storage of its own, and back again as
        after a failure. Nothing may fail but ssh's probe of what is not there."""
        there = os.path.join("/var/lib/nova/instances", uuid)
        probe = os.path.join(there, "0123456789abcdef0123456789abcdef.tmp")
        disk, info = self.place / "disk", self.place / "disk.info"
        disk.write_bytes(b"begin" + bytes(3 << 20) + b"end")
        info.write_text("{}")
        calls = [("create_file", "node", probe), ("remove_file", "node", probe), ("create_dir", "node", there),
                 ("copy_file", str(disk), "node:%s/disk" % there),
                 ("copy_file", str(info), "node:%s/disk.info" % there)]
        wanted = [1, 1, 0, 0, 0] if transport == "ssh" else [0, 0, 0, 0, 0]
        statuses = self.nova(transport, calls)
        assert statuses == wanted, dict(zip([call[0] for call in calls], statuses))
        return disk.read_bytes()

    def remove(self, transport, uuid):
        assert self.nova(transport, [("remove_dir", "node", os.path.join("/var/lib/nova/instances", uuid))]) == [0]
