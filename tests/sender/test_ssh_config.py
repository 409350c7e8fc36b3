# SPDX-License-Identifier: Apache-2.0
"""No setting of a user's ssh_config changes what the sender's commands run."""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import BUILD
from far import free_port

# A row: what the file says. {canary} must not come to be, {path} names a socket that must not either, and {port} one
# that nobody may listen on.
CONFIGS = {
    "remote-command": "RemoteCommand touch {canary}",
    "tty": "RequestTTY force",
    "control-path": "ControlPath {path}",
    "control-master": "ControlMaster auto\nControlPath {path}",
    "control-persist": "ControlMaster auto\nControlPath {path}\nControlPersist yes",
    "local-command": "PermitLocalCommand yes\nLocalCommand touch {canary}",
    "fork": "ForkAfterAuthentication yes",
    "no-session": "SessionType none",
    "subsystem": "SessionType subsystem",
    "no-input": "StdinNull yes",
    "tunnel": "Tunnel yes\nExitOnForwardFailure yes",
    "local-forward": "LocalForward 127.0.0.1:{port} 127.0.0.1:9\nExitOnForwardFailure yes",
    "remote-forward": "RemoteForward 127.0.0.1:{port} 127.0.0.1:9\nExitOnForwardFailure yes",
    "dynamic-forward": "DynamicForward 127.0.0.1:{port}\nExitOnForwardFailure yes",
    "agent-and-x11": "ForwardAgent yes\nForwardX11 yes\nForwardX11Trusted yes",
    "asks": "BatchMode no\nStrictHostKeyChecking no",
}
ALL = "\n".join(value for name, value in CONFIGS.items() if name != "subsystem")

pytestmark = pytest.mark.usefixtures("leftovers")


class Trap:
    """A user's ssh_config, and what must not happen because of it."""

    def __init__(self, far, place, text):
        self.far, self.canary, self.path, self.port = far, place / "canary", place / "socket", free_port()
        far.write_ssh_config(text.format(canary=self.canary, path=self.path, port=self.port))

    def is_unsprung(self):
        lines = subprocess.run(["ss", "-Hltn", "sport", "=", ":%d" % self.port], capture_output=True, text=True).stdout
        return not self.canary.exists() and not self.path.exists() and lines == "" and self.running() == []

    def running(self):
        """Programs with the file among their words."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and bytes(self.far.ssh_config) in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(entry.name)
            except OSError:
                pass
        return found


@pytest.fixture
def instance_here(near):
    (near / "disk").write_bytes(os.urandom(300000))
    (near / "disk.info").write_text("{}")
    return near


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_each_by_ssh(sender, far, instance_here, instance, place, text):
    every_operation(sender, Trap(far, place, text), instance_here, instance, "ssh")


@pytest.mark.parametrize("words", [["rsync"], ["ssh", "--legacy-scp"]], ids=["rsync", "old-scp"])
def test_all_at_once(sender, far, instance_here, instance, place, words):
    every_operation(sender, Trap(far, place, ALL), instance_here, instance, *words)


def every_operation(sender, trap, instance_here, instance, *options):
    words, back = ["--transport", *options], instance_here.parent / "back"
    sender.ok(*words, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert sorted(os.listdir(instance)) == ["disk", "disk.info"]
    assert (instance / "disk").read_bytes() == (instance_here / "disk").read_bytes()
    sender.ok(*words, "copy", "127.0.0.1:%s/disk" % instance, back)
    assert back.read_bytes() == (instance_here / "disk").read_bytes()
    sender.ok(*words, "remove-dir", "127.0.0.1", instance)
    assert not instance.exists()
    assert trap.is_unsprung()
    assert not any("canary" in line or line == "" for line in trap.far.commands())


OLD_SSH = """#!/bin/sh
for word; do
    case $word in -oForkAfterAuthentication=*|-oStdinNull=*|-oSessionType=*)
        name=$(printf '%s' "${{word#-o}}" | tr A-Z a-z)
        echo "command-line: line 0: Bad configuration option: ${{name%%=*}}" >&2
        exit 255;;
    esac
done
exec {real} "$@"
"""


@pytest.fixture
def old_ssh(far, place):
    """This machine's ssh lacks what came with OpenSSH 8.7."""
    if os.geteuid() != 0:
        pytest.skip("a file over /usr/bin/ssh needs root to be mounted")
    real, wrapper = place / "ssh", place / "old-ssh"
    shutil.copy("/usr/bin/ssh", real)
    wrapper.write_text(OLD_SSH.format(real=real))
    wrapper.chmod(0o755)
    subprocess.run(["mount", "--no-mtab", "--bind", wrapper, "/usr/bin/ssh"], check=True)
    yield
    subprocess.run(["umount", "--no-mtab", "/usr/bin/ssh"], check=True)


@pytest.mark.parametrize("words", [["ssh"], ["rsync"], ["ssh", "--legacy-scp"]], ids=["ssh", "rsync", "old-scp"])
def test_an_old_ssh_gets_its_own_words(old_ssh, sender, instance_here, instance, words):
    done = sender.ok("--transport", *words, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert sorted(os.listdir(instance)) == ["disk", "disk.info"]
    assert done.stderr == ""


def nova_scp(far, *words):
    """nova-path's scp, with an ssh behind it that reads the test's ssh_config."""
    folder = far.dir / "config-bin"
    folder.mkdir(exist_ok=True)
    for name in "ssh", "scp":
        (folder / name).write_text("#!/bin/sh\nexec /usr/bin/%s -F %s \"$@\"\n" % (name, far.ssh_config))
        (folder / name).chmod(0o755)
    return subprocess.run(["scp", *words], executable=BUILD / "nova-path" / "scp", capture_output=True, text=True,
                          env={"PATH": "%s:%s:/usr/bin:/bin" % (BUILD / "nova-path", folder), "HOME": "/root"},
                          timeout=60)


@pytest.fixture
def no_shared_connection(far):
    yield
    far.cut()


def test_novas_copy_goes_over_sftp_all_the_same(no_shared_connection, far, place, instance_here, root):
    """scp itself fails with ForkAfterAuthentication and StdinNull, so that this says who copied."""
    trap = Trap(far, place, ALL)
    done = nova_scp(far, "-r", instance_here / "disk", "127.0.0.1:%s/disk" % root)
    assert (done.returncode, done.stderr) == (0, "")
    assert (root / "disk").read_bytes() == (instance_here / "disk").read_bytes()
    assert not trap.canary.exists() and not trap.path.exists()


def test_novas_copy_by_an_old_ssh(no_shared_connection, old_ssh, far, instance_here, root):
    done = nova_scp(far, "-r", instance_here / "disk", "127.0.0.1:%s/disk" % root)
    assert (done.returncode, done.stderr) == (0, "")
    assert (root / "disk").read_bytes() == (instance_here / "disk").read_bytes()
