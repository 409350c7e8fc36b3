# SPDX-License-Identifier: Apache-2.0
"""scp_source: the sending side of the legacy scp protocol, which says whatever a test wants.

Takes a started "scp -t". Source of the protocol: scp.c, source() and sink(): lines T, C, D, E, each
answered by one byte, 0 for good, 1 or 2 with a message.
"""

from piped import Piped


class Source(Piped):
    def __init__(self, child):
        super().__init__(child)
        self.answers = [self.answer()]

    def answer(self):
        """b"" for good, a message, or None at the end."""
        byte = self.child.stdout.read(1)
        if byte == b"":
            return None
        return b"" if byte == b"\0" else self.child.stdout.readline() or byte

    def say(self, data):
        """Sends bytes and waits for nothing. False when nobody reads any more."""
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
            return True
        except BrokenPipeError:
            return False

    def send(self, data):
        self.answers.append(self.answer() if self.say(data) else None)
        return self.answers[-1]

    def file(self, name, content=b"x", mode="0644"):
        """A C line and, when it is taken, the content."""
        answer = self.send(b"C%s %d %s\n" % (mode.encode(), len(content), name))
        if answer != b"":
            return answer
        return self.send(content + b"\0")

    def directory(self, name, mode="0755"):
        return self.send(b"D%s 0 %s\n" % (mode.encode(), name))
