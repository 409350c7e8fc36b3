# SPDX-License-Identifier: Apache-2.0
"""setup makes all its changes and undoes them byte for byte, or it changes nothing."""
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import time

import pytest
from conftest import ADMIN, BUILD
from host import DROP_IN, KEY, KEYS, MOUNT, SSHD, UID, throw_away_host

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc and /dev of its own")
TOP = pathlib.Path(__file__).parents[2]
MANIFEST = "var/lib/rssh-nova/setup/manifest"
MAIN = "etc/ssh/sshd_config"
RSYSLOG, LOGROTATE = "etc/rsyslog.d/30-rssh-nova.conf", "etc/logrotate.d/rssh-nova"
FAIL = BUILD / "tests/admin/fail_nth.so"


@pytest.fixture
def host():
    with throw_away_host() as host:
        yield host


def recipe(host, name):
    text = (TOP / "install" / name).read_text(encoding="ascii")
    for gap, value in (("@USER@", "nova"), ("@SHELL@", str(host.shell)), ("@KEYS@", "/etc/ssh/authorized_keys.d/%u"),
                       ("@LOG_GROUP@", "adm")):
        text = text.replace(gap, value)
    return text


def changed(host, before):
    after = host.snapshot()
    return {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)}


def setup_ok(host, *words, **more):
    run = host.setup(*words, **more)
    assert (run.returncode, run.stderr) == (0, ""), run
    return run.stdout


def setup_json(host, *words, **more):
    return json.loads(setup_ok(host, "--json", *words, **more))


def assert_refused(host, *words, says, **more):
    """setup changes nothing and says why, as text and as JSON."""
    before = host.snapshot()
    run = host.setup(*words, **more)
    assert (run.returncode, run.stdout) == (1, "") and says in run.stderr, run
    assert not changed(host, before)
    run = host.setup("--json", *words, **more)
    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (1, "") and says in answer["problem"], run
    assert (answer["done"], answer["changed"]) == (False, False)
    assert not changed(host, before)
    return answer


def shell_of_nova(host):
    return re.search(r"^nova:.*:(.*)$", host.read("etc/passwd"), re.M)[1]


def sshd_settings(host, user):
    run = host.inside("/usr/sbin/sshd", "-T", "-C", f"user={user},host=x,addr=127.0.0.1,laddr=127.0.0.1,lport=22,rdomain=")
    assert run.returncode == 0, run
    return run.stdout


def test_setup_makes_every_change(host):
    root, nova = sshd_settings(host, "root"), sshd_settings(host, "nova")
    assert {finding["check"] for finding in host.faults()} >= {
        "login-shell", "forwarding", "session", "authentication", "key-files", "keys"}
    answer = setup_json(host)
    assert (answer["done"], answer["changed"], answer["reload"], answer["notes"]) == (True, True, ["sshd", "rsyslog"], [])
    assert host.read(DROP_IN) == recipe(host, "sshd/rssh-nova.conf")
    assert host.read(RSYSLOG) == recipe(host, "syslog/rsyslog.conf")
    assert host.read(LOGROTATE) == recipe(host, "syslog/logrotate")
    assert host.read("etc/shells") == f"# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n{host.shell}\n"
    assert shell_of_nova(host) == str(host.shell)
    assert [line for line in host.read(KEYS).splitlines() if line[0] != "#"] == [f"restrict {KEY}"]
    for name, mode in ((DROP_IN, 0o600), (KEYS, 0o644), ("etc/ssh/authorized_keys.d", 0o755), (RSYSLOG, 0o644),
                       (LOGROTATE, 0o644), (MANIFEST, 0o600), ("var/lib/rssh-nova/setup", 0o700)):
        st = host.path(name).stat()
        assert (st.st_mode & 0o7777, st.st_uid, st.st_gid) == (mode, 0, 0), name
    assert host.faults() == []
    assert sshd_settings(host, "root") == root and sshd_settings(host, "nova") != nova
    assert not list(host.top.rglob("*~"))


def test_every_setting_of_the_recipe_is_in_force(host):
    setup_ok(host)
    settings = dict(line.split(" ", 1) for line in sshd_settings(host, "nova").splitlines())
    rows = re.findall(r"^\t(\w+) (.*)$", recipe(host, "sshd/rssh-nova.conf"), re.M)
    assert len(rows) >= 16
    for keyword, value in rows:
        assert settings[keyword.lower()] == value
    # Every keyword of sshd_config(5) that forwards and is allowed in a Match block.
    assert {"DisableForwarding", "AllowTcpForwarding", "AllowStreamLocalForwarding", "AllowAgentForwarding",
            "X11Forwarding", "PermitTunnel", "GatewayPorts"} <= {keyword for keyword, _ in rows}


def test_a_second_run_changes_nothing_and_says_so(host):
    setup_ok(host)
    before = host.snapshot()
    answer = setup_json(host)
    assert (answer["done"], answer["changed"], answer["changes"], answer["reload"]) == (True, False, [], [])
    assert "nothing to change" in setup_ok(host)
    assert not changed(host, before)


def test_a_dry_run_tells_exactly_what_would_change(host):
    before = host.snapshot()
    text, answer = setup_ok(host, "--dry-run"), setup_json(host, "--dry-run")
    assert not changed(host, before) and not host.path("var/lib/rssh-nova").exists()
    assert (answer["done"], answer["changed"]) == (False, False)
    wanted = dict(before)
    for change in answer["changes"]:
        name = change.get("path", "/etc/passwd")[1:]
        if change["kind"] == "directory":
            wanted[name] = None
        elif change["kind"] == "file":
            wanted[name] = change["text"].encode()
        elif change["kind"] == "lines":
            wanted[name] = before[name][3] + change["text"].encode()
        else:
            assert (change["user"], change["was"]) == ("nova", "/bin/sh")
            wanted[name] = before[name][3].replace(b"home:/bin/sh", b"home:" + change["text"].encode())
        for line in change.get("text", "").splitlines():
            assert f"    + {line}\n" in text
    assert "    - /bin/sh\n" in text and text.count("\nwould ") + text.startswith("would ") == len(answer["changes"])
    assert [{**change} for change in setup_json(host)["changes"]] == answer["changes"]
    after = host.snapshot()
    own = {name for name in after if name.startswith("var/lib/rssh-nova")}
    assert set(after) - own == set(wanted)
    for name in set(after) - own:
        if wanted[name] is not None:
            content = wanted[name] if isinstance(wanted[name], bytes) else wanted[name][3]
            assert after[name][3] == content, name
    # Changed files keep their owner and mode.
    assert all(after[name][:3] == before[name][:3] for name in before)


def remove(*names):
    def prepare(host):
        for name in names:
            path = host.path(name)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return prepare


def no_include(host):
    host.sub(MAIN, "Include /etc/ssh/sshd_config.d/*.conf\n", "")


HOSTS = {
    "plain": lambda h: None,
    "shells without an end of line": lambda h: h.write("etc/shells", "/bin/sh"),
    "empty shells": lambda h: h.write("etc/shells", ""),
    "no shells": remove("etc/shells"),
    "shells names it": lambda h: h.append("etc/shells", f"{h.shell}\n"),
    "shells of another mode": lambda h: (h.path("etc/shells").chmod(0o640), os.chown(h.path("etc/shells"), 0, UID)),
    "shells names one alike": lambda h: h.append("etc/shells", f"/x{h.shell}\n{h.shell}2\n"),
    "no drop-in directory": remove("etc/ssh/sshd_config.d"),
    "no Include": no_include,
    "no Include, no end of line": lambda h: h.write(MAIN, SSHD.split("\n", 1)[1].rstrip("\n")),
    "no Include, a Match at the end": lambda h: (no_include(h), h.append(MAIN, "Match User root\n\tX11Forwarding no\n")),
    "Include of others": lambda h: h.sub(MAIN, "Include /etc/ssh/sshd_config.d/*.conf", "Include /etc/ssh/other.d/*"),
    "Include of some": lambda h: h.sub(MAIN, "sshd_config.d/*.conf", "sshd_config.d/9*.conf"),
    "a relative Include": lambda h: h.sub(MAIN, "Include /etc/ssh/", "include\t"),
    "a quoted Include": lambda h: h.sub(MAIN, "Include /etc/ssh/sshd_config.d/*.conf",
                                        'INCLUDE /etc/ssh/x.conf "/etc/ssh/sshd_config.d/*.conf" # all'),
    "an Include at the end": lambda h: (no_include(h), h.append(MAIN, "Include /etc/ssh/sshd_config.d/*.conf\n")),
    "other drop-ins": lambda h: (h.write("etc/ssh/sshd_config.d/50-a.conf", "PermitRootLogin no\nMatch User nova\nPermitTTY yes\n"),
                                 h.write("etc/ssh/sshd_config.d/.hidden.conf", "nonsense\n")),
    "our Match by hand": lambda h: h.append(MAIN, f"Match User nova\n\tForceCommand {h.shell}\n\tDisableForwarding yes\n"),
    "Match of everything": lambda h: h.append(MAIN, "".join(
        f"Match {criterion}\n\tMaxSessions 5\n" for criterion in (
            "User nova", "Group nova", "Host *", "LocalAddress 127.0.0.1", "LocalPort 22", "RDomain *", "Address 127.0.0.1", "All"))),
    "another port": lambda h: h.append(MAIN, "Port 2222\nMatch LocalPort 2222\n\tMaxSessions 5\n"),
    "mixed case of OpenSSH 10.6": lambda h: h.wrap_sshd("s/^permittty /PermitTTY /;s/^[a-z]/\\U&/"),
    "no login shell": lambda h: h.sub("etc/passwd", "home:/bin/sh", "home:"),
    "our login shell": lambda h: h.passwd(),
    "no logrotate": remove("etc/logrotate.d"),
    "no rsyslog": remove("etc/rsyslog.d", "etc/logrotate.d"),
    "keys of root's": lambda h: (h.path("etc/ssh/authorized_keys.d").mkdir(), h.write(KEYS, f"restrict {KEY}\n")),
    "no keys": remove("home/.ssh"),
    "passwd with odd lines": lambda h: h.append("etc/passwd", "\n# nova: none\n+::::::\nbroken\n"),
    "more in var": lambda h: (h.path("var/lib/rssh-nova").mkdir(), h.write("var/lib/rssh-nova/x", "")),
}


@pytest.mark.parametrize("what", HOSTS)
def test_doctor_finds_no_fault_and_undo_restores_byte_for_byte(host, what):
    HOSTS[what](host)
    before, root = host.snapshot(), sshd_settings(host, "root")
    setup_ok(host)
    assert [finding["check"] for finding in host.faults()] == (["keys"] if what == "no keys" else [])
    assert sshd_settings(host, "root") == root
    once = host.snapshot()
    assert "nothing to change" in setup_ok(host) and not changed(host, once)
    # Twice: a host after undo is like any other.
    dry = setup_json(host, "--undo", "--dry-run")
    assert not changed(host, once)
    answer = setup_json(host, "--undo")
    assert answer["changes"] == dry["changes"] != [] and answer["notes"] == []
    assert not changed(host, before)
    assert "nothing to undo" in setup_ok(host, "--undo")
    setup_ok(host)
    assert not changed(host, once)
    setup_ok(host, "--undo")
    assert not changed(host, before)


def test_without_include_the_block_goes_into_the_main_file(host):
    no_include(host)
    main = host.read(MAIN)
    setup_ok(host)
    assert host.read(MAIN) == main + recipe(host, "sshd/rssh-nova.conf") and not host.path(DROP_IN).exists()
    # Lines behind the block hold for everybody.
    host.append(MAIN, "AllowAgentForwarding no\n")
    assert "allowagentforwarding no" in sshd_settings(host, "root")
    # And it stays there when the Include comes back.
    host.write(MAIN, "Include /etc/ssh/sshd_config.d/*.conf\n" + host.read(MAIN))
    assert "nothing to change" in setup_ok(host)
    setup_ok(host, "--undo")
    assert host.read(MAIN) == "Include /etc/ssh/sshd_config.d/*.conf\n" + main + "AllowAgentForwarding no\n"


def each_failure(host, how, run, step=1):
    """Lets the first call that changes something fail, then the second, and so on until none is left. Returns how
    many there were. run takes the command that makes the call fail."""
    mark = host.path("fired")
    for number in range(1, 1000, step):
        run(("env", f"LD_PRELOAD={FAIL}", f"FAIL_NTH={number}", f"FAIL_HOW={how}", f"FAIL_MARK={mark}"))
        if not mark.exists():
            return number
        mark.unlink()
    raise AssertionError("more than 1000 calls")


def without_manifest(snapshot):
    """Everything that other programs read."""
    return {name: row for name, row in snapshot.items() if not name.startswith("var/lib/rssh-nova")}


def assert_atomic(host, before, wanted, before_it, *words):
    """Either setup fails and changes nothing, or the failure did not matter and every change is made."""
    run = host.setup(*words, before=before_it)
    if run.returncode == 0:
        assert without_manifest(host.snapshot()) == wanted, before_it
        return False
    assert run.returncode == 1 and not changed(host, before), run
    assert run.stdout == "" and run.stderr.startswith("rssh-nova-admin setup: "), run
    return True


def set_up_once(host, *words):
    setup_ok(host, *words)
    wanted = without_manifest(host.snapshot())
    setup_ok(host, "--undo")
    return wanted


@pytest.mark.parametrize("what", ["plain", "no Include, no end of line"])
def test_after_any_failure_the_host_is_unchanged(host, what):
    HOSTS[what](host)
    before, wanted, failed = host.snapshot(), set_up_once(host), []

    def run(before_it):
        failed.append(assert_atomic(host, before, wanted, before_it))
        if not failed[-1]:
            setup_ok(host, "--undo")
            assert not changed(host, before)
    assert each_failure(host, "error", run) > 60
    assert failed.count(True) > 50 and failed[-1] is False


def test_after_any_failure_of_an_upgrade_the_host_is_unchanged(host):
    setup_ok(host)
    wanted = without_manifest(host.snapshot())
    make_older(host)
    before, failed = host.snapshot(), []

    def run(before_it):
        failed.append(assert_atomic(host, before, wanted, before_it))
        if not failed[-1]:
            make_older(host)
            assert not changed(host, before)
    assert each_failure(host, "error", run) > 30
    assert failed.count(True) > 20 and failed[-1] is False


def test_undo_restores_the_host_wherever_setup_is_killed(host):
    before = host.snapshot()

    def run(before_it):
        host.setup(before=before_it)
        left = list(host.top.rglob("*~"))
        for path in left:  # the file that was being written; nobody reads it
            path.unlink()
        assert len(left) <= 1
        setup_ok(host, "--undo")
        assert without_manifest(host.snapshot()) == before
        shutil.rmtree(host.path("var/lib/rssh-nova"), ignore_errors=True)  # made before the manifest
    assert each_failure(host, "kill", run) > 60


def test_the_next_run_completes_wherever_setup_is_killed(host):
    wanted, before = set_up_once(host), host.snapshot()

    def run(before_it):
        host.setup(before=before_it)
        for path in host.top.rglob("*~"):
            path.unlink()
        setup_ok(host)
        assert without_manifest(host.snapshot()) == wanted
        setup_ok(host, "--undo")
        assert not changed(host, before)
    each_failure(host, "kill", run, step=4)


def test_undo_restores_the_host_wherever_an_upgrade_is_killed(host):
    before = host.snapshot()

    def run(before_it):
        setup_ok(host)
        make_older(host)
        host.setup(before=before_it)
        for path in host.top.rglob("*~"):
            path.unlink()
        setup_ok(host, "--undo")
        assert not changed(host, before)
    assert each_failure(host, "kill", run, step=2) > 30


def test_an_interrupt_does_not_stop_setup_in_the_middle(host):
    signals = "kill -INT $PPID; kill -TERM $PPID; kill -HUP $PPID"
    wanted = set_up_once(host)
    setup_ok(host, before=with_sshd(host, "-t", signals))
    assert without_manifest(host.snapshot()) == wanted


def test_after_any_failure_of_undo_the_next_undo_completes(host):
    before, failed = host.snapshot(), []

    def run(before_it):
        setup_ok(host)
        run = host.setup("--undo", before=before_it)
        failed.append(run.returncode != 0)
        if failed[-1]:
            assert run.returncode == 1 and run.stderr != ""
            setup_ok(host, "--undo")
        assert without_manifest(host.snapshot()) == before
        shutil.rmtree(host.path("var/lib/rssh-nova"), ignore_errors=True)
    assert each_failure(host, "error", run) > 30
    assert failed.count(True) > 20 and failed[-1] is False


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
BOUND = 'mount --bind "$0" "$0" && exec "$@"'


@pytest.mark.parametrize("path", ["/etc/ssh", "/etc/ssh/sshd_config.d", "/etc/rsyslog.d", "/etc/logrotate.d", "/var/lib"])
def test_a_read_only_directory_leaves_the_host_unchanged(host, path):
    assert_refused(host, before=("sh", "-c", READ_ONLY, path), says="Read-only file system")


@pytest.mark.parametrize("path", ["/etc/shells", "/etc/passwd"])
def test_a_file_that_cannot_be_replaced_leaves_the_host_unchanged(host, path):
    assert_refused(host, before=("sh", "-c", BOUND, path), says="usermod" if path == "/etc/passwd" else "busy")


def test_a_lock_on_passwd_leaves_the_host_unchanged(host):
    host.write("etc/passwd.lock", str(os.getpid()))
    assert_refused(host, says="/usr/sbin/usermod --shell")


def test_a_second_setup_at_the_same_time_is_refused(host):
    (host.top / "var/lib/rssh-nova/setup").mkdir(parents=True)
    (host.top / "var/lib/rssh-nova/setup").chmod(0o700)
    assert_refused(host, before=("flock", "/var/lib/rssh-nova/setup"), says="another setup runs")


def with_sshd(host, case, act):
    """Replaces sshd by one that differs in one call."""
    host.write("bin/sshd", f'#!/bin/bash\ncase "$*" in {case}) {act} ;; esac\n'
               f'exec -a /usr/sbin/sshd {host.top}/bin/sshd.real "$@"\n', 0o755)
    shutil.copy("/usr/sbin/sshd", host.path("bin/sshd.real"))
    return ("sh", "-c", 'mount --bind "$0" /usr/sbin/sshd && exec "$@"', str(host.path("bin/sshd")))


def test_a_changed_setting_of_root_is_refused(host):
    before = with_sshd(host, "*user=root*-f*", f'{host.top}/bin/sshd.real "$@" | sed s/permitrootlogin.*/permitrootlogin\\ no/; exit')
    assert_refused(host, before=before, says='a setting of root\'s would change: "permitrootlogin no"')


def test_a_configuration_with_which_sshd_would_not_start_is_refused(host):
    assert_refused(host, before=with_sshd(host, "-t\\ -f*", "echo bad >&2; exit 255"), says="sshd -t with the new settings fails: bad")


def test_a_configuration_that_fails_once_installed_is_undone(host):
    """The check of the stage succeeds, and the check of the installed files fails."""
    before = with_sshd(host, "-t", "if [ -e /etc/ssh/sshd_config.d/00-rssh-nova.conf ]; then echo bad >&2; exit 255; fi")
    assert_refused(host, before=before, says="sshd -t fails: bad")


def drop_in_of_another(host):
    host.write(DROP_IN, "# mine\n")


def earlier_match(host):
    host.write("etc/ssh/sshd_config.d/00-a.conf", "Match User nova\nAllowTcpForwarding yes\n")


REFUSED = {
    "a drop-in of another": (drop_in_of_another, "00-rssh-nova.conf is not as setup writes it"),
    "a Match before ours": (earlier_match, 'allowtcpforwarding would be "yes", not "no"'),
    "an Include for others": (lambda h: h.sub(MAIN, "Include", "Match User x\nInclude"), "not allowed within a Match"),
    "a broken sshd_config": (lambda h: h.append(MAIN, "Nonsense yes\n"), "Bad configuration option"),
    "no sshd_config": (lambda h: h.path(MAIN).unlink(), "sshd_config"),
    "a link for sshd_config": (lambda h: (h.path(MAIN).rename(h.path("etc/ssh/real")), h.path(MAIN).symlink_to("real")),
                               "sshd_config: Too many levels of symbolic links"),
    "no such user": (lambda h: h.sub("etc/passwd", "nova:", "nava:"), "no user nova exists"),
    "root": (lambda h: h.passwd(uid=0), "is root:"),
    "an invalid configuration": (lambda h: h.append("etc/rssh-nova.conf", "nonsense = 1\n"), "everything would be refused: line 6"),
    "no configuration": (lambda h: h.path("etc/rssh-nova.conf").unlink(), "everything would be refused"),
    "a shell that all can write": (lambda h: h.shell.chmod(0o777), "root alone"),
    "a shell of nova's": (lambda h: os.chown(h.shell, UID, -1), "root's"),
    "a shell in a directory of nova's": (lambda h: os.chown(h.path("bin"), UID, -1), "/bin must belong to root"),
    "a shell in a directory that others can write": (lambda h: h.path("bin").chmod(0o775), "/bin must belong to root"),
    "a shell in a closed directory": (lambda h: h.path("bin").chmod(0o700), "all must reach it"),
    "no shell": (lambda h: h.shell.unlink(), "No such file"),
    "keys that cannot be read": (lambda h: (h.path("home/.ssh/authorized_keys").unlink(),
                                            h.path("home/.ssh/authorized_keys").mkdir()), "cannot copy the keys of "),
    "keys that are a FIFO": (lambda h: (h.path("home/.ssh/authorized_keys").unlink(),
                                        os.mkfifo(h.path("home/.ssh/authorized_keys"))), "cannot copy the keys of "),
    "keys that are root's secret": (lambda h: (h.write("etc/ssh/secret", KEY, 0o600), h.path("home/.ssh/authorized_keys").unlink(),
                                               h.path("home/.ssh/authorized_keys").symlink_to("/etc/ssh/secret")),
                                    "authorized_keys: Permission denied"),
    "an instances directory that is a link": (lambda h: ((h.top / "instances").rename(h.top / "real"),
                                                         (h.top / "instances").symlink_to("real")),
                                              "everything would be refused: instances_path "),
    "a manifest of another kind": (lambda h: ((h.top / MANIFEST).parent.mkdir(parents=True), h.write(MANIFEST, "{}")),
                                   "is not a manifest of this version"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_unfit_host_is_refused_and_unchanged(host, what):
    break_it, says = REFUSED[what]
    break_it(host)
    assert_refused(host, says=says)
    assert_refused(host, "--dry-run", says=says)


@pytest.mark.parametrize("name", ["no*", "!nova", "a,b", "-x", "", "no va", "nova\nMatch all", "n" * 100])
def test_a_user_that_sshd_would_read_as_a_pattern_is_refused(host, name):
    assert_refused(host, "--user", name, says="sshd_config cannot name this user")


@pytest.mark.parametrize("path", ["rssh-nova", "/bin/sh", "/opt/x y/rssh-nova", "/opt/%u/rssh-nova", "/opt/a:b/rssh-nova",
                                  "/opt/x\n/rssh-nova"])
def test_a_shell_whose_path_does_not_fit_passwd_is_refused(host, path):
    before = host.snapshot()
    run = host.inside(ADMIN, "setup", "--shell", path)
    assert run.returncode == 1 and "is not rssh-nova, or its path does not fit" in run.stderr and not changed(host, before)


def test_a_user_who_is_not_in_passwd_is_refused(host):
    host.sub("etc/passwd", "nova:", "nava:")
    assert_refused(host, before=("env", f"LD_PRELOAD={BUILD}/tests/admin/elsewhere.so"), says="user nova is not in /etc/passwd")


def test_a_second_user_is_refused_until_undo(host):
    host.append("etc/passwd", f"nava:x:64056:64056::{host.top}/home2:/bin/sh\n")
    setup_ok(host)
    assert_refused(host, "--user", "nava", says="set up for nova: run setup --undo first")
    assert_refused(host, "--user", "nava", "--undo", says="set up for nova")
    setup_ok(host, "--undo")
    assert "rssh-nova-admin doctor --user nava\n" in setup_ok(host, "--user", "nava")
    assert "Match User nava\n" in host.read(DROP_IN) and host.path("etc/ssh/authorized_keys.d/nava").exists()
    assert {finding["check"] for finding in host.findings("--user", "nava") if finding["level"] != "ok"} == {"instances", "keys"}
    setup_ok(host, "--undo")


LINES = {
    KEY: f"restrict {KEY}",
    f"restrict {KEY}": f"restrict {KEY}",
    f"restrict,pty,from=\"10.0.0.0/8\" {KEY}": f"restrict,from=\"10.0.0.0/8\" {KEY}",
    f"no-pty,Port-Forwarding,X11-Forwarding,agent-forwarding,USER-RC {KEY}": f"restrict,no-pty {KEY}",
    f'command="a,pty,\\"b,pty" {KEY}': f'restrict,command="a,pty,\\"b,pty" {KEY}',
    f'from="a b",pty\t{KEY}': f'restrict,from="a b" {KEY}',
    f"  {KEY}  ": f"restrict {KEY}  ",
    f"{KEY}\r": f"restrict {KEY}",
    f"cert-authority {KEY}": f"restrict,cert-authority {KEY}",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHA": "restrict ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHA",
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5": "restrict sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5",
    "# a comment": None, "": None,
}
NO_KEYS = ["password = secret", "root:$6$x:1:0:99999:7:::", f"restrict{KEY}", "ssh-rsa", "ssh-rsa !!!!!!!!!!!!!!!!!!!!",
           f"{KEY}\x1b[2J", f"{KEY}\x07", "connection = mysql://nova:pw@db/nova", f'from="x {KEY}']


def test_only_keys_are_copied_and_each_gets_restrict(host):
    host.write("home/.ssh/authorized_keys", "\n".join([*LINES, *NO_KEYS]))
    answer = setup_json(host)
    found = [line for line in host.read(KEYS).splitlines() if not line.startswith("#")]
    assert found == [line for line in LINES.values() if line]
    assert [note for note in answer["notes"] if note.startswith(f"{len(NO_KEYS)} lines of nova's")], answer["notes"]
    assert [note for note in answer["notes"] if "command= of 1 keys" in note]
    assert "restrict" not in host.read("home/.ssh/authorized_keys").splitlines()[0]
    assert host.faults() == []


def test_both_files_of_keys_are_copied(host):
    host.write("home/.ssh/authorized_keys2", KEY.replace("peer", "second") + "\n")
    setup_ok(host)
    assert host.read(KEYS).count("\nrestrict ") == 2


def test_a_note_says_that_no_key_was_found(host):
    host.path("home/.ssh/authorized_keys").unlink()
    assert "no key of nova was found: put the keys" in setup_ok(host)


@pytest.mark.parametrize("line, says", [
    ("PermitUserEnvironment yes\n", "PermitUserEnvironment holds for all users, and setup does not change it: set it to no in "),
    ("AuthorizedKeysCommand /usr/bin/false\nAuthorizedKeysCommandUser nobody\n", "AuthorizedKeysCommand stays in force"),
    ("TrustedUserCAKeys /etc/ssh/key.pub\n", "TrustedUserCAKeys stays in force")])
def test_each_run_notes_the_settings_that_setup_does_not_change(host, line, says):
    assert setup_json(host, "--dry-run")["notes"] == []
    host.append(MAIN, line)
    for _ in range(2):
        assert [says in note for note in setup_json(host)["notes"]] == [True]
    assert says in setup_ok(host)


def test_undo_keeps_keys_that_were_added(host):
    old = host.snapshot()
    setup_ok(host)
    host.append(KEYS, f"restrict {KEY}2\n")
    before = host.read(KEYS)
    assert "nothing to change" in setup_ok(host)
    answer = setup_json(host, "--undo")
    assert host.read(KEYS) == before and answer["notes"] == [
        "/etc/ssh/authorized_keys.d/nova was changed after setup wrote it: setup does not delete it"]
    host.path(KEYS).unlink()
    host.path("etc/ssh/authorized_keys.d").rmdir()
    assert not changed(host, old)


def test_undo_keeps_the_changes_of_others(host):
    setup_ok(host)
    host.sub("etc/shells", f"{host.shell}\n", f"{host.shell}\n/bin/zsh\n")
    host.sub("etc/passwd", "nova:x", "nova:y")
    host.append("etc/passwd", "new:x:70000:70000::/:/bin/sh\n")
    host.append(RSYSLOG, "# mine\n")
    host.append(MAIN, "PermitRootLogin no\n")
    answer = setup_json(host, "--undo")
    assert host.read("etc/shells") == "# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n/bin/zsh\n"
    assert host.read("etc/passwd").endswith(
        f"nova:y:{UID}:{UID}::{host.top}/home:/bin/sh\nnew:x:70000:70000::/:/bin/sh\n")
    assert host.read(RSYSLOG).endswith("# mine\n") and not host.path(LOGROTATE).exists()
    assert host.read(MAIN) == SSHD + "PermitRootLogin no\n" and not host.path(DROP_IN).exists()
    assert answer["notes"] == [f"/{RSYSLOG} was changed after setup wrote it: setup does not delete it"]


def test_undo_keeps_a_login_shell_that_was_changed(host):
    setup_ok(host)
    host.passwd("/bin/bash")
    assert "the login shell of nova was changed after setup" in setup_ok(host, "--undo")
    assert shell_of_nova(host) == "/bin/bash" and not host.path(DROP_IN).exists()


def test_undo_after_the_line_in_shells_is_gone(host):
    setup_ok(host)
    host.write("etc/shells", "/bin/sh\n")
    setup_ok(host, "--undo")
    assert host.read("etc/shells") == "/bin/sh\n" and shell_of_nova(host) == "/bin/sh"


def test_undo_after_every_file_was_deleted(host):
    setup_ok(host)
    for name in (DROP_IN, KEYS, RSYSLOG, LOGROTATE, "etc/shells"):
        host.path(name).unlink()
    host.sub("etc/passwd", "nova:", "#nova:")
    setup_ok(host, "--undo")
    assert not host.path("var/lib/rssh-nova").exists()


@pytest.mark.parametrize("where", [DROP_IN, MAIN])
def test_a_block_for_sshd_that_was_changed_is_never_replaced(host, where):
    if where == MAIN:
        no_include(host)
    setup_ok(host)
    host.sub(where, "PermitTTY no", "PermitTTY yes")
    assert_refused(host, "--undo", says="were changed: delete them by hand")
    assert_refused(host, says="try again")
    assert shell_of_nova(host) == str(host.shell)


def make_older(host):
    """Makes the host look as if an earlier version had set it up."""
    text = host.read(DROP_IN)
    host.write(DROP_IN, text.replace("\tPermitTTY no\n", ""), 0o600)
    manifest = json.loads(host.read(MANIFEST))
    for change in manifest["changes"]:
        if change["path"] == "/" + DROP_IN:
            change["sums"] = [subprocess.run(["sha256sum", host.path(DROP_IN)], capture_output=True, text=True,
                                             check=True).stdout.split()[0]]
    host.write(MANIFEST, json.dumps(manifest, indent=1), 0o600)


def test_a_new_version_replaces_the_file_of_the_old_one(host):
    before = host.snapshot()
    setup_ok(host)
    make_older(host)
    answer = setup_json(host)
    assert [(change["do"], change["path"]) for change in answer["changes"]] == [("replace", "/" + DROP_IN)]
    assert host.read(DROP_IN) == recipe(host, "sshd/rssh-nova.conf")
    setup_ok(host, "--undo")
    assert not changed(host, before)


def test_the_block_in_the_main_file_is_replaced_in_its_place(host):
    no_include(host)
    before = host.snapshot()
    setup_ok(host)
    host.append(MAIN, "PermitRootLogin no\n")
    setup_ok(host, "--no-force-command")
    assert "ForceCommand" not in host.read(MAIN) and host.read(MAIN).endswith("Match all\nPermitRootLogin no\n")
    setup_ok(host)
    host.sub(MAIN, "PermitRootLogin no\n", "")
    assert host.read(MAIN).endswith(recipe(host, "sshd/rssh-nova.conf"))
    setup_ok(host, "--undo")
    assert not changed(host, before)


@pytest.mark.parametrize("line,noted", (
    ("/usr/lib/openssh/sftp-server -f AUTHPRIV -l INFO", False), ("internal-sftp -l INFO", False),
    ("/usr/lib/openssh/sftp-server -u 0027", True), ("internal-sftp -d /srv", True), ("/opt/sftp-server", True)))
def test_it_notes_a_subsystem_that_the_shell_refuses(host, line, noted):
    host.sub(MAIN, "/usr/lib/openssh/sftp-server", line)
    notes = [note for note in setup_json(host, "--dry-run")["notes"] if f"the shell refuses Subsystem sftp {line}, so" in note]
    assert bool(notes) == noted


def test_setup_refuses_to_end_live_migration(host):
    host.append("etc/nova/nova.conf", "live_migration_uri = qemu+ssh://nova@%s/system\n")
    assert_refused(host, says="live migration would fail: Nova migrates to qemu+ssh://nova@%s/system (/etc/nova/nova.conf)")
    assert_refused(host, "--dry-run", says="--without-live-migration")
    host.write("etc/other", "[libvirt]\nlive_migration_scheme = tls\n")
    setup_ok(host, "--nova-conf", "/etc/other", "--dry-run")
    setup_ok(host, "--without-live-migration")
    # Live migration now fails, and doctor says so.
    assert [found["check"] for found in host.faults()] == ["live-migration"]
    assert "nothing to change" in setup_ok(host)
    setup_ok(host, "--undo")


def test_without_a_forced_command_nothing_may_bypass_the_login_shell(host):
    before = host.snapshot()
    setup_ok(host, "--no-force-command")
    assert "forcecommand none" in sshd_settings(host, "nova")
    assert [(found["check"], found["level"]) for found in host.faults()] == [("keys", "warning")]
    as_copied = host.read(KEYS)
    host.write(KEYS, f'restrict,command="x" {KEY}\n')
    assert host.faults() == []
    host.write(KEYS, as_copied)
    setup_ok(host, "--undo")
    assert not changed(host, before)
    host.sub(MAIN, "/usr/lib/openssh/sftp-server", "internal-sftp")
    assert_refused(host, "--no-force-command", says="bypasses the login shell")
    setup_ok(host)
    assert host.faults() == []


def test_nothing_is_left_below_run(host):
    script = '"$@" >/dev/null; ls -A /run | grep -vx mount'
    run = host.inside("sh", "-c", script, "sh", ADMIN, "setup", "--shell", host.shell)
    assert (run.returncode, run.stdout) == (0, "sshd\n")
    earlier_match(host)
    run = host.inside("sh", "-c", script, "sh", ADMIN, "setup", "--shell", host.shell, "--no-force-command")
    assert run.stdout == "sshd\n" and "our setting would not hold" in run.stderr


def test_the_installed_shell_is_found(host):
    for name in ("usr/sbin", "usr/bin"):
        host.path(name).mkdir(parents=True)
    shutil.copy(ADMIN, host.path("usr/sbin"))
    shutil.copy(host.shell, host.path("usr/bin"))
    run = host.inside(host.path("usr/sbin/rssh-nova-admin"), "setup")
    assert run.returncode == 0 and shell_of_nova(host) == str(host.path("usr/bin/rssh-nova")), run


SYSTEMCTL = '#!/bin/sh\necho "$*" >>{log}\ncase "$*" in {case}) echo no >&2; exit 3 ;; esac\n'


@pytest.mark.parametrize("inactive, wanted", [
    ("none", ["is-active ssh.service", "reload ssh.service", "try-restart rsyslog.service"]),
    ("'is-active ssh.service'", ["is-active ssh.service", "is-active sshd.service", "reload sshd.service",
                                 "try-restart rsyslog.service"]),
    ("is-active*", ["is-active ssh.service", "is-active sshd.service", "try-restart rsyslog.service"])])
def test_reload_tells_the_daemons(host, inactive, wanted):
    log = host.path("systemctl.log")
    host.write("bin/systemctl", SYSTEMCTL.format(log=log, case=inactive), 0o755)
    with_it = ("sh", "-c", 'mount --bind "$0" /usr/bin/systemctl && exec "$@"', str(host.path("bin/systemctl")))
    if not os.path.exists("/usr/bin/systemctl"):
        pytest.skip("no systemctl to replace")
    assert "has not read the changes yet" not in setup_ok(host, "--reload", before=with_it)
    assert log.read_text().splitlines() == wanted
    log.unlink()
    # Even if nothing changed: the operator may have forgotten it before.
    assert setup_json(host, "--reload", before=with_it)["reload"] == []
    assert log.read_text().splitlines() == wanted[:-1]


def test_a_failed_reload_is_reported(host):
    host.write("bin/systemctl", SYSTEMCTL.format(log="/dev/null", case="reload*"), 0o755)
    if not os.path.exists("/usr/bin/systemctl"):
        pytest.skip("no systemctl to replace")
    with_it = ("sh", "-c", 'mount --bind "$0" /usr/bin/systemctl && exec "$@"', str(host.path("bin/systemctl")))
    run = host.setup("--reload", before=with_it)
    assert run.returncode == 3 and "append lines in /etc/shells" in run.stdout
    assert "all changes are made, but a reload failed: /usr/bin/systemctl reload ssh.service fails: no" in run.stderr
    assert "restarted rsyslog\n" in run.stdout and "reloaded sshd" not in run.stdout
    assert host.faults() == []
    run = host.setup("--reload", "--undo", "--json", before=with_it)
    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr, answer["done"], answer["changed"]) == (3, "", True, True)
    assert (answer["reload"], answer["reloaded"]) == (["sshd"], ["rsyslog"]) and "but a reload failed" in answer["reload_problem"]


def test_a_daemon_that_does_not_run_is_not_signalled(host):
    said = setup_ok(host, "--reload")
    assert "sshd does not run: it reads the changes when it starts\n" in said and "rsyslog does not run" in said
    host.write("sshd.pid", "1\n")
    assert "sshd does not run" in setup_ok(host, "--reload")
    host.write("sshd.pid", f"{os.getpid()}\n")  # another program has the number now
    assert "sshd does not run" in setup_ok(host, "--reload")


def test_sshd_is_reloaded_without_systemd(host):
    with sshd_of(host):
        assert "reloaded sshd\n" in setup_ok(host, "--reload")
        for _ in range(500):
            if "Received SIGHUP; restarting." in host.read("sshd.log"):
                break
            time.sleep(0.02)
        assert "Received SIGHUP; restarting." in host.read("sshd.log")


WITHOUT_RUN = ("sh", "-c", 'rmdir /run/sshd && "$@"; rc=$?; ls -A /run | grep -vx mount >&2; exit $rc', "sh")


@pytest.mark.parametrize("key", (True, False), ids=("with-a-host-key", "without"))
def test_sshd_need_not_have_run_before(host, key):
    """As in an image: there is no /run/sshd, and the first boot makes the host keys."""
    if not key:
        host.path("etc/ssh/key").unlink()
    before = host.snapshot()
    run = host.setup(before=WITHOUT_RUN)
    assert (run.returncode, run.stderr) == (0, "sshd\n"), run
    assert host.read(DROP_IN) == recipe(host, "sshd/rssh-nova.conf")
    run = host.setup("--undo", before=WITHOUT_RUN)
    assert (run.returncode, run.stderr) == (0, "sshd\n"), run
    assert not changed(host, before)


@pytest.mark.parametrize("words", [["word"], ["--config", "x"], ["--shell"], ["--user", "a", "--user", "b"]])
def test_wrong_usage_is_2(words):
    run = subprocess.run([ADMIN, "setup", *words], capture_output=True)
    assert (run.returncode, run.stdout) == (2, b"") and run.stderr != b""


def test_setup_needs_root():
    nobody = pwd.getpwnam("nobody")
    for word in ("--dry-run", "--undo"):
        run = subprocess.run([ADMIN, "setup", word], capture_output=True, user=nobody.pw_uid, group=nobody.pw_gid,
                             extra_groups=[])
        assert (run.returncode, run.stdout, run.stderr) == (2, b"", b"rssh-nova-admin setup: run it as root\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def sshd_of(host):
    """The host's sshd, with the configuration of setup, on a port of ours. PAM has no files there."""
    port = free_port()
    with open(host.path("sshd.log"), "wb") as log:
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-euc", MOUNT, "sh", host.top, "/usr/sbin/sshd", "-D", "-e", "-p", str(port),
             "-o", "UsePAM=no", "-o", "ListenAddress=127.0.0.1"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    host.write("sshd.pid", f"{process.pid}\n")
    try:
        for _ in range(500):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            assert process.poll() is None, host.read("sshd.log")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def ssh_words(host, port, key):
    return ["ssh", "-F", "/dev/null", "-p", str(port), "-i", host.path(key), "-o", "IdentitiesOnly=yes",
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "ExitOnForwardFailure=yes"]


def ssh(host, port, key, *words):
    host.drain()
    return subprocess.run([*ssh_words(host, port, key), *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


def forwarded(host, port):
    """The first bytes through a port that is forwarded to sshd itself. The client listens even if sshd refuses."""
    here = free_port()
    client = subprocess.Popen([*ssh_words(host, port, "peer"), "-N", "-L", f"{here}:127.0.0.1:{port}", "nova@127.0.0.1"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", here), 30) as through:
                with contextlib.suppress(ConnectionResetError):
                    return through.recv(4)
                return b""
            time.sleep(0.02)
        raise AssertionError("the client does not listen")
    finally:
        client.terminate()
        client.wait()


def key_of(host, name):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", host.path(name)], check=True)
    return host.read(name + ".pub").strip()


def test_a_real_sshd_lets_in_migrations_and_nothing_else(host):
    host.write("home/.ssh/authorized_keys", key_of(host, "peer") + "\n", 0o600)
    host.path("home").chmod(0o755)
    host.write("home/.ssh/rc", f"touch {host.top}/home/rc-ran\n", 0o755)
    mkdir = f"mkdir -p {host.top}/instances/{'a' * 8}-1111-2222-3333-{'a' * 12}"
    with sshd_of(host) as port:
        assert ssh(host, port, "peer", "nova@127.0.0.1", "id -un").stdout == "nova\n"
        assert forwarded(host, port) == b"SSH-"
        assert host.path("home/rc-ran").exists()
    host.path("home/rc-ran").unlink()
    setup_ok(host)
    # A session from before setup, or a program of nova's, adds a key: sshd does not read it.
    host.write("home/.ssh/authorized_keys", key_of(host, "thief") + "\n", 0o600)
    with sshd_of(host) as port:
        done_by_peer = ssh(host, port, "peer", "nova@127.0.0.1", mkdir)
        assert done_by_peer.returncode == 0, (done_by_peer, host.read("sshd.log"))
        assert host.path(mkdir.split()[-1][len(str(host.top)) + 1:]).is_dir()
        for words in (["id"], ["-t", "id"], []):
            run = ssh(host, port, "peer", "nova@127.0.0.1", *words)
            assert run.returncode == 77 and "rssh-nova: refused: " in run.stderr and run.stdout == "", run
        assert ssh(host, port, "thief", "nova@127.0.0.1", mkdir).returncode == 255
        assert forwarded(host, port) == b""
        for words in (["-N", "-R", f"{free_port()}:127.0.0.1:{port}"], ["-W", f"127.0.0.1:{port}"], ["-N", "-w", "any"]):
            run = ssh(host, port, "peer", *words, "nova@127.0.0.1")
            assert run.returncode != 0 and run.stdout == "", run
    assert not host.path("home/rc-ran").exists()
    setup_ok(host, "--undo")
    with sshd_of(host) as port:
        assert ssh(host, port, "thief", "nova@127.0.0.1", "id -un").stdout == "nova\n"


RSYSLOGD = """module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{socket}")
include(file="/etc/rsyslog.d/*.conf")
*.* action(type="omfile" file="/var/log/all")
"""


def test_rsyslog_writes_the_audit_to_a_file_of_its_own(host):
    """The other files of rsyslog get it as before."""
    setup_ok(host)
    host.write("rsyslog.conf", RSYSLOGD.format(socket=host.path("syslog")))
    check = host.inside("/usr/sbin/rsyslogd", "-N1", "-f", host.path("rsyslog.conf"))
    assert check.returncode == 0, check
    process = subprocess.Popen(["unshare", "-m", "sh", "-euc", MOUNT, "sh", host.top, "/usr/sbin/rsyslogd", "-n", "-f",
                                host.path("rsyslog.conf"), "-i", host.path("rsyslogd.pid")])
    try:
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        wait(lambda: not sender.connect_ex(str(host.path("syslog"))))
        for line in ("<86>Nov 22 20:00:00 rssh-nova[7]: event=decide ref=1", "<86>Nov 22 20:00:00 sshd[8]: event=decide ref=2",
                     "<86>Nov 22 20:00:00 rssh-nova[9]: event=done ref=1"):
            sender.send(line.encode())
        wait(lambda: host.path("var/log/all").exists() and len(host.read("var/log/all").splitlines()) >= 3)
        own = host.path("var/log/rssh-nova.log")
        wait(lambda: own.exists() and len(own.read_text().splitlines()) >= 2)
        assert re.findall(r"(event=.*)", own.read_text()) == ["event=decide ref=1", "event=done ref=1"]
        assert (own.stat().st_mode & 0o7777, own.stat().st_uid, own.stat().st_gid) == (0o640, 0, 4)
    finally:
        process.terminate()
        process.wait()


def wait(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited 10 s in vain")


def test_logrotate_understands_the_recipe(host):
    setup_ok(host)
    host.write("var/log/rssh-nova.log", "event=decide\n")
    run = host.inside("/usr/sbin/logrotate", "--debug", "--force", "--state", host.path("state"), "/etc/logrotate.d/rssh-nova")
    assert run.returncode == 0 and "error" not in run.stderr and "renaming /var/log/rssh-nova.log to" in run.stderr, run
