# SPDX-License-Identifier: Apache-2.0
"""root's terminal: a pty on which a command runs as from root's shell, and what a process has of it."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import subprocess
import termios
import time

SECONDS = 20


def wait_for(condition):
    """The condition must come true; how soon is up to the scheduler."""
    until = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(.02)
    return found


def take():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    def __init__(self, *words, **more):
        self.ours, theirs = pty.openpty()
        self.device = os.fstat(theirs).st_rdev
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                        preexec_fn=take, **more)
        os.close(theirs)
        self.said = b""

    def type(self, keys):
        os.write(self.ours, keys)

    def read(self):
        """Reads what there is. False after the end of all that print there."""
        with contextlib.suppress(OSError):
            while select.select([self.ours], [], [], 0)[0]:
                self.said += (got := os.read(self.ours, 65536))
                if got == b"":
                    return False
            return True
        return False

    def wait(self):
        """Returns the exit status."""
        wait_for(lambda: self.read() is None or self.process.poll() is not None)
        self.read()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)


@contextlib.contextmanager
def terminal(*words, **more):
    shown = Terminal(*words, **more)
    try:
        yield shown
    finally:
        shown.close()


def below(pid):
    """The processes that pid started, and theirs."""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in path.read_text().split():
                found += [int(child), *below(child)]
    return found


def uid_of(pid):
    return int(re.search(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


def has_of_terminal(pid, device):
    """What the process has of the terminal: "controlling", and the numbers of its descriptors."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    devices = device, os.makedev(5, 0)  # /dev/tty
    opened = [int(name) for name in os.listdir(f"/proc/{pid}/fd") if os.stat(f"/proc/{pid}/fd/{name}").st_rdev in devices]
    return [*(["controlling"] if fields[4] != "0" else []), *sorted(opened)]


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_alive(pid):
    try:
        return state_of(pid) != "Z"
    except OSError:
        return False
