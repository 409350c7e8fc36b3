# SPDX-License-Identifier: Apache-2.0
"""doctor on a host that "rssh-nova-admin setup" has set up: no fault at first, then one fault at a time."""
import errno
import json
import os
import pathlib
import pty
import platform
import re
import shutil
import subprocess
import sys
import time

import pytest
import libvirt_hook
import outgoing
import sending
from conftest import A, ADMIN, B
from host import DROP_IN, KEY, KEYS, UID, throw_away_host

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /dev of its own")
HERE = pathlib.Path(__file__).parent
FSOPEN, MOUNT_SETATTR, LANDLOCK_CREATE_RULESET = 430, 442, 444
SECCOMP = {"x86_64": 317, "aarch64": 277}[platform.machine()]
OTHER_SSHD = """HostKey /etc/ssh/key
AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
Subsystem sftp /usr/lib/openssh/sftp-server
PasswordAuthentication no
KbdInteractiveAuthentication no
Match User nova
    ForceCommand {shell}
    DisableForwarding yes
    AllowAgentForwarding no
    X11Forwarding no
    PermitTTY yes
    PermitUserRC no
    ExposeAuthInfo yes
"""


def leftover(host, uuid=A):
    """The directory of a migration that failed long ago, on a node whose libvirt has another domain."""
    path = host.top / "instances" / uuid
    path.mkdir()
    (path / "disk").write_bytes(b"half")
    for each in (path, path / "disk"):
        os.chown(each, UID, UID)
    os.setxattr(path, "user.rssh-nova.claim", b"1 1000 1 192.0.2.7 -")
    (host.top / "etc/libvirt/qemu").mkdir(parents=True)
    define(host, B)


def define(host, uuid):
    (host.top / "etc/libvirt/qemu" / f"{uuid[:4]}.xml").write_text(f"<domain>\n  <uuid>{uuid}</uuid>\n</domain>\n")


@pytest.fixture
def host():
    with throw_away_host() as host:
        done = host.setup()
        assert (done.returncode, done.stderr) == (0, ""), done
        yield host


def checks():
    text = (HERE / "../../admin/doctor/checks.def").read_text(encoding="ascii")
    return re.findall(r'^CHECK\("([\w-]+)"', text, re.M)


def test_a_host_after_setup_has_no_fault(host):
    found = host.findings()
    assert [finding for finding in found if finding["level"] != "ok"] == []
    assert [finding["check"] for finding in found] == checks()
    done = host.run()
    assert done.returncode == 0 and len(done.stdout.splitlines()) == len(checks()) + 1
    assert done.stdout.endswith(f"\n0 fatal, 0 warnings, {len(checks())} ok\n")


def test_the_worst_comes_first(host):
    host.sshd("PermitTTY no", "")
    host.append("etc/ssh/sshd_config", "DenyUsers nova\n")
    host.sub("etc/rssh-nova.conf", "ssh, rsync", "rsync")
    lines = host.run().stdout.splitlines()
    levels = [line.split()[0] for line in lines[:-1] if not line.startswith(" ")]
    assert levels[:3] == ["fatal", "fatal", "warning"] and set(levels[3:]) == {"ok"}
    assert [line.split()[1] for line in lines[:4:2]] == ["login", "nova-conf"]
    assert lines[-1] == f"2 fatal, 1 warning, {len(checks()) - 3} ok"


@pytest.mark.parametrize("env, coloured", [
    ({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": ""}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ({"TERM": "dumb"}, False), ({}, False)])
def test_colours_on_a_terminal(env, coloured):
    ours, theirs = pty.openpty()
    subprocess.run([ADMIN, "doctor"], stdout=theirs, env=env, user=65534, group=65534, extra_groups=[], timeout=60)
    os.close(theirs)
    said = os.read(ours, 4096).decode()
    os.close(ours)
    assert ("\x1b[31mfatal   \x1b[0m root" in said) == coloured and ("\x1b" in said) == coloured
    assert "fatal" in said


def test_without_root_it_runs_no_check():
    for words in ([], ["--json"]):
        done = subprocess.run([ADMIN, "doctor", *words], capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
        assert (done.returncode, done.stderr) == (2, "") and done.stdout.count("doctor ran no check") == 1
    assert [finding["check"] for finding in json.loads(done.stdout)["findings"]] == ["root"]


def test_a_directory_that_may_be_an_instance_is_no_leftover(host):
    """It is a domain of libvirt, has a file of another user, is empty, or is within the grace time."""
    leftover(host)
    path = host.top / "instances" / A

    def finds():
        return [each["level"] for each in host.findings() if each["check"] == "instances"] == ["warning"]

    assert finds()
    define(host, A)
    assert not finds()
    (host.top / f"etc/libvirt/qemu/{A[:4]}.xml").unlink()
    os.chown(path / "disk", UID + 1, UID)
    assert not finds()
    os.chown(path / "disk", UID, UID)
    recent = f"1 {int(time.time()) - 86400 - 60} 1 192.0.2.7 -".encode()
    os.setxattr(path, "user.rssh-nova.claim", recent)
    assert not finds()
    os.setxattr(path, "user.rssh-nova.claim", b"1 1000 1 192.0.2.7 -")
    (path / "disk").unlink()
    assert not finds()


def without_call(number, error=errno.ENOSYS):
    return (sys.executable, HERE / "deny.py", str(number), str(error))


def ramfs(host):
    (host.top / "ramfs").mkdir()
    host.sub("etc/rssh-nova.conf", "/instances\n", "/ramfs\n")


def link_instance(host):
    os.symlink("/etc", host.top / "instances" / A)


def link_root(host):
    (host.top / "instances").rename(host.top / "real")
    (host.top / "instances").symlink_to("real")


def link_root_to(name):
    def link(host):
        (host.top / "instances").rename(host.top / name)
        (host.top / "instances").symlink_to(name)
    return link


def own_config(host):
    os.chown(host.top / "etc/rssh-nova.conf", UID, -1)


def own_keys(host):
    os.chown(host.top / KEYS, UID, -1)


def keys(text):
    return lambda host: host.write(KEYS, text)


def no_keys(host):
    host.write(KEYS, "")
    host.path("home/.ssh/authorized_keys").unlink()


def sshd(*changes):
    """Replaces each old text by the new text that follows it."""
    return lambda host: [host.sshd(old, new) for old, new in zip(changes[::2], changes[1::2])]


def globally(text):
    return lambda host: host.append("etc/ssh/sshd_config", text + "\n")


def config(text):
    return lambda host: host.append("etc/rssh-nova.conf", text)


def shadow(line):
    return lambda host: host.write("etc/shadow", f"root:*:19000::::::\nnova:{line}\n", 0o600)


def key_command(script, mode=0o755, more="", user="nobody"):
    """AuthorizedKeysCommand is a script."""
    def arrange(host):
        host.write("bin/keys", "#!/bin/sh\n" + script, mode)
        host.sshd("Subsystem", f"AuthorizedKeysCommand {host.top}/bin/keys{more}\nAuthorizedKeysCommandUser {user}\nSubsystem")
    return arrange


def put(name, text):
    def arrange(host):
        host.path(name).parent.mkdir(parents=True, exist_ok=True)
        host.write(name, text)
    return arrange


def nova(text):
    return lambda host: host.append("etc/nova/nova.conf", text)


def peers(text, mode=0o644):
    """A peers file; for None the configuration names one that does not exist."""
    def arrange(host):
        if text is not None:
            host.write("etc/peers", text, mode)
        host.append("etc/rssh-nova.conf", "[claims]\npeers_file = /etc/peers\n")
    return arrange


def trusts(*steps, more="", ca=f"# who signs\n{KEY}\n"):
    """sshd trusts an authority."""
    def arrange(host):
        host.write("etc/ssh/ca.pub", ca)
        host.sshd("Subsystem", f"TrustedUserCAKeys /etc/ssh/ca.pub\n{more}Subsystem")
        for step in steps:
            step(host)
    return arrange


def principals(text, pattern="/etc/ssh/principals.%u", *steps):
    return trusts(lambda h: h.write("etc/ssh/principals.nova", text), *steps, more=f"AuthorizedPrincipalsFile {pattern}\n")


def principals_command(script, more="", user="nobody", mode=0o755):
    def arrange(host):
        host.write("bin/principals", "#!/bin/sh\n" + script, mode)
        trusts(more=f"AuthorizedPrincipalsCommand {host.top}/bin/principals{more}\nAuthorizedPrincipalsCommandUser {user}\n")(host)
    return arrange


def owned(name, uid=UID, gid=-1):
    return lambda h: os.chown(h.path(name), uid, gid)


NOVA_OF_KOLLA = "[libvirt]\nlive_migration_uri = 'qemu+ssh://nova@%s/system'\n"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC x@y"
UNFORCED, FORWARDING = ("\tForceCommand", "#"), ("\tDisableForwarding yes\n", "")
METHODS = ("\tAuthenticationMethods publickey\n", "")
# fault: how to make it, the check that finds it, the level, part of the text or fix, a command that runs doctor


def tunnel(host, mode=None):
    """Live migration by ssh, and the tunnel for it is on; the socket of syslog, of that mode, stands for libvirt's."""
    libvirt_hook.hook(host)
    nova("live_migration_scheme = ssh\n")(host)
    host.append("etc/rssh-nova.conf", "[libvirt]\ntunnel = on\n" + ("" if mode is None else "socket = /dev/log\n"))
    if mode is not None:
        (host.top / "dev/log").chmod(mode)


def journald(**files):
    """A host with journald: a command that runs doctor there."""
    lines = ["mkdir -p /run/systemd/journal", ": >/run/systemd/journal/socket"]
    lines += ["mkdir -p %s" % os.path.dirname(path) for path in files]
    lines += ["printf '[Journal]\\n%s\\n' >%s" % (text, path) for path, text in files.items()]
    return ("sh", "-euc", "; ".join(lines) + '; exec "$@"', "sh")


def rsyslog(text, more=""):
    return lambda h: (h.write("etc/rsyslog.conf", text), h.write("etc/rsyslog.d/20-more.conf", more))


IMUXSOCK = 'module(load="imuxsock") # provides support for local system logging\n'
IMJOURNAL = 'module(load="imuxsock"\n\tSysSock.Use="off")\nmodule(load="imjournal"\n\tStateFile="imjournal.state"%s)\n'
JOURNALD = ("/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/50-a.conf", "/run/systemd/journald.conf.d/60-b.conf",
            "/run/systemd/journald.conf.d/50-a.conf")
BROKEN = {
    "journald": (lambda h: None, "rate-limits", "warning", "journald drops", journald()),
    "journald, set": (lambda h: None, "rate-limits", "warning", "journald drops",
                      journald(**{JOURNALD[0]: "RateLimitIntervalSec=0\\nRateLimitIntervalSec=1min"})),
    "journald, reset": (lambda h: None, "rate-limits", "warning", "journald drops",
                        journald(**{JOURNALD[0]: "RateLimitBurst=0", JOURNALD[1]: "RateLimitBurst="})),
    "journald, another section": (lambda h: None, "rate-limits", "warning", "journald drops",
                                  journald(**{JOURNALD[0]: "[Other]\\nRateLimitBurst=0"})),
    "journald, a comment": (lambda h: None, "rate-limits", "warning", "journald drops",
                            journald(**{JOURNALD[0]: "#RateLimitBurst=0"})),
    "journald, the last drop-in": (lambda h: None, "rate-limits", "warning", "journald drops",
                                   journald(**{JOURNALD[1]: "RateLimitBurst=0", JOURNALD[2]: "RateLimitBurst=9"})),
    "journald, a drop-in over another": (lambda h: None, "rate-limits", "warning", "journald drops",
                                         journald(**{JOURNALD[1]: "RateLimitBurst=9", JOURNALD[3]: "RateLimitBurst=0"})),
    "journald behind imjournal": (rsyslog(IMJOURNAL % ' ratelimit.interval="0"'), "rate-limits", "warning", "journald drops",
                                  journald()),
    "imjournal": (rsyslog(IMJOURNAL % ""), "rate-limits", "warning", "imjournal drops"),
    "imjournal, set": (rsyslog(IMJOURNAL % ' RateLimit.Interval="600" ratelimit.burst="20000"'), "rate-limits", "warning",
                       "imjournal drops"),
    "imjournal, of old": (rsyslog("$ModLoad imjournal # x\n"), "rate-limits", "warning", "imjournal drops"),
    "imjournal in a drop-in": (rsyslog(IMUXSOCK, IMJOURNAL % ""), "rate-limits", "warning", "imjournal drops"),
    "imuxsock": (rsyslog('module(load="imuxsock" SysSock.RateLimit.Interval="5")\n'), "rate-limits", "warning", "imuxsock drops"),
    "imuxsock, of old": (rsyslog("$ModLoad imuxsock.so\n$SystemLogRateLimitInterval 2\n"), "rate-limits", "warning",
                         "imuxsock drops"),
    "no user": (lambda h: h.sub("etc/passwd", "nova:", "nava:"), "user", "fatal", "no user nova exists"),
    "root": (lambda h: h.passwd(uid=0), "user", "fatal", "is root"),
    "login shell": (lambda h: h.passwd(shell="/bin/sh"), "login-shell", "warning", "only sshd's ForceCommand"),
    "no shell at all": (lambda h: (h.passwd(shell="/bin/sh"), h.sshd(*UNFORCED)), "login-shell", "fatal",
                        "a key opens a shell"),
    "shell writable": (lambda h: h.shell.chmod(0o775), "login-shell", "fatal", "writable by root alone"),
    "shell of nova's": (lambda h: os.chown(h.shell, UID, -1), "login-shell", "fatal", "root's"),
    "shell gone": (lambda h: h.shell.unlink(), "login-shell", "fatal", "No such file"),
    "shells": (lambda h: h.write("etc/shells", "/bin/sh\n"), "shells", "warning", "/etc/shells"),
    "shells gone": (lambda h: (h.top / "etc/shells").unlink(), "shells", "warning", "/etc/shells"),
    "shells comment": (lambda h: h.write("etc/shells", f"#{h.shell}\n"), "shells", "warning", "/etc/shells"),
    "config gone": (lambda h: (h.top / "etc/rssh-nova.conf").unlink(), "config", "fatal",
                    "cannot open the file: /etc/rssh-nova.conf: No such file or directory: everything is refused"),
    "config invalid": (config("nonsense = 1\n"), "config", "fatal", "line 6"),
    "config writable": (lambda h: (h.top / "etc/rssh-nova.conf").chmod(0o666), "config", "fatal", "writable by"),
    "config of nova's": (own_config, "config", "fatal", "owned by root"),
    "config not readable": (lambda h: (h.top / "etc/rssh-nova.conf").chmod(0o600), "config", "fatal", "cannot read"),
    "authority of nova's": (trusts(owned("etc/ssh/ca.pub")), "certificates", "fatal", "nova can write /etc/ssh/ca.pub: it can add an authority"),
    "authority of another's": (trusts(owned("etc/ssh/ca.pub", 105)), "certificates", "warning", "users other than root can write"),
    "authority gone": (trusts(lambda h: h.path("etc/ssh/ca.pub").unlink()), "certificates", "warning", "accepts no certificate"),
    "authority without a forced command": (trusts(sshd(*UNFORCED)), "certificates", "warning", "only the authority limits a certificate"),
    "principals in the home directory": (trusts(lambda h: h.write("home/.ssh/principals", "restrict nova\n"),
                                                more="AuthorizedPrincipalsFile .ssh/principals\n"), "certificates", "warning",
                                         "and so choose which certificates may log in"),
    "principals gone": (trusts(more="AuthorizedPrincipalsFile /etc/ssh/none/%u\n"), "certificates", "warning",
                        "accepts no certificate for nova"),
    "principal without restrict": (principals("# who\n\nrestrict a\nb # restrict\n"), "certificates", "warning",
                                   "principals.nova:4: a principal without restrict"),
    "principal with a terminal": (principals('restrict,from="10.0.0.0/8, x",pty\ta\n'), "certificates", "warning", ":1: pty undoes"),
    "principal named restrict": (principals("restrict\n"), "certificates", "warning", ":1: a principal without restrict"),
    "principal without a forced command": (principals("restrict a\n", "/etc/ssh/principals.%u", sshd(*UNFORCED)), "certificates",
                                           "warning", "a principal has neither"),
    "principals of a command": (principals_command("echo a"), "certificates", "warning",
                                "AuthorizedPrincipalsCommand:1: a principal without restrict"),
    "principals of a connection": (principals_command("echo restrict a", " %i"), "certificates", "warning", "cannot check its principals"),
    "principals of a command that fails": (principals_command("exit 1"), "certificates", "warning", "cannot log in now"),
    "principals of a command of nova's": (principals_command("echo restrict a", user="nova"), "certificates", "warning",
                                          "runs as nova"),
    "keys of a command of nova's": (key_command(f"echo 'restrict {OTHER_KEY}'", user="nova"), "key-files", "warning", "runs as nova"),
    "keys of a program for all": (key_command(f"echo 'restrict {OTHER_KEY}'", mode=0o777), "key-files", "warning",
                                  "sshd does not run AuthorizedKeysCommand"),
    "keys of a program of another's": (lambda h: (key_command(f"echo 'restrict {OTHER_KEY}'")(h), owned("bin/keys", 105)(h)),
                                       "key-files", "warning", "users other than root can write"),
    "peers gone": (peers(None), "peers", "fatal", "No such file"),
    "peers broken": (peers("192.0.2.1 compute1\n"), "peers", "fatal", "peers:1: a line begins with the name"),
    "peers, an address twice": (peers("a 192.0.2.1\nb 192.0.2.2\nc 192.0.2.1\n"), "peers", "fatal", "peers:3: 192.0.2.1: "),
    "peers, a name twice": (peers("a 192.0.2.1\nb 192.0.2.2\na 192.0.2.3\n"), "peers", "fatal", "peers:3: a: "),
    "peers writable": (peers("a 192.0.2.1\n", 0o664), "peers", "fatal", "writable by group"),
    "peers not readable": (peers("a 192.0.2.1\n", 0o600), "peers", "fatal", "nova cannot read"),
    "peers of nova's": (lambda h: (peers("a 192.0.2.1\n")(h), os.chown(h.path("etc/peers"), UID, UID)), "peers", "fatal",
                        "owned by root"),
    "no space": (config("[limits]\nfree_space = 9000T\n"), "instances", "warning", "every migration to this node is refused"),
    "claims off": (config("[claims]\nmode = off\n"), "config", "warning", "any peer may overwrite"),
    "claims audited": (config("[claims]\nmode = audit\n"), "config", "warning", "any peer may overwrite"),
    "landlock optional": (config("[sandbox]\nlandlock = optional\n"), "config", "warning", "landlock = required"),
    "audit not required": (config("[audit]\nrequired = no\n"), "config", "warning", "required = yes"),
    "program gone": (config("scp = /nonexistent/scp\n"), "programs", "fatal", "/nonexistent/scp"),
    "program writable": (lambda h: (h.top / "bin/rsync").chmod(0o777), "programs", "fatal", "root alone"),
    "program set-id": (lambda h: (h.top / "bin/rsync").chmod(0o4755), "programs", "fatal", "set-id"),
    "instances gone": (lambda h: shutil.rmtree(h.top / "instances"), "instances", "fatal", "No such file"),
    "instances a link": (link_root, "instances", "fatal", "leads through a symlink"),
    "instances a link, and what to do": (link_root, "instances", "fatal", "/instances && mount --bind "),
    "instances a link to a name with a meaning": (link_root_to("re al;id"), "instances", "fatal", " mount --bind DIRECTORY "),
    "instances of root's": (lambda h: os.chown(h.top / "instances", 0, 0), "instances", "fatal", "does not belong to nova"),
    "instances writable": (lambda h: (h.top / "instances").chmod(0o777), "instances", "fatal", "everybody"),
    "instances closed": (lambda h: (h.top / "instances").chmod(0o700), "instances", "warning", "QEMU"),
    "instances with .ssh": (lambda h: (h.top / "instances/.ssh").mkdir(), "instances", "fatal", ".ssh"),
    "instance a link": (link_instance, "instances", "warning", "is a symlink"),
    "a leftover": (leftover, "instances", "warning", "runuser -P -u nova -- rm -rf -- "),
    "a leftover, or not": (lambda h: (leftover(h), shutil.rmtree(h.top / "etc/libvirt")), "instances", "warning",
                           "check that no instance"),
    "no attributes": (ramfs, "attributes", "fatal", "no user attributes"),
    "sshd_config invalid": (sshd("Match User nova", "Nonsense yes"), "sshd", "fatal", "Bad configuration option"),
    "no host key": (lambda h: (h.top / "etc/ssh/key").unlink(), "sshd", "fatal", "sshd -T"),
    "sshd ended by a signal": (lambda h: h.write("bin/sshd", "#!/bin/sh\nkill -9 $$\n", 0o755), "sshd", "fatal", "a signal ended it"),
    "sshd says why": (sshd("Match User nova", "Nonsense yes"), "sshd", "fatal", "exit status 255: "),
    "sshd not understood": (lambda h: h.wrap_sshd("s/^permittty/other/"), "sshd", "fatal", "cannot understand its output"),
    "deny the user": (globally("DenyUsers a n?v*"), "login", "fatal", "DenyUsers refuses every login of nova"),
    "deny some": (globally("DenyUsers nova@10.0.0.0/8"), "login", "warning", "from some addresses"),
    "allow others": (globally("AllowUsers root nov nova2 n?"), "login", "fatal", "AllowUsers does not name nova"),
    "deny the group": (globally("DenyGroups x nov*"), "login", "fatal", "DenyGroups"),
    "deny another group": (lambda h: (h.append("etc/group", "more:x:70001:root,nova\n"), globally("DenyGroups more")(h)), "login",
                           "fatal", "DenyGroups"),
    "allow other groups": (globally("AllowGroups root sshusers"), "login", "fatal", "AllowGroups"),
    "nologin": (lambda h: h.write("etc/nologin", ""), "login", "fatal", "/etc/nologin exists"),
    "nologin of PAM": (lambda h: h.write("run-nologin", ""), "login", "fatal", "/run/nologin exists"),
    "expired": (shadow("*:19000:0:99999:7::10:"), "login", "fatal", "has expired"),
    "old password": (shadow("*:10:0:90:7:::"), "login", "fatal", "password of nova has expired"),
    "new password": (shadow("*:0:0:99999:7:::"), "login", "fatal", "password of nova has expired"),
    "locked": (lambda h: (shadow("!:19000::::::")(h), h.sshd("UsePAM yes", "UsePAM no")), "login", "fatal", "is locked"),
    "locked with a password": (lambda h: (shadow("!$6$x:19000::::::")(h), h.sshd("UsePAM yes", "UsePAM no")), "login", "fatal",
                               "is locked"),
    "login shell missing": (lambda h: h.passwd(shell="/bin/nosuch"), "login-shell", "fatal", "refuses every login"),
    "login shell false": (lambda h: h.passwd(shell="/bin/false"), "login-shell", "fatal", "runs nothing"),
    "login shell nologin": (lambda h: h.passwd(shell="/usr/sbin/nologin"), "login-shell", "fatal", "runs nothing"),
    "internal sftp": (lambda h: (h.sshd("/usr/lib/openssh/sftp-server", "internal-sftp"), h.sshd(*UNFORCED)),
                      "subsystem", "fatal", "bypasses the login shell"),
    "other internal": (lambda h: (h.append("etc/ssh/sshd_config", "Subsystem x internal-sftp -d /\n"), h.sshd(*UNFORCED)),
                       "subsystem", "fatal", "bypasses the login shell"),
    "forced elsewhere": (sshd("ForceCommand", "ForceCommand internal-sftp #"), "subsystem", "fatal", "ForceCommand is"),
    "forced alike": (sshd("bin/rssh-nova", "bin/rssh-nova2"), "subsystem", "fatal", "ForceCommand is"),
    "sftp elsewhere": (sshd("/usr/lib/openssh/sftp-server", "/opt/sftp-server"), "subsystem", "warning", "[programs]"),
    **{f"sftp with {option}": (sshd("openssh/sftp-server", f"openssh/sftp-server -l INFO {option}"), "subsystem", "warning",
                               "no options except") for option in ("-u 0027", "-d /srv", "-R", "-P remove", "-l INFO", "-h")},
    "internal sftp with options": (sshd("/usr/lib/openssh/sftp-server", "internal-sftp -u 0027"), "subsystem", "warning",
                                   "no options except"),
    "no sftp": (sshd("Subsystem", "#"), "subsystem", "warning", "cannot copy"),
    "tcp": (sshd(*FORWARDING, "AllowTcpForwarding no", "AllowTcpForwarding yes"), "forwarding", "fatal",
            "AllowTcpForwarding no"),
    "local only": (sshd(*FORWARDING, "AllowTcpForwarding no", "AllowTcpForwarding local"), "forwarding", "fatal",
                   "AllowTcpForwarding no"),
    "streams": (sshd(*FORWARDING, "AllowStreamLocalForwarding no", ""), "forwarding", "fatal",
                "AllowStreamLocalForwarding no"),
    "tunnel": (sshd(*FORWARDING, "PermitTunnel no", "PermitTunnel yes"), "forwarding", "fatal", "PermitTunnel no"),
    "agent": (sshd("AllowAgentForwarding no", ""), "forwarding", "warning", "CVE-2025-32728"),
    "x11": (sshd("X11Forwarding no", ""), "forwarding", "warning", "CVE-2025-32728"),
    "agent alone": (sshd(*FORWARDING, "AllowAgentForwarding no", ""), "forwarding", "fatal", "AllowAgentForwarding no"),
    "x11 alone": (sshd(*FORWARDING, "X11Forwarding no", ""), "forwarding", "fatal", "X11Forwarding no"),
    "drop-in gone": (lambda h: h.path(DROP_IN).unlink(), "forwarding", "fatal", "AllowTcpForwarding no"),
    "drop-in not read": (sshd("Include", "#"), "forwarding", "fatal", "AllowTcpForwarding no"),
    "another before it": (lambda h: h.write("etc/ssh/sshd_config.d/00-a.conf", "Match User no*\nPermitTTY yes\n"),
                          "session", "warning", "PermitTTY no"),
    "terminal": (sshd("PermitTTY no", ""), "session", "warning", "PermitTTY no"),
    "rc": (sshd("PermitUserRC no", ""), "session", "warning", "PermitUserRC no"),
    "environment": (globally("PermitUserEnvironment yes"), "session", "fatal", "PermitUserEnvironment no"),
    "some environment": (globally("PermitUserEnvironment LANG"), "session", "fatal", "PermitUserEnvironment no"),
    **{f"env {pattern}": (sshd("LC_*", "LC_* " + pattern), "accept-env", "fatal", "AcceptEnv " + pattern)
       for pattern in ("SSH_*", "LD_*", "*", "S*", "SSH_CONNECTION", "LD_PRELOAD", "?D_PRELOAD", "GLIBC_TUNABLES", "LD_X*")},
    "password": (sshd(*METHODS, "PasswordAuthentication no", ""), "authentication", "warning", "PasswordAuthentication no"),
    "keyboard": (sshd(*METHODS, "KbdInteractiveAuthentication no", "KbdInteractiveAuthentication yes"), "authentication",
                 "warning", "KbdInteractive"),
    "empty password": (sshd("PermitEmptyPasswords no", "PermitEmptyPasswords yes"), "authentication", "fatal",
                       "PermitEmptyPasswords"),
    "not exposed": (sshd("ExposeAuthInfo yes", ""), "authentication", "warning", "ExposeAuthInfo yes"),
    "not exposed, needed": (lambda h: (h.sshd("ExposeAuthInfo yes", ""), h.append("etc/rssh-nova.conf", "[claims]\nidentity = key\n")),
                            "authentication", "fatal", "ExposeAuthInfo yes"),
    "keys in nova's home": (sshd("AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u", "AuthorizedKeysFile .ssh/authorized_keys"), "key-files", "warning", "home"),
    "keys of nova's": (own_keys, "key-files", "warning", "nova can write"),
    "keys writable": (lambda h: (h.top / KEYS).chmod(0o666), "key-files", "warning", "nova can write"),
    "keys' directory": (lambda h: os.chown((h.top / KEYS).parent, UID, -1), "key-files", "warning", "nova can write"),
    "keys at home": (lambda h: h.append("home/.ssh/authorized_keys", f"{OTHER_KEY}\n"), "key-files", "warning", "1 keys in"),
    "keys at home, the old file": (lambda h: h.write("home/.ssh/authorized_keys2", f'command="x" {OTHER_KEY}\n# {KEY}x\n'),
                                   "key-files", "warning", "authorized_keys2"),
    "no key at all": (keys("# none yet\n"), "keys", "warning", "no key can log in as nova"),
    "no key of a command either": (lambda h: (keys("")(h), key_command("exit 0")(h)), "keys", "warning", "no key can log in"),
    "no file of keys": (lambda h: h.path(KEYS).unlink(), "keys", "warning", "no key can log in"),
    "keys of a command": (key_command(f"echo '{OTHER_KEY}'"), "keys", "warning", "AuthorizedKeysCommand:1: a key without"),
    "keys of a command, undone": (key_command(f"[ $(id -u) != 0 ] && [ $1 = nova ] && echo && echo 'restrict,pty {OTHER_KEY}'"),
                                  "keys", "warning", "AuthorizedKeysCommand:2: pty"),
    "a command with words": (key_command(f"[ \"$*\" = 'a {UID} %' ] && echo '{OTHER_KEY}'", more=" a %U %%"), "keys", "warning",
                             "AuthorizedKeysCommand:1:"),
    "a command that fails": (key_command("exit 1"), "keys", "warning", "fails"),
    "a command for a connection": (key_command("exit 0", more=" %u %k"), "keys", "warning", "cannot check its keys"),
    "a command with quotes": (key_command("exit 0", more=' "%u x"'), "keys", "warning", "cannot check its keys"),
    "a command as root": (key_command("exit 0", user="root"), "keys", "warning", "cannot check its keys"),
    "no forced command": (sshd(*UNFORCED), "keys", "warning", "neither ForceCommand nor command="),
    "a key of two forced": (lambda h: (h.sshd(*UNFORCED), keys(f'restrict,command="x" {KEY}\nrestrict {KEY}\n')(h)), "keys", "warning",
                            "nova:2: a key has neither"),
    "unrestricted": (keys(f"restrict {KEY}\n\n{KEY}\n"), "keys", "warning", "nova:3: a key without"),
    "options without": (keys(f'command="x restrict,y",no-pty {KEY}\n'), "keys", "warning", "nova:1: a key without"),
    "quoted restrict": (keys(f'command="a,restrict,\\"b" {KEY}\n'), "keys", "warning", "nova:1: a key without"),
    "undone": (keys(f"restrict,pty {KEY}\n"), "keys", "warning", "nova:1: pty undoes"),
    "undone too": (keys(f'command="x",restrict,Port-Forwarding {KEY}\n'), "keys", "warning", "port-forwarding undoes"),
    "landlock gone": (lambda h: None, "landlock", "fatal", "no Landlock", without_call(LANDLOCK_CREATE_RULESET)),
    "landlock gone, optional": (config("[sandbox]\nlandlock = optional\n"), "landlock", "warning", "no Landlock", without_call(LANDLOCK_CREATE_RULESET)),
    "namespaces off": (config("[sandbox]\nnamespaces = off\n"), "config", "warning", "namespaces = off"),
    "namespaces refused": (lambda h: None, "namespaces", "warning", "run without it", without_call(FSOPEN)),
    "namespaces refused, required": (
        config("[sandbox]\nnamespaces = required\n"), "namespaces", "fatal", "every transfer is refused", without_call(FSOPEN)),
    "landlock too old": (config("[sandbox]\nmin_abi = 1000\n"), "landlock", "fatal", "below min_abi 1000"),
    "seccomp gone": (lambda h: None, "seccomp", "fatal", "Function not implemented", without_call(SECCOMP)),
    "openat2 gone": (lambda h: None, "openat2", "fatal", "Function not implemented", without_call(437)),
    "old rsync": (lambda h: h.program("rsync", "rsync  version 3.2.7  protocol version 31"), "rsync", "warning",
                  "CVE-2024-12084"),
    "rsync not so old": (lambda h: h.program("rsync", "rsync  version 3.4.4  protocol version 32"), "rsync", "warning",
                         "CVE-2026-53785"),
    "rsync without version": (lambda h: h.program("rsync", "hello"), "rsync", "warning", "does not print"),
    "old ssh": (lambda h: h.program("ssh", "OpenSSH_9.7p1, OpenSSL 3.0"), "openssh", "warning", "CVE-2024-6387"),
    "old package": (lambda h: h.program("ssh", "OpenSSH_9.2p1 Debian-2+deb12u2, x"), "openssh", "warning", "CVE-2024-6387"),
    "no ssh": (lambda h: h.program("ssh", ""), "openssh", "warning", "does not print"),
    "no syslog": (lambda h: (h.top / "dev/log").unlink(), "syslog", "fatal", "everything is refused"),
    "dead syslog": (lambda h: h.socket.close(), "syslog", "fatal", "everything is refused"),
    "closed syslog": (lambda h: h.path("dev/log").chmod(0o755), "syslog", "fatal", "nova cannot write /dev/log"),
    "no syslog, not required": (lambda h: (h.append("etc/rssh-nova.conf", "[audit]\nrequired = no\n"), (h.top / "dev/log").unlink()), "syslog",
                                "warning", "cannot record anything"),
    "nova with two slashes": (lambda h: h.sub("etc/nova/nova.conf", "/instances", "//instances"), "nova-conf", "fatal",
                              "single slashes"),
    "nova elsewhere": (lambda h: h.sub("etc/nova/nova.conf", "/instances", "/instances2"), "nova-conf", "fatal",
                       "instances2"),
    "nova by rsync": (lambda h: (h.sub("etc/nova/nova.conf", "virt_type = kvm", "remote_filesystem_transport=rsync"),
                                 h.sub("etc/rssh-nova.conf", "ssh, rsync", "ssh")), "nova-conf", "fatal", "rsync"),
    **{f"nova elsewhere in {name}": (put(name, "[DEFAULT]\ninstances_path = '/srv/$libvirt.virt_type'\n[libvirt]\nvirt_type = 1\n"),
                                     "nova-conf", "fatal", "is /srv/1,")
       for name in ("etc/nova/nova.conf.d/a.conf", "etc/nova/nova-compute.conf.d/a.conf", "etc/nova/nova-compute.conf",
                    "etc/kolla/nova-compute/nova.conf", "var/lib/openstack/config/nova/01-nova.conf",
                    "var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf")},
    "two of a directory": (lambda h: (put("etc/nova/nova.conf.d/a.conf", "[DEFAULT]\ninstances_path = /a\n")(h),
                                      put("etc/nova/nova.conf.d/b.conf", "[DEFAULT]\ninstances_path = /b\n")(h)), "nova-conf", "fatal",
                           "instances_path in /etc/nova/nova.conf and 2 more is /b,"),
    "state_path alone": (lambda h: h.write("etc/nova/nova.conf", "[DEFAULT]\nstate_path = /srv\n"), "nova-conf", "fatal",
                         "is /srv/instances"),
    "no state_path": (lambda h: h.write("etc/nova/nova.conf", "[DEFAULT]\n"), "nova-conf", "fatal", "is /var/lib/nova/instances"),
    "another image cache": (nova("[image_cache]\nsubdirectory_name = cache\n"), "nova-conf", "warning", "which no peer may read"),
    "another image cache, by its older name": (nova("[DEFAULT]\nimage_cache_subdirectory_name = cache\n"), "nova-conf", "warning",
                                               "subdirectory_name in /etc/nova/nova.conf is cache"),
    **{f"{kind} images with copy-on-write, {line or 'by default'}": (
        nova(f"[DEFAULT]\n{line}\n[libvirt]\nimages_type = {kind}\n"), "nova-conf", "warning", f"images_type in /etc/nova/nova.conf is {kind}")
       for kind in ("raw", "flat") for line in ("", "use_cow_images = True", "use_cow_images = yes")},
    "a variable of Nova's": (nova("[image_cache]\nsubdirectory_name = _base_$my_ip\n"), "nova-conf", "warning", "that doctor does not know"),
    "invalid nova.conf": (nova("nonsense\n"), "nova-conf", "warning", "line 6: oslo.config cannot read it"),
    "nova.conf is a directory": (lambda h: (h.path("etc/nova/nova.conf").unlink(), h.path("etc/nova/nova.conf").mkdir()), "nova-conf",
                                 "warning", "not compared"),
    **{f"live by {uri}": (nova(f"live_migration_uri = {uri}\n"), "live-migration", "fatal", f"this account, {uri} (/etc/nova/nova.conf)")
       for uri in ("qemu+ssh://nova@%s/system", "qemu+ssh://nova@%s:2022/system?keyfile=/x@y", "qemu+ssh://%s/system",
                   "qemu+libssh2://nova@%s/system", "qemu+libssh://%s/system?a=b@c")},
    "live by a scheme": (nova("live_migration_scheme = ssh\n"), "live-migration", "fatal", "this account, qemu+ssh://%s/system"),
    "live by a tunnel that has no socket": (lambda h: tunnel(h), "live-migration", "fatal", "is no socket of root's"),
    "live by a tunnel that nova may not use": (
        lambda h: tunnel(h, 0o660), "live-migration", "fatal", "put the account into the group of the socket"),
    "live by kolla": (put("etc/kolla/nova-compute/nova.conf", NOVA_OF_KOLLA), "live-migration", "fatal", "etc/kolla"),
    "nova by default": (lambda h: h.sub("etc/rssh-nova.conf", "ssh, rsync", "rsync"), "nova-conf", "fatal", "is ssh"),
    "tunnel without a hook": (lambda h: (tunnel(h, 0o666), h.path(libvirt_hook.HOOK).unlink()), "libvirt-hook", "fatal", "no hook"),
    "tunnel with a hook that is off": (lambda h: (tunnel(h, 0o666), h.path(libvirt_hook.HOOK).chmod(0o644)), "libvirt-hook", "fatal",
                                       "not executable"),
    "tunnel without libvirt": (lambda h: h.append("etc/rssh-nova.conf", "[libvirt]\ntunnel = on\n"), "libvirt-hook", "fatal",
                               "no hook"),
    **libvirt_hook.BROKEN,
    **sending.BROKEN,
    **outgoing.BROKEN,
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_fault_is_found(host, what):
    break_it, check, level, part, *before = BROKEN[what]
    break_it(host)
    found = host.findings(before=before[0] if before else ())
    hits = [finding for finding in found if finding["check"] == check and finding["level"] == level and
            part in finding["text"] + " " + finding["do"]]
    assert hits, [finding for finding in found if finding["level"] != "ok"]
    assert all(finding["do"] for finding in found if finding["level"] != "ok")
    assert not [finding for finding in found if finding["text"].startswith("line 0")]
    assert {finding["check"] for finding in found} == set(checks())


@pytest.mark.parametrize("what", outgoing.GOOD)
def test_good_settings_of_ssh_to_other_nodes(host, what):
    outgoing.GOOD[what](host)
    assert [found["level"] for found in host.findings() if found["check"] == "outgoing"] == ["ok"]


NO_LANDLOCK = without_call(LANDLOCK_CREATE_RULESET)
NEWER, SYSCTLS, OFF = "boot a kernel of 5.12 or newer", "user.max_user_namespaces", "namespaces = off"
ADVICE = {
    "kernel before 5.12": (without_call(MOUNT_SETATTR), {NEWER, OFF}),
    "refused": (without_call(FSOPEN, errno.EPERM), {SYSCTLS, OFF}),
    # Without Landlock, a transfer needs the second wall.
    "kernel before 5.12, no Landlock": (without_call(MOUNT_SETATTR) + NO_LANDLOCK, {NEWER}),
    "refused, no Landlock": (without_call(FSOPEN, errno.EPERM) + NO_LANDLOCK, {SYSCTLS}),
}


@pytest.mark.parametrize("what", ADVICE)
def test_the_advice_for_the_second_wall_helps(host, what):
    before, wanted = ADVICE[what]
    advice = [found["do"] for found in host.findings(before=before) if found["check"] == "namespaces"]
    assert [{part for part in (NEWER, SYSCTLS, OFF) if part in each} for each in advice] == [wanted], advice


def test_each_check_has_a_fault():
    assert {row[1] for row in BROKEN.values()} == set(checks())


# As OpenSSH 10.6 prints keywords.
MIXED = "s/^permittty /PermitTTY /;s/^permit/Permit/;s/^allow/Allow/;s/^[a-z]/\\U&/;s/sshd /SSHD /"
GOOD = {
    "patched Ubuntu": lambda h: h.program("ssh", "OpenSSH_8.9p1 Ubuntu-3ubuntu0.10, OpenSSL 3.0.2"),
    "new ssh": lambda h: h.program("ssh", "OpenSSH_10.0p2, OpenSSL 3.5"),
    "old ssh without the hole": lambda h: h.program("ssh", "OpenSSH_8.4p1, OpenSSL 1.1.1"),
    "sftp that logs": sshd("openssh/sftp-server", "openssh/sftp-server -l INFO -f AUTHPRIV"),
    "sftp of another place": sshd("openssh/sftp-server", "sftp-server"),
    "internal sftp that logs": sshd("/usr/lib/openssh/sftp-server", "internal-sftp -f AUTH -l VERBOSE"),
    "internal sftp behind the forced command": sshd("/usr/lib/openssh/sftp-server", "internal-sftp"),
    "a forced command with options": sshd("bin/rssh-nova", "bin/rssh-nova --config /etc/rssh-nova.conf"),
    "a forced key": keys(f'command="/usr/bin/rssh-nova --config \\"/a b\\"",restrict {KEY}\n'),
    "from": keys(f'from="10.0.0.0/8,!10.1.1.1",Restrict {KEY}\n'),
    "no password, whatever the methods": sshd(*METHODS),
    "publickey alone": sshd("PasswordAuthentication no", "PasswordAuthentication yes"),
    "no forced command but a forced key": lambda h: (h.sshd(*UNFORCED), keys(f'restrict,command="x" {KEY}\n')(h)),
    **{f"Match {criterion}": globally(f"Match {criterion}\n\tMaxSessions 5") for criterion in (
        "User nova", "Group nova", "Host *", "LocalAddress 127.0.0.1", "LocalPort 22", "RDomain *", "Address 127.0.0.1", "All",
        "LocalPort 2222 Address 10.0.0.0/8")},
    "another port": lambda h: h.sshd("Subsystem", "Port 2222\nSubsystem"),
    "two ports": lambda h: h.sshd("Subsystem", "Port 2222\nPort 22\nSubsystem"),
    "an address with a port": lambda h: h.sshd("Subsystem", "ListenAddress [::1]:8022\nSubsystem"),
    "mixed case": lambda h: h.wrap_sshd(MIXED),
    "allowed": globally("AllowUsers root nov*\nAllowGroups root no?a\nDenyUsers nov\nDenyGroups root"),
    "allowed from some": globally("AllowUsers nova@10.0.0.0/8"),
    "an account that does not expire": shadow("*:19000:0:99999:7::99999:"),
    "a locked password behind PAM": shadow("!:19000::::::"),
    "keys at home that sshd knows": lambda h: h.append("home/.ssh/authorized_keys", f"# more\nno-pty {KEY}\n"),
    "a command without keys": key_command("exit 0"),
    "a command with a good key": key_command(f"echo 'restrict {OTHER_KEY}'"),
    "an authority": trusts(),
    "an authority and no key": lambda h: (trusts()(h), no_keys(h)),
    "all keys of a command": lambda h: (no_keys(h), key_command(f"echo 'restrict {OTHER_KEY}'")(h)),
    "principals": principals("restrict compute1\n  restrict,from=\"10.0.0.0/8, 10.1.1.1\" compute2 # the second\n"),
    "principals forced one by one": principals('command="/usr/bin/rssh-nova",restrict a\n', "/etc/ssh/principals.%u", sshd(*UNFORCED),
                                               keys(f'command="x",restrict {KEY}\n')),
    "a command with good principals": principals_command("echo restrict a", " %u %h"),
    "an authority in a line of keys": keys(f"restrict,cert-authority {KEY}\n"),
    "no nova.conf": lambda h: (h.top / "etc/nova/nova.conf").unlink(),
    "rsync not used": lambda h: (h.sub("etc/rssh-nova.conf", "ssh, rsync", "ssh"), h.program("rsync", "version 1.0.0")),
    "nova.conf with noise": lambda h: h.write("etc/nova/nova.conf", "# x\n[DEFAULT]\ninstances_path=/x\n  cont\ninstances_path "
                                              f": {h.top}/instances/\n[libvirt] \nremote_filesystem_transport = rsync\r\n"),
    "image cache of the node": lambda h: (nova("my_ip = 10.0.0.1\n[DEFAULT]\nmy_ip = 10.0.0.1\n[image_cache]\n"
                                               "subdirectory_name = _base_$my_ip\n")(h),
                                          h.append("etc/rssh-nova.conf", "[paths]\nread = _base_10.0.0.1\n")),
    **{f"{kind} images, {line}": nova(f"[DEFAULT]\n{line}\n[libvirt]\nimages_type = {kind}\n") for kind, line in (
        ("raw", "use_cow_images = False"), ("flat", "use_cow_images=off"), ("raw", "use_cow_images = 0"), ("flat", "use_cow_images = NO"),
        ("qcow2", ""), ("rbd", ""), ("default", "use_cow_images = false"))},
    "Debian's nova.conf counts": lambda h: (put("etc/init.d/nova-compute", "")(h),
                                            put("etc/nova/nova.conf.d/a.conf", "[DEFAULT]\ninstances_path = /srv\n")(h)),
    "a link to nova.conf": lambda h: (h.path("etc/nova/nova.conf").rename(h.path("etc/nova/real")),
                                      h.path("etc/nova/nova.conf").symlink_to("real")),
    **{f"live by {line}": nova(line + "\n") for line in (
        "live_migration_uri = qemu+tcp://%s/system", "live_migration_uri = qemu+tls://nova@%s/system",
        "live_migration_uri = qemu+ssh://nova_migration@%s/system", "live_migration_uri = qemu+ssh://nov@%s/system?x=nova@y",
        "live_migration_uri = qemu:///system", "live_migration_scheme = tls", "live_migration_scheme = sshx",
        "live_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = ssh",
        "live_migration_scheme = ssh\nvirt_type = parallels")},
    "live by a tunnel": lambda h: tunnel(h, 0o666),
    "config for the group": lambda h: (os.chown(h.top / "etc/rssh-nova.conf", 0, UID),
                                       (h.top / "etc/rssh-nova.conf").chmod(0o640)),
}


@pytest.mark.parametrize("what", GOOD)
def test_a_good_host_has_no_fault(host, what):
    GOOD[what](host)
    assert [finding for finding in host.findings() if finding["level"] != "ok"] == []


NO_LIMIT = {
    "no syslog that limits": (lambda h: None, ()),
    "no interval": (lambda h: None, journald(**{JOURNALD[0]: "RateLimitIntervalSec=0s"})),
    "no burst": (lambda h: None, journald(**{JOURNALD[0]: "RateLimitBurst = 0"})),
    "in a drop-in": (lambda h: None, journald(**{JOURNALD[0]: "RateLimitBurst=7", JOURNALD[2]: "RateLimitIntervalSec=0"})),
    "a drop-in over another": (lambda h: None, journald(**{JOURNALD[1]: "RateLimitBurst=0", JOURNALD[3]: "RateLimitBurst=9"})),
    "rsyslog beside journald": (rsyslog(IMUXSOCK), journald()),
    "imjournal without": (rsyslog(IMJOURNAL % ' RateLimit.Interval="0"'), journald(**{JOURNALD[0]: "RateLimitBurst=0"})),
    "imjournal of old without": (rsyslog("$ModLoad imjournal\n$imjournalRatelimitInterval 0\n"),
                                 journald(**{JOURNALD[0]: "RateLimitBurst=0"})),
    "imjournal in a comment": (rsyslog(IMUXSOCK + '#module(load="imjournal")\n'), ()),
    "imuxsock without": (rsyslog('Module(Load="imuxsock" SysSock.RateLimit.Interval="0")\n'), ()),
}


@pytest.mark.parametrize("what", NO_LIMIT)
def test_a_syslog_without_a_limit_is_no_fault(host, what):
    make, before = NO_LIMIT[what]
    make(host)
    assert [finding for finding in host.findings(before=before) if finding["level"] != "ok"] == []


def test_a_block_for_a_port_holds_only_there(host):
    host.append("etc/ssh/sshd_config", "ListenAddress 127.0.0.1:2222\n")
    host.write("etc/ssh/sshd_config.d/00-a.conf", "Match LocalPort 2222\nPermitTTY yes\nMatch LocalPort 22\nPermitUserRC yes\n")
    assert [(found["check"], found["do"]) for found in host.faults()] == [("session", "PermitTTY no")]


def faults_of(host, check, *words):
    return [finding["text"] for finding in host.findings(*words) if finding["check"] == check and finding["level"] != "ok"]


def test_another_nova_conf(host):
    host.write("etc/one", "[DEFAULT]\ninstances_path = /one\n")
    put("etc/two.d/a.conf", "[DEFAULT]\ninstances_path = /two\n")(host)
    (said,) = faults_of(host, "nova-conf", "--nova-conf", "/etc/one")
    assert said.startswith("instances_path in /etc/one is /one,")
    (said,) = faults_of(host, "nova-conf", "--nova-conf", "/etc/one", "--nova-conf", "/etc/two.d")
    assert said.startswith("instances_path in /etc/one and 1 more is /two,")
    (said,) = faults_of(host, "nova-conf", "--nova-conf", "/etc/two.d", "--nova-conf", "/etc/one")
    assert said.startswith("instances_path in /etc/two.d/a.conf and 1 more is /one,")
    assert "No such file" in faults_of(host, "nova-conf", "--nova-conf", "/etc/nowhere")[0]


@pytest.mark.parametrize("arrange,text", [
    (trusts(), "1 authorities of /etc/ssh/ca.pub can sign certificates for nova"),
    (principals("restrict a\n#b\nrestrict c\n"), "1 authorities of /etc/ssh/ca.pub can sign certificates for 2 principals, each with restrict")])
def test_the_authorities_are_counted(host, arrange, text):
    arrange(host)
    (found,) = [finding for finding in host.findings() if finding["check"] == "certificates"]
    assert (found["level"], found["text"]) == ("ok", text)


def test_the_peers_are_counted(host):
    peers("# two\ncompute1 192.0.2.1 2001:db8::1\ncompute2 192.0.2.2\n")(host)
    (found,) = [finding for finding in host.findings() if finding["check"] == "peers"]
    assert found["level"] == "ok" and found["text"] == "/etc/peers names 2 peers with 3 addresses"


def test_without_nova_conf_nothing_is_compared(host):
    host.path("etc/nova/nova.conf").unlink()
    (found,) = [finding for finding in host.findings() if finding["check"] == "nova-conf"]
    assert found["level"] == "ok" and found["text"] == "found no nova.conf, and compared nothing: name it with --nova-conf"


def test_another_sshd_config(host):
    host.write("etc/ssh/other", OTHER_SSHD.format(shell=host.shell))
    found = host.findings("--sshd-config", "/etc/ssh/other")
    assert [finding["check"] for finding in found if finding["level"] != "ok"] == ["session"]
    found = host.findings("--sshd-config", "/nonexistent")
    assert {"sshd", "forwarding", "session", "accept-env", "keys"} <= {
        finding["check"] for finding in found if finding["level"] == "fatal"}


def test_another_user(host):
    found = host.findings("--user", "sshd")
    assert {"login-shell", "forwarding", "instances"} <= {
        finding["check"] for finding in found if finding["level"] == "fatal"}


def test_a_user_that_does_not_exist(host):
    """Nothing that depends on the user is good."""
    found = host.findings("--user", "nosuchuser")
    bad = {finding["check"] for finding in found if finding["level"] == "fatal"}
    assert {"user", "login-shell", "instances", "login", "key-files", "keys", "certificates", "namespaces", "syslog"} <= bad


def test_doctor_changes_nothing(host):
    def snapshot():
        return sorted((str(path), path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_size)
                      for path in host.top.rglob("*") if "/dev/" not in str(path))
    host.run()  # makes the mount points
    before = snapshot()
    host.run()
    assert snapshot() == before
    with pytest.raises(BlockingIOError):
        host.socket.recv(1)


def test_text_of_others_cannot_control_a_terminal(host):
    host.sshd("ForceCommand", "ForceCommand \x1b[2Jx #")
    done = host.run()
    assert "\x1b" not in done.stdout and "ForceCommand is" in done.stdout


def test_the_real_programs_print_their_versions(host):
    host.sub("etc/rssh-nova.conf", f"{host.top}/bin/rsync", "/usr/bin/rsync")
    shutil.copy("/usr/bin/ssh", host.top / "bin/ssh")
    assert not [finding for finding in host.findings() if "does not print" in finding["text"]]


@pytest.mark.parametrize("words", [["word"], ["--config", "x"], ["--sshd-config"], ["--json=yes"]])
def test_wrong_usage_is_2(words):
    done = subprocess.run([ADMIN, "doctor", *words], capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"") and done.stderr != b""
