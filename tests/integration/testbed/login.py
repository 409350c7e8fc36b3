# SPDX-License-Identifier: Apache-2.0
"""login: how a client's command reaches the shell: as login shell, as forced command of sshd or of a key, or both."""

from dataclasses import dataclass

from testbed import refusal


@dataclass(frozen=True)
class Login:
    name: str
    restricted_login_shell: bool  # else /bin/sh
    force_command: bool = False  # in sshd_config
    key_command: bool = False  # command= in authorized_keys
    subsystem: str = "/usr/lib/openssh/sftp-server"
    auth_info: bool = True
    accept_env: str = "LANG LC_*"
    prepare: object = None  # called in what becomes its sshd
    more: str = ""  # lines of sshd_config; {directory} is that of its files

    @property
    def forced(self):
        return self.force_command or self.key_command


LOGIN_SHELL = Login("login-shell", True)
FORCED_COMMAND = Login("forced-command", False, force_command=True, subsystem="internal-sftp")
KEY_COMMAND = Login("key-command", False, key_command=True)
BOTH = Login("both", True, force_command=True)
PLAIN = Login("plain-sh", False)  # no rssh-nova: what Nova does without it
# As LOGIN_SHELL, but sshd hides the key and lets the client set any variable.
OPEN_ENVIRONMENT = Login("open-environment", True, auth_info=False, accept_env="*")
# On a node that refuses every user namespace.
NO_NAMESPACES = Login("no-namespaces", True, prepare=refusal.no_user_namespaces)

RESTRICTED = (LOGIN_SHELL, FORCED_COMMAND, KEY_COMMAND, BOTH)
