# SPDX-License-Identifier: Apache-2.0
"""rsync_client: the distribution's rsync, made to stream what the line that the shell sees does not say.

The line is what Nova sends; the client's own options and files are the test's.
"""

import os
import shutil
import subprocess

from testbed.node import Run

CAPS = "e.iLsfxCIvu"
CREATE = "rsync --server -logDtprR%s --no-implied-dirs . /" % CAPS
REMOVE = "rsync --server -logDtpr%s --delete . {}" % CAPS
EMPTY = "rsync --server -logDtpr%s --delete-excluded . {}" % CAPS
PUSH = "rsync --server -rS%s . {}" % CAPS
PULL = "rsync --server --sender -rS%s . {}" % CAPS


class Stage:
    """A directory of the peer's whose content is what will be in the stream."""

    def __init__(self, peer):
        self.peer, self.path = peer, peer.path("stage")
        shutil.rmtree(self.path, ignore_errors=True)
        os.mkdir(self.path)
        self.own(self.path)

    def own(self, path):
        os.chown(path, self.peer.uid, self.peer.gid, follow_symlinks=False)

    def at(self, path):
        return os.path.join(self.path, path.lstrip("/"))

    def directory(self, path, mode=0o755):
        at = self.at(path)
        if not os.path.isdir(at):
            if os.path.dirname(at) != self.path:
                self.directory(os.path.relpath(os.path.dirname(at), self.path))
            os.mkdir(at)
            self.own(at)
        os.chmod(at, mode)
        return self

    def file(self, path, content=b"", mode=0o644):
        self.directory(os.path.dirname(path).lstrip("/") or ".")
        with open(self.at(path), "wb") as file:
            file.write(content)
        os.chmod(self.at(path), mode)
        self.own(self.at(path))
        return self

    def link(self, path, target):
        self.directory(os.path.dirname(path).lstrip("/"))
        os.symlink(target, self.at(path))
        self.own(self.at(path))
        return self

    def node(self, path, mode, device=0):
        self.directory(os.path.dirname(path).lstrip("/"))
        os.mknod(self.at(path), mode, device)
        self.own(self.at(path))
        return self

    def create(self, login, *paths, options=()):
        """What create_dir and create_file of Nova do, for paths of the test's choice."""
        sources = ["%s/./%s" % (self.path, path.lstrip("/")) for path in paths]
        return self.send(login, CREATE, ["-aR", "--no-implied-dirs", *options], sources, "node:/")

    def remove(self, login, where, options, line=None):
        """What the last step of remove_dir does; the options say what is to be deleted."""
        return self.send(
            login, (line or REMOVE).format(where), ["-a", *options], [self.path + "/"], "node:" + where)

    def send(self, login, line, options, sources, target):
        """A client whose options do not fit the line may wait for ever: it is killed, as -9 says."""
        shell = self.peer.remote_shell(login, line)
        mark = self.peer.node.syslog.mark()
        try:
            return self.peer.run(login, ["rsync", "-e", shell, *options, *sources, target], timeout=10)
        except subprocess.TimeoutExpired:
            return Run(-9, b"", b"", self.peer.node.records(mark))
