# SPDX-License-Identifier: Apache-2.0
"""nova: one process with Nova's drivers in it, as a peer runs them over one way in."""

import json
import pathlib

from testbed.node import Run

PROGRAM = pathlib.Path(__file__).with_name("nova_driver.py")


class Nova:
    """Each method of RemoteFilesystem is one of this; the host to name is in host."""

    host = "node"

    def __init__(self, peer, login, transport):
        self.peer, self.login, self.transport = peer, login, transport
        # A copy: the sources may lie where only their owner can look, such as below /root.
        program = peer.write("nova_driver.py", PROGRAM.read_bytes())
        self.child = peer.popen(
            login, ["/usr/bin/python3", "-I", program, transport], text=True, stderr=None)

    def call(self, method, *arguments, **keywords):
        node = self.peer.node
        self.peer.enter(self.login)
        mark = node.syslog.mark()
        request = {"call": method, "arguments": arguments, "keywords": keywords}
        self.child.stdin.write(json.dumps(request) + "\n")
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        records = [] if self.login.name == "plain-sh" else node.records(mark)
        return Run(answer["status"], b"", answer.get("stderr", "").encode(), records)

    def create_file(self, path):
        return self.call("create_file", self.host, path)

    def remove_file(self, path):
        return self.call("remove_file", self.host, path)

    def create_dir(self, path):
        return self.call("create_dir", self.host, path)

    def remove_dir(self, path):
        return self.call("remove_dir", self.host, path)

    def push(self, source, path, compression=True):
        return self.call(
            "copy_file", source, "%s:%s" % (self.host, path), compression=compression)

    def pull(self, path, target, compression=True):
        return self.call(
            "copy_file", "%s:%s" % (self.host, path), target, compression=compression)

    def close(self):
        self.child.terminate()
        self.child.wait()
