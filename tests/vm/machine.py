# SPDX-License-Identifier: Apache-2.0
"""machine: one virtual machine by QEMU's software emulation; never KVM, which is not everywhere what it says.

Its disk stays between two starts. Only 127.0.0.1 reaches it, by one port that leads to its sshd; it reaches nothing.
Everything waits for what happens, with bounds that a slow machine keeps.
"""

import subprocess
import time

from testbed.sshd import free_port

BOOT_BOUND = 3600
# Plain processors: what newer ones have takes longer in emulation, and so does what protects guests from each other.
KINDS = {
    "amd64": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "Nehalem",
              "-append", "root=/dev/vda rw console=ttyS0 mitigations=off"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72",
              "-append", "root=/dev/vda rw console=ttyAMA0 mitigations=off"],
}


class Failed(Exception):
    """A step did not do what it should. The text says what happened."""


class Machine:
    def __init__(self, system, place):
        self.system, self.place = system, place
        self.port = free_port()
        self.process = self.login = None
        self.control = place.folder / "control"

    def start(self):
        """Returns when root can log in."""
        kind = KINDS[self.system.architecture]
        self.place.serial.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [*kind, "-accel", "tcg,thread=multi", "-smp", "2", "-m", "2048",
             "-nodefaults", "-no-reboot", "-display", "none", "-monitor", "none",
             "-serial", "file:%s" % self.place.serial,
             "-kernel", self.place.kernel, "-initrd", self.place.initrd,
             "-drive", "file=%s,format=raw,if=none,id=disk,cache=unsafe" % self.place.disk,
             "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
             "-netdev", "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:%d-:22" % self.port,
             "-device", "virtio-net-pci,netdev=net"],
            stdin=subprocess.DEVNULL)
        self.await_sshd()

    def await_sshd(self):
        """Also after a reload: sshd is not there then, until it has started itself anew."""
        end = time.monotonic() + BOOT_BOUND
        while not self.log_in():
            if self.process.poll() is not None:
                raise Failed("QEMU ended with %d" % self.process.returncode)
            if time.monotonic() > end:
                raise Failed("nobody can log in after %d s, see %s" % (BOOT_BOUND, self.place.serial))
            time.sleep(1)

    def words(self, *words):
        return ["ssh", "-F", "none", "-i", self.place.key, "-p", str(self.port), "-S", self.control,
                "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", *words, "root@127.0.0.1"]

    def log_in(self):
        """One login serves all commands, for each takes a second or more of a processor. True if it stands."""
        self.log_out()
        self.login = subprocess.Popen(self.words("-M", "-N"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        while self.login.poll() is None:
            check = subprocess.run(self.words("-O", "check"), capture_output=True)
            if check.returncode == 0:
                return self.ssh("true").returncode == 0
            time.sleep(1)
        return False

    def log_out(self):
        if self.login is not None:
            self.login.terminate()
            self.login.wait()
        self.control.unlink(missing_ok=True)

    def ssh(self, command, bound=1800, **how):
        """As root."""
        if not how.keys() & {"input", "stdin"}:
            how["stdin"] = subprocess.DEVNULL
        words = [*self.words(), command]
        try:
            return subprocess.run(words, capture_output=True, timeout=bound, **how)
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(words, 255, late.stdout or b"", b"no answer in %d s" % bound)

    def run(self, command, status=0, bound=1800, **how):
        """Both outputs as text. Another exit status than the one expected is a failure."""
        done = self.ssh(command, bound, **how)
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode != status:
            raise Failed("%s: status %d\n%s" % (command, done.returncode, said[-3000:]))
        return said

    def send(self, source, target, names=(".",)):
        """Copies what is in a folder here to a folder there."""
        with subprocess.Popen(["tar", "-C", source, "-c", *names], stdout=subprocess.PIPE) as tar:
            self.run("mkdir -p %s && tar -C %s -x --no-same-owner" % (target, target), stdin=tar.stdout)

    def reboot(self):
        """As systemd does it. QEMU ends then, and starts anew from the same disk."""
        self.ssh("systemctl reboot", bound=60)
        self.wait(BOOT_BOUND)
        self.start()

    def wait(self, bound):
        try:
            self.process.wait(bound)
        except subprocess.TimeoutExpired:
            raise Failed("the machine did not shut down in %d s" % bound) from None

    def close(self):
        self.log_out()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
