# SPDX-License-Identifier: Apache-2.0
"""A throw-away node: instances roots and a configuration in a temporary directory, and the programs of the build.
As root, the tests run both programs as an ordinary user, as on a node."""
import atexit
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

import pytest

# After our own directory, which has a conftest.py too.
sys.path.append(str(pathlib.Path(__file__).parents[1] / "integration"))
BUILD = pathlib.Path(os.environ["RSSH_NOVA_BUILD"])
# Another user may not reach the build directory, for example below /root.
PROGRAMS = pathlib.Path(tempfile.mkdtemp(prefix="rssh-nova-programs."))
PROGRAMS.chmod(0o755)
atexit.register(shutil.rmtree, PROGRAMS)
ADMIN, SHELL = (pathlib.Path(shutil.copy(BUILD / name, PROGRAMS)) for name in ("rssh-nova-admin", "rssh-nova"))
NOVA_PATH = pathlib.Path(shutil.copytree(BUILD / "nova-path", PROGRAMS / "nova-path", symlinks=True))
NAME = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
A, B, C = (letter * 8 + "-1111-2222-3333-" + letter * 12 for letter in "abc")
CONFIG = """[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {roots}
[claims]
{claims}
[audit]
required = no
"""


class Node:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.root, self.other = self.top / "instances", self.top / "more"
        self.uid = pwd.getpwnam(NAME).pw_uid
        for root in (self.root, self.other):
            root.mkdir()
            os.chown(root, self.uid, -1)
        self.config = self.top / "rssh-nova.conf"
        self.configure()

    def configure(self, claims="mode = enforce", text=None):
        self.config.write_text(text if text is not None else
                               CONFIG.format(roots=f"{self.root}, {self.other}", claims=claims))
        self.config.chmod(0o644)

    def instance(self, uuid, root=None):
        path = (root or self.root) / uuid
        path.mkdir()
        os.chown(path, self.uid, -1)
        return path

    def file(self, path, uid=None):
        path.write_bytes(b"data")
        os.chown(path, self.uid if uid is None else uid, -1)
        return path

    def admin(self, command, *words, stdin=b"", config=True):
        line = [ADMIN, command, *(["--config", self.config] if config else [])]
        if command != "check" and config:
            line += ["--user", NAME]
        return subprocess.run([*line, *words], input=stdin, capture_output=True, timeout=120)

    def shell(self, line, peer=None, forced=False, profile=None):
        """rssh-nova as sshd runs it. Only a forced command can name our configuration, so the line is always in
        SSH_ORIGINAL_COMMAND, whether forced or not."""
        env = {b"SSH_ORIGINAL_COMMAND": line}
        if peer is not None:
            env[b"SSH_CONNECTION"] = f"{peer} 4711 127.0.0.1 22".encode()
        user = {"user": self.uid, "group": pwd.getpwnam(NAME).pw_gid, "extra_groups": []} \
            if os.geteuid() == 0 else {}
        narrowed = [] if profile is None else ["--profile", profile]
        return subprocess.run([SHELL, "--config", self.config, *narrowed], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, **user)


@pytest.fixture
def node():
    with tempfile.TemporaryDirectory(prefix="rssh-nova-admin.") as top:
        os.chmod(top, 0o755)
        yield Node(top)
