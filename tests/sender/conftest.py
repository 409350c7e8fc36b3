# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import tempfile
import time
import uuid

import pytest

import far as far_module

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RSSH_NOVA_BUILD", TOP / "build" / "release")).resolve()

CONFIG = """
[shell]
remote_filesystem_transport = ssh, rsync
instances_path = {root}
[audit]
required = no
"""


@pytest.fixture(scope="session")
def far():
    directory = tempfile.mkdtemp(prefix="sender-test-", dir="/var/tmp")
    os.chmod(directory, 0o755)
    other_end = far_module.Far(directory)
    other_end.start()
    yield other_end
    other_end.stop()
    shutil.rmtree(directory)


@pytest.fixture(autouse=True)
def fresh_far(far):
    far.be_plain()
    far.write_ssh_config()
    far.forget()


@pytest.fixture
def place():
    """near/ and far/instances/, outside /tmp, which programs treat in ways of their own."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="sender-place-", dir="/var/tmp"))
    directory.chmod(0o755)
    (directory / "near").mkdir()
    (directory / "far" / "instances").mkdir(parents=True)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def near(place):
    return place / "near"


@pytest.fixture
def root(place):
    return place / "far" / "instances"


@pytest.fixture
def instance(root):
    """The path of an instance at the far end, which does not exist yet."""
    return root / str(uuid.uuid4())


@pytest.fixture
def rssh_nova(far, root, place):
    """The far end runs rssh-nova."""
    config = place / "rssh-nova.conf"
    config.write_text(CONFIG.format(root=root))
    config.chmod(0o644)
    far.be_rssh_nova(BUILD / "rssh-nova", config)
    return far


class Sender:
    def __init__(self, far, place):
        self.far = far
        self.config = place / "sender.conf"
        self.pids = []
        self.configure("retries = 0\n")

    def configure(self, rows):
        self.config.write_text("[sender]\n" + rows)
        self.config.chmod(0o644)

    def words(self, *args):
        return [str(BUILD / "rssh-nova-send"), "--config", str(self.config), "--ssh-config",
                str(self.far.ssh_config)] + [str(arg) for arg in args]

    def start(self, *args, **keywords):
        process = subprocess.Popen(self.words(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **keywords)
        self.pids.append(process.pid)
        return process

    def run(self, *args, timeout=60):
        process = self.start(*args)
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def private(self):
        """The private directories in /tmp that the runs so far have left."""
        return [entry for entry in os.listdir("/tmp")
                for pid in self.pids if entry.startswith(".rssh-nova-send.%d." % pid)]

    def ok(self, *args):
        done = self.run(*args)
        assert done.returncode == 0, done.stderr
        return done


@pytest.fixture
def sender(far, place):
    return Sender(far, place)


@pytest.fixture
def small_disk(far):
    """A file system of 2 MiB that both ends see."""
    if far.small is None:
        pytest.skip("a file system of its own needs root to be mounted")
    yield far.small
    for entry in os.listdir(far.small):
        subprocess.run(["rm", "-rf", "--", far.small / entry], check=True)


class Nova:
    """Nova's drivers in a long-running process. The ssh and scp on its PATH find the private sshd."""

    def __init__(self, far, place, folder=None):
        """folder: the first one on PATH."""
        self.path = ([str(folder)] if folder else []) + [str(place / "bin"), "/usr/bin", "/bin"]
        self.bin = place / "bin"
        self.bin.mkdir(exist_ok=True)
        self.far = far
        self.process = None
        self.write("ssh", "exec /usr/bin/ssh -F %s \"$@\"\n" % far.ssh_config)
        self.write_scp("")

    def write(self, name, line):
        path = self.bin / name
        path.write_text("#!/bin/sh\n" + line)
        path.chmod(0o755)

    def write_scp(self, option):
        self.write("scp", "exec /usr/bin/scp %s -F %s \"$@\"\n" % (option, self.far.ssh_config))

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(pathlib.Path(__file__).parent / "nova_client.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={"PATH": ":".join(self.path), "HOME": "/root", "LC_ALL": "C"})

    def run(self, transport, *steps):
        rows = [[method, [str(arg) for arg in args], keywords, may_fail]
                for method, args, keywords, may_fail in steps]
        if self.process is None:
            self.start()
        self.process.stdin.write(json.dumps({"transport": transport, "steps": rows}) + "\n")
        done = json.loads(self.process.stdout.readline())
        assert done["fault"] is None, done["fault"]
        self.failed = done["failed"]
        return done["seconds"]

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def nova_process(far):
    nova = Nova(far, far.dir)
    yield nova
    nova.stop()


@pytest.fixture
def nova(nova_process):
    nova_process.write_scp("")
    return nova_process


@pytest.fixture
def leftovers(sender):
    """Fails a test that leaves a private directory with its control socket behind."""
    yield
    assert sender.private() == []


def make_sparse(path, blocks=3):
    """Data, a hole, data."""
    with open(path, "wb") as disk:
        disk.write(os.urandom(65536) * blocks)
        disk.seek(16 * 1024 * 1024, os.SEEK_CUR)
        disk.write(b"end")
    return path


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def wait_until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def hostile(near):
    """A qcow2 whose backing file is outside the image cache."""
    backing = b"/etc/passwd"
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 512, len(backing), 16, 1 << 20, 0, 1, 65536, 131072, 1, 0, 0)
    (near / "disk").write_bytes(head.ljust(512, b"\0") + backing + bytes(65000))
    (near / "disk.info").write_text("{}")
    return near
