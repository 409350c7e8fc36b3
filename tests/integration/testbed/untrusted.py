# SPDX-License-Identifier: Apache-2.0
"""Spoils a file that rssh-nova trusts only if it is root's and nobody else can write it. Each function takes the path
and the node."""

import os


def missing(path, node):
    os.unlink(path)


def of_nova(path, node):
    os.chown(path, node.uid, node.gid)


def of_another(path, node):
    os.chown(path, node.uid + 20000, node.gid)


def with_mode(mode):
    def spoil(path, node):
        os.chmod(path, mode)
    return spoil


def a_link(path, node):
    """The target is the file itself, unspoiled."""
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)


def a_fifo(path, node):
    mode = os.stat(path).st_mode & 0o777
    os.unlink(path)
    os.mkfifo(path, mode)
