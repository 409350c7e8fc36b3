# SPDX-License-Identifier: Apache-2.0
"""trial: what an operator and Nova do with a node, step by step, on one machine. A step that fails ends the trial,
because the next steps need it. No step needs those of APART."""

import hashlib
import json
import pathlib
import re
import shlex
import shutil
import tempfile
import time
import uuid

import disk
import package
from machine import Failed, Machine
from peer import Peer

INSTANCES = "/var/lib/nova/instances"
IMAGE = INSTANCES + "/_base/da39a3ee5e6b4b0d3255bfef95601890afd80709"
CONF = "/etc/rssh-nova.conf"
JOURNALD = "/etc/systemd/journald.conf.d"
# What others write below /etc: usermod, by which setup works, a backup.
OTHERS = {"/etc/passwd-"}
# An emulated processor on a busy machine.
PATIENCE = 20
STEPS = ("build", "boot", "install", "setup", "doctor", "session", "reboot", "session again", "takeover", "tunnel",
         "unit", "undo", "purge")
# These leave the node as it was.
APART = {"takeover", "tunnel", "unit"}
# Of tests/tunnel: what passes, what is refused, and the end of a session that has no answer.
TUNNEL = "migration_passes or is_cancelled or wrong_migration or keepalive_passes or finish_that or finish_whose"
VERSIONS = r"""
uname -r
python3 -c 'import ctypes; print(max(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1), 0) or "none")'
dpkg-query -W -f '${Version}\n' openssh-server
dpkg-query -W -f '${Version}\n' libc6
dpkg-query -W -f '${Version}\n' rsync
"""
SYNTHESIS = re.compile(r"Tested: (\d+) \| Passing: (\d+) \|")


def expect(what, found, wanted):
    if found != wanted:
        raise Failed("%s: %r, not %r" % (what, found, wanted))


class Node:
    """Where Peer finds its sshd."""

    def __init__(self, machine, place):
        self.port, self.place = machine.port, place

    def host_key(self):
        return disk.host_key(self.place)


class Trial:
    def __init__(self, system, place, reuse=False):
        self.system, self.place, self.reuse = system, place, reuse
        self.machine = Machine(system, place)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="peer-", dir=place.folder))
        self.peer = Peer(self.work / "peer", PATIENCE)
        self.versions, self.notes = [], []
        self.etc = {}

    def close(self):
        self.machine.close()
        shutil.rmtree(self.work)

    def step(self, name):
        """Seconds that it took."""
        begun = time.monotonic()
        getattr(self, "step_" + name.split(" ")[0])()
        return time.monotonic() - begun

    def step_build(self):
        if not (self.reuse and self.place.packages.exists()):
            warnings = package.make(self.system, self.place)
            if warnings:
                self.notes.append("%d warnings of the build" % warnings)

    def step_boot(self):
        """A node before rssh-nova: a peer's key opens a shell."""
        disk.make(self.system, self.place)
        self.machine.start()
        self.peer.meet(Node(self.machine, self.place))
        self.machine.run("install -d -o nova -g nova -m 700 /var/lib/nova/.ssh && cd /var/lib/nova/.ssh &&"
                         " cat >authorized_keys && chown nova: authorized_keys && chmod 600 authorized_keys &&"
                         " dd if=/dev/urandom of=%s bs=1M count=1 && chmod 644 %s" % (IMAGE, IMAGE),
                         input=(self.peer.key + "\n").encode())
        self.versions = self.machine.run(VERSIONS).split()
        self.expect_shell()
        self.etc = self.etc_now()

    def expect_shell(self):
        done = self.peer.ask("id", "-un")
        expect("id -un", (done.returncode, done.stdout, done.stderr), (0, "nova\n", ""))

    def etc_now(self):
        """{path: what it is} of everything below /etc."""
        said = self.machine.run("cd / && find etc -printf '/%p %y %m %u %g %l\\n' &&"
                                " find etc -type f -exec sha256sum {} +")
        found = {}
        for line in said.splitlines():
            first, rest = line.split(" ", 1)
            if first.startswith("/"):
                found[first] = rest
            else:
                found["/" + rest.strip()] += " " + first
        return found

    def step_install(self):
        deb = next(path.name for path in self.place.packages.glob("rssh-nova_*.deb"))
        self.machine.send(self.place.packages, "/root/packages", [deb])
        self.machine.run("DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
                         " /root/packages/" + deb)
        self.expect_shell()
        self.set("remote_filesystem_transport", "ssh, rsync")

    def step_setup(self):
        self.machine.run("rssh-nova-admin setup --dry-run && rssh-nova-admin setup --reload")
        self.machine.await_sshd()
        done = self.peer.ask("id")
        expect("id", (done.returncode, done.stdout, done.stderr.split(" (")[0]),
               (77, "", "rssh-nova: refused: unknown-command"))

    def step_doctor(self):
        """All ok, after its advice for journald was followed; without Landlock it must say so. A kernel that is older
        than Landlock lacks mount_setattr(2) too, so it gives no second wall either, and nothing is left to hold a
        transfer."""
        self.machine.run("mkdir -p %s && printf '[Journal]\\nRateLimitIntervalSec=0\\n' >%s/rate.conf &&"
                         " systemctl restart systemd-journald" % (JOURNALD, JOURNALD))
        found = self.findings()
        wanted = set() if self.system.landlock else {"landlock", "namespaces"}
        fatal = {each["check"] for each in found if each["level"] == "fatal"}
        expect("what doctor calls fatal", fatal, wanted)
        advice = [each["do"] for each in found if each["check"] == "namespaces" and each["level"] == "fatal"]
        expect("its advice", advice, [] if self.system.landlock else ["boot a kernel of 5.12 or newer"])
        warned = {each["check"] for each in found if each["level"] == "warning"}
        # Where Debian's rsync has its fixes under an old number, doctor cannot know.
        expect("what doctor warns of", warned - {"rsync"}, set())
        self.notes += ["doctor warns: " + check for check in sorted(warned)]

    def findings(self):
        done = self.machine.ssh("rssh-nova-admin doctor --json")
        try:
            return json.loads(done.stdout)["findings"]
        except ValueError:
            raise Failed("doctor: %r" % done) from None

    def step_session(self):
        """Nova's commands by both transports, and what is none of them."""
        if not self.system.landlock:
            self.expect_no_session()
            return
        since = self.machine.run("date +%s").strip()
        for transport in "ssh", "rsync":
            self.migrate(transport)
        self.expect_refusals()
        audit = self.machine.run("journalctl --sync; journalctl -q -t rssh-nova -o cat --since @%s" % since)
        done = [line for line in audit.splitlines() if "event=done" in line]
        if len(done) < 14:
            raise Failed("too few records:\n" + audit)
        noisy = [line for line in done if " denied=- " not in line + " "]
        expect("calls refused in a benign run", noisy, [])

    def migrate(self, transport):
        name = str(uuid.uuid4())
        there = "%s/%s" % (INSTANCES, name)
        disk_bytes = self.peer.migrate(transport, name)
        found = self.machine.run("cd %s && sha256sum disk disk.info" % there).split()[0::2]
        expect("what arrived", found, [hashlib.sha256(each).hexdigest() for each in (disk_bytes, b"{}")])
        image = self.work / "image"
        expect("a cached image", self.peer.nova(transport, [("copy_file", "node:" + IMAGE, str(image))]), [0])
        expect("its content", hashlib.sha256(image.read_bytes()).hexdigest(),
               self.machine.run("sha256sum " + IMAGE).split()[0])
        done = self.peer.ask("scp", "-f", there + "/disk")
        expect("the disk", (done.returncode, self.reason(done)), (77, "not-readable"))
        self.peer.remove(transport, name)
        self.machine.run("test ! -e " + there)

    @staticmethod
    def reason(done):
        words = done.stderr.split("refused: ")
        return words[1].split(" ")[0] if len(words) > 1 else done.stderr

    def expect_refusals(self):
        for words, reason in ((("id",), "unknown-command"), ((), "no-command"),
                              (("cat", "/etc/passwd"), "unknown-command")):
            done = self.peer.ask(*words)
            expect(" ".join(words), (done.returncode, done.stdout, self.reason(done)), (77, "", reason))
        expect("forwarding", self.peer.is_forwarded(22), False)

    def expect_no_session(self):
        """What must be refused without Landlock: all, or with landlock = optional each transfer."""
        there = "%s/%s" % (INSTANCES, uuid.uuid4())
        for transport in "ssh", "rsync":
            expect(transport, 0 in self.peer.nova(transport, [("create_dir", "node", there)]), False)
        self.expect_not_confined("mkdir -p " + there)
        self.machine.run("test ! -e " + there)
        self.set("landlock", "optional")
        expect("mkdir", self.peer.ask("mkdir", "-p", there).returncode, 0)
        self.expect_not_confined("scp -t %s/disk" % there)
        self.expect_not_confined("scp -f " + IMAGE)
        self.expect_not_confined("rsync --server --sender -rSe.iLsfxCIvu . " + IMAGE)
        expect("rm", self.peer.ask("rm", "-rf", there).returncode, 0)
        self.machine.run("test ! -e " + there)
        self.set("landlock", "required")

    def expect_not_confined(self, line):
        done = self.peer.ask(line)
        expect(line, (done.returncode, done.stdout, self.reason(done)), (78, "", "not-confined"))

    def set(self, key, value):
        self.machine.run("sed -i 's/^%s = .*/%s = %s/' %s && rssh-nova-admin check" % (key, key, value, CONF))

    def step_reboot(self):
        self.machine.reboot()

    def pytest(self, *words):
        """With the shell of the package, in the private namespace that these tests make."""
        self.machine.send(self.place.packages, "/root/source", [package.TESTS])
        self.machine.run("tar -C /root/source -xf /root/source/" + package.TESTS)
        self.machine.send(self.place.packages, "/root/source/build", ["rssh-nova"])
        self.machine.send(self.place.packages, "/root/source/build/tests/attack/takeover", ["takeover"])
        said = self.machine.run(
            "cd /root/source && RSSH_NOVA_BUILD=/root/source/build PYTHONDONTWRITEBYTECODE=1 CI=true"
            " RSSH_NOVA_PATIENCE=%d python3 -m pytest -p no:cacheprovider -q %s" % (PATIENCE, shlex.join(words)),
            bound=7200)
        return said.strip().splitlines()[-1]

    def step_takeover(self):
        self.notes.append("takeover: " + self.pytest("tests/attack/test_takeover.py"))

    def step_tunnel(self):
        self.notes.append("tunnel: " + self.pytest("tests/tunnel/test_client.py", "-k", TUNNEL))

    def step_unit(self):
        """Each program as CTest starts it. A test must not depend on the speed of the machine, so only the step has a
        bound."""
        self.machine.send(self.place.packages, "/root/source", [package.UNIT])
        self.machine.run("tar -C /root/source -xf /root/source/" + package.UNIT)
        programs = self.machine.run("cd /root/source/%s && ls -d test_*" % package.UNIT_PLACE).split()
        found, wrong = [], []
        for program in programs:
            done = self.machine.ssh("cd /root/source/%s && LD_LIBRARY_PATH=libraries ./%s --color=never"
                                    % (package.UNIT_PLACE, program), bound=7200)
            said = (done.stdout + done.stderr).decode(errors="replace")
            tested = SYNTHESIS.findall(said)
            if done.returncode != 0 or len(tested) != 1 or len(set(tested[0])) != 1:
                wrong.append("%s: status %d\n%s" % (program, done.returncode, said[-2000:]))
            found += [int(each[0]) for each in tested]
        self.notes.append("unit: %d tests of %d programs, %d programs failed"
                          % (sum(found), len(programs), len(wrong)))
        expect("programs that failed", "\n".join(wrong), "")

    def step_undo(self):
        self.machine.run("rssh-nova-admin setup --undo --reload &&"
                         " rm %s/rate.conf && rmdir --ignore-fail-on-non-empty %s" % (JOURNALD, JOURNALD))
        self.machine.await_sshd()
        self.expect_shell()

    def step_purge(self):
        self.machine.run("DEBIAN_FRONTEND=noninteractive apt-get purge -y -q rssh-nova")
        after = self.etc_now()
        changed = {path for path in self.etc.keys() | after.keys() if self.etc.get(path) != after.get(path)}
        expect("left behind in /etc", sorted(changed - OTHERS), [])
        left = self.machine.run("ls -d %s /var/lib/rssh-nova /usr/bin/rssh-nova 2>/dev/null || true" % CONF)
        expect("left behind", left, "")
