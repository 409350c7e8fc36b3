# SPDX-License-Identifier: Apache-2.0
"""explain predicts what the shell does."""
import collections
import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import subprocess

import pytest
from conftest import A, ADMIN, B, C, NAME, SHELL
from lines import lines

PEER, OTHER = "192.0.2.7", "192.0.2.8"
D, E = (letter * 8 + "-1111-2222-3333-" + letter * 12 for letter in "de")
ATTRIBUTE = "user.rssh-nova.claim"
REFUSED = re.compile(rb"^rssh-nova: refused: ([a-z-]+) \(ref [0-9a-f]{16}\)(?:: [a-z, ]+)?\n$")


def populate(node):
    """The peer has claimed A, another peer B, nobody C; D does not exist; E is a link."""
    for peer, uuid in ((PEER, A), (OTHER, B)):
        assert node.shell(f"mkdir -p {node.root}/{uuid}".encode(), peer).returncode == 0
    node.instance(C)
    os.symlink(node.instance("target"), node.root / E)
    os.mkdir(node.root / "_base")
    os.symlink("/etc/hostname", node.root / "_base" / "link")


def explain(node, line, *options):
    done = node.admin("explain", "--json", "--peer", PEER, *options, "--", line)
    assert done.stderr == b"" and done.stdout.count(b"\n") == 1, (line[:200], done)
    answer = json.loads(done.stdout)
    assert done.returncode == {"allow": 0, "deny": 1}[answer["verdict"]]
    assert answer["command"] == line.decode("latin-1")
    return answer


def shell_verdict(done):
    """The result of the shell, in the words of explain."""
    found = REFUSED.match(done.stderr)
    assert (found is not None) == (done.returncode in (77, 78)), done
    return ("deny", found[1].decode()) if found else ("allow", None)


def verdict_of(answer):
    return answer["verdict"], answer.get("reason")


def test_explain_agrees_with_the_shell(node):
    populate(node)
    seen = collections.Counter()
    for line in lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E}):
        answer = explain(node, line, "--forced")
        did = shell_verdict(node.shell(line, PEER, forced=True))
        assert verdict_of(answer) == did, (line[:200], answer, did)
        seen[did] += 1
    # The lines must have many different results.
    assert sum(seen.values()) >= 300 and seen["allow", None] >= 50, seen
    assert {reason for _, reason in seen} >= {
        "too-long", "bad-byte", "libvirt-tunnel", "bad-spacing", "too-many-words", "unknown-command", "unknown-form",
        "secluded-args", "bad-path", "outside", "not-writable", "not-readable", "not-claimed"}, seen


OWN_DEV = """cd "$1" && shift && for name in null urandom random; do : >dev/$name; mount -n --bind /dev/$name dev/$name; done
mount -n --rbind dev /dev && exec "$@"
"""
FIELDS = ("verdict", "reason", "form", "transport", "op", "path", "instance", "claim", "confine")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /dev of its own")
def test_explain_agrees_with_the_audit(node):
    """In the form, the act, its path, the claim on the instance and the walls, too."""
    populate(node)
    node.configure(text=node.config.read_text().replace("required = no", "required = yes\nformat = json"))
    (node.top / "dev").mkdir()
    entry = pwd.getpwnam(NAME)
    inside = ["unshare", "-m", "sh", "-euc", OWN_DEV, "sh", node.top]
    as_user = [*inside, "setpriv", f"--reuid={entry.pw_uid}",
               f"--regid={entry.pw_gid}", "--clear-groups", "env", "-i", f"SSH_CONNECTION={PEER} 4711 127.0.0.1 22"]
    told, forms = 0, set()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(node.top / "dev/log"))
        (node.top / "dev/log").chmod(0o666)
        log.settimeout(10)
        for line in lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E}):
            asked = subprocess.run([*inside, ADMIN, "explain", "--config", node.config, "--user", NAME, "--json", "--forced",
                                    "--peer", PEER, "--", line], capture_output=True, timeout=60)
            answer = json.loads(asked.stdout)
            subprocess.run([*as_user, b"SSH_ORIGINAL_COMMAND=" + line, SHELL, "--config", node.config],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            record = json.loads(log.recv(65536).split(b": ", 1)[1])
            assert record["event"] == "decide"
            log.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while log.recv(65536):
                    pass
            log.settimeout(10)
            if record["instance"] == "-":  # only an instance has a claim
                assert (record.pop("claim"), answer.pop("claim", "none")) == ("none", "none")
            assert {field: answer.get(field, "-") for field in FIELDS} == {
                field: record.get(field, "-") for field in FIELDS}, (line[:200], record)
            told += 1
            forms.add(answer.get("form"))
    assert told >= 300 and len(forms - {None}) == 12, forms


@pytest.mark.parametrize("claims", ["mode = audit", "mode = off", "identity = key", "window = 1s"])
def test_explain_agrees_under_other_rules_for_claims(node, claims):
    populate(node)
    node.configure(claims=claims)
    for path in node.root.iterdir():
        if path.name in (A, B):
            os.setxattr(path, ATTRIBUTE, f"1 1000 1 {PEER} -".encode())
    for uuid in (A, C, D):
        for line in (f"touch {node.root}/{uuid}/x", f"mkdir -p {node.root}/{uuid}", f"scp -t {node.root}/{uuid}",
                     f"rm -rf {node.root}/{uuid}"):
            answer = explain(node, line.encode(), "--forced")
            did = shell_verdict(node.shell(line.encode(), PEER))
            if did[0] == "allow" and "reason" in answer:  # enforced claims would refuse it
                assert (claims, answer["verdict"]) == ("mode = audit", "allow")
            else:
                assert verdict_of(answer) == did, (line, answer, did)


BROKEN = {
    "[shell]\ninstances_path = /nonexistent/instances\n": "not-configured",
    "[shell]\ninstances_path = /\n": "not-configured",
    "nonsense\n": "not-configured",
    "[shell]\nremote_filesystem_transport = rsync\n": "transport",
    "[sandbox]\nmin_abi = 1000\n": "not-confined",
    "[programs]\nscp = /etc/passwd\n": "not-confined",
    "[programs]\nscp = /nonexistent/scp\n": "not-confined",
    "[limits]\nfree_space = 1000000T\n": "no-space",
}


@pytest.mark.parametrize("text", BROKEN)
def test_explain_agrees_on_a_faulty_node(node, text):
    populate(node)
    whole = f"[audit]\nrequired = no\n{text}"
    if "instances_path" not in text:
        if "[shell]\n" in whole:
            whole = whole.replace("[shell]\n", f"[shell]\ninstances_path = {node.root}\n")
        else:
            whole += f"[shell]\ninstances_path = {node.root}\n"
    node.configure(text=whole)
    line = f"scp -t {node.root}/{A}".encode()
    answer = explain(node, line, "--forced")
    # With an invalid file a record is required, and a missing syslog is reported first.
    wanted = BROKEN[text]
    if wanted == "not-configured" and "/nonexistent" not in text and not os.path.exists("/dev/log"):
        wanted = "not-recorded"
    assert verdict_of(answer) == shell_verdict(node.shell(line, PEER)) == ("deny", wanted)
    assert ("problem" in answer) == (BROKEN[text] in ("not-configured", "not-confined"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for /etc of its own")
def test_explain_agrees_with_a_login_shell(node):
    """The configuration is in its real place, in a mount namespace with another /etc."""
    populate(node)
    etc = node.top / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "ld.so.cache", "nsswitch.conf", "ssl"):
        if os.path.isfile("/etc/" + name):
            shutil.copy("/etc/" + name, etc)
    shutil.copy(node.config, etc / "rssh-nova.conf")
    entry = pwd.getpwnam(NAME)
    inside = ["unshare", "-m", "sh", "-c", 'mount -n --bind "$0" /etc && exec "$@"', etc]
    user = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    env = {"SSH_CONNECTION": f"{PEER} 1 127.0.0.1 22", "PATH": os.environ["PATH"]}
    seen = collections.Counter()
    for line in list(lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E}))[::3] + [
            b"rssh-nova", f"rssh-nova --config {node.config}".encode(), b"rssh-nova --profile x", b"internal-sftp"]:
        told = subprocess.run([*inside, ADMIN, "explain", "--json", "--user", NAME, "--peer", PEER, "--", line],
                              capture_output=True, timeout=60)
        done = subprocess.run([*inside, *user, SHELL, "-c", line], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        did = shell_verdict(done)
        assert verdict_of(json.loads(told.stdout)) == did, (line, told, did)
        seen[did] += 1
    void = "not-configured" if os.path.exists("/dev/log") else "not-recorded"
    assert seen["allow", None] >= 15 and {"no-command", void} <= {reason for _, reason in seen}, seen


def test_explain_agrees_with_the_shell_about_profiles(node):
    populate(node)
    node.config.write_text(
        f"[profile one]\ndirection = receive\ninstances = {A}\n[profile away]\npeers = 203.0.113.0/24\n"
        "[profile back]\ndirection = send\n" + node.config.read_text())
    seen = collections.Counter()
    for profile in ("one", "away", "back", "none"):
        for line in list(lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E}))[::7]:
            answer = explain(node, line, "--forced", "--profile", profile)
            did = shell_verdict(node.shell(line, PEER, forced=True, profile=profile))
            assert verdict_of(answer) == did, (profile, line[:200], answer, did)
            seen[profile, did[1]] += 1
    assert all(seen[profile, "not-in-profile"] >= 3 for profile in ("one", "away", "back")), seen
    assert seen["one", None] >= 1 and seen["back", None] >= 1 and seen["away", None] == 0, seen
    # Without a profile of that name the file is invalid, and so a record is required.
    assert {reason for profile, reason in seen if profile == "none"} <= {"not-configured", "not-recorded"}


def test_explain_lists_the_rights_of_an_sftp_session_with_a_profile(node):
    populate(node)
    node.config.write_text(
        f"[profile one]\ndirection = receive\ninstances = {A}\n[profile back]\ndirection = send\n"
        f"[profile own]\ninstances = {A}\n" + node.config.read_text())
    line = b"/usr/lib/openssh/sftp-server"
    assert [right.split(" ", 1)[1] for right in explain(node, line, "--profile", "one")["rights"]] == [
        "each instance of the profile that the peer may write"]
    assert [right.split(" ", 1)[1] for right in explain(node, line, "--profile", "back")["rights"]] == [
        "each place that [paths] read names"]
    assert [right.split(" ", 1)[1] for right in explain(node, line, "--profile", "own")["rights"]] == [
        "each instance of the profile that the peer may write",
        "each place in an instance of the profile that [paths] read names"]
    for name in ("", "x" * 32):
        done = node.admin("explain", "--profile", name, line)
        assert done.returncode == 2 and b"--profile is empty or too long" in done.stderr, done


def test_many_lines_are_explained_like_single_lines(node):
    populate(node)
    wanted = [line for line in lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E})
              if b"\n" not in line and line != b"-"]
    done = node.admin("explain", "--json", "--peer", PEER, "-", stdin=b"\n".join(wanted) + b"\n")
    assert done.returncode == 1 and done.stderr == b""
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["command"] for answer in answers] == [line.decode("latin-1") for line in wanted]
    for line, answer in list(zip(wanted, answers))[::17]:
        assert explain(node, line) == answer
    text = node.admin("explain", "--peer", PEER, "-", stdin=b"\n".join(wanted)).stdout
    assert text.count(b"\ncommand ") + 1 == len(wanted)
    assert set(text) <= set(range(32, 127)) | {10}


def test_an_empty_input_is_good(node):
    done = node.admin("explain", "-", stdin=b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_many_lines_leave_no_descriptor_open(node):
    populate(node)
    done = subprocess.run(["prlimit", "--nofile=20", ADMIN, "explain", "--json", "--user", NAME, "--peer", PEER,
                           "--config", node.config, "-"],
                          input=f"scp -t {node.root}/{A}\n".encode() * 100, capture_output=True, timeout=60)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 100 and {answer["verdict"] for answer in answers} == {"allow"}


def test_a_nul_is_a_bad_byte(node):
    for line in (b"touch\0 x", b"\0", f"mkdir -p {node.root}/{A}\0".encode(), b"rssh-nova\0"):
        answer = json.loads(node.admin("explain", "--json", "-", stdin=line).stdout)
        assert (answer["reason"], answer["command"]) == ("bad-byte", line.decode())


def test_an_allowed_command_is_explained_in_full(node):
    populate(node)
    answer = explain(node, f"rsync --server -rSze.iLsf . {node.root}/{A}/disk".encode())
    path = f"{node.root}/{A}"
    assert answer == {
        "command": f"rsync --server -rSze.iLsf . {path}/disk", "verdict": "allow", "form": "rsync-push",
        "transport": "rsync", "op": "receive", "path": f"{path}/disk", "instance": A, "claim": "own",
        "confine": answer["confine"],
        "rights": [f"write-file,read-file,remove-file,make-dir,make-file,truncate {path}"],
        "story": ["It has the form rsync-push, which Nova sends over rsync.", f"It names {path}/disk.",
                  f"The instance is {A}.", "This peer has claimed it.", "It is allowed.",
                  f"/usr/bin/rsync carries it out, confined by {answer['confine']} to the rights above."],
        "program": "/usr/bin/rsync", "argv": ["rsync", "--server", "-rSze.iLsf", "--whole-file", ".", f"{path}/disk"]}
    assert answer["confine"].endswith("seccomp")
    answer = explain(node, b"rsync --server -logDtprRe.iLsf --no-implied-dirs . /")
    assert answer["argv"][-1] == "MIRROR" and answer["rights"][0].endswith("a private directory in place of the real one")
    answer = explain(node, f"touch {path}/disk".encode())
    assert "argv" not in answer and answer["rights"] == [f"write-file,read-dir,remove-file,make-file {path}"]


@pytest.mark.parametrize("setting", ("off", "auto", "required"))
def test_the_second_wall_is_explained_if_it_applies(node, setting):
    """root runs explain, which tries the namespaces as the user and leaves none."""
    populate(node)
    node.configure(text=node.config.read_text() + "[sandbox]\nnamespaces = %s\n" % setting)
    answer = explain(node, f"rsync --server -rSze.iLsf . {node.root}/{A}/disk".encode())
    assert answer["confine"].startswith("namespaces,") == (setting != "off")
    answer = explain(node, f"touch {node.root}/{A}/disk".encode())
    assert "namespaces" not in answer["confine"]


def test_a_refused_command_has_its_reason(node):
    populate(node)
    answer = explain(node, f"touch {node.root}/{B}/disk".encode())
    assert answer["claim"] == "other" and "claimed" in answer["meaning"] and "argv" not in answer
    text = node.admin("explain", f"touch {node.root}/{B}/disk").stdout.decode()
    assert re.search(r"^verdict +deny\nreason +not-claimed\nmeaning +\S", text, re.M)


def test_the_story_names_what_is_missing(node):
    populate(node)
    story = explain(node, f"touch {node.root}/{D}/disk".encode())["story"]
    assert f"The instance {D} does not exist on this node." in story
    assert not [each for each in story if "--peer" in each or "claimed" in each]
    answer = json.loads(node.admin("explain", "--json", f"touch {node.root}/{A}/disk").stdout)
    assert answer["story"][2:] == [
        "Without --peer, the peer is unknown and has no claims.", f"The instance is {A}.",
        "Another peer has claimed it, or its claim cannot be read.",
        f"It is refused, as not-claimed: {answer['meaning']}."]
    assert explain(node, b"cat /etc/passwd")["story"] == [
        "It is refused, as unknown-command: the first word is not the command of any form."]
    text = node.admin("explain", "--peer", PEER, "cat /etc/passwd").stdout.decode()
    assert text.endswith("\nstory      It is refused, as unknown-command: the first word is not the command of any form.\n")


def test_the_name_of_a_peer_is_explained(node):
    populate(node)
    (node.top / "peers").write_text(f"compute1 {PEER} {OTHER}\n")
    assert "peer_name" not in explain(node, f"touch {node.root}/{A}/disk".encode())
    node.configure(claims=f"peers_file = {node.top}/peers")
    assert node.shell(f"mkdir -p {node.root}/{D}".encode(), OTHER).returncode == 0
    answer = explain(node, f"touch {node.root}/{D}/disk".encode())
    assert (answer["verdict"], answer["claim"], answer["peer_name"]) == ("allow", "own", "compute1")
    (node.top / "peers").write_text(f"compute1 {PEER}\ncompute2 {PEER}\n")
    answer = explain(node, f"touch {node.root}/{D}/disk".encode())
    assert answer["reason"] == "not-configured" and "belongs to one peer" in answer["problem"]
    assert answer["problem"].startswith(f"{node.top}/peers:2: ")


def test_explain_changes_nothing(node):
    populate(node)
    before = sorted((str(path), path.lstat().st_mtime_ns) for path in node.top.rglob("*"))
    for line in lines(node, {"A": A, "B": B, "C": C, "D": D, "E": E}):
        node.admin("explain", "--peer", PEER, "--", line)
    assert before == sorted((str(path), path.lstat().st_mtime_ns) for path in node.top.rglob("*"))


@pytest.mark.parametrize("words", [
    [], ["a", "b"], ["a", "b", "c"], ["--peer", "x", "id"], ["--key", "x", "id"], ["--nothing", "id"],
    ["--config", "x" * 300, "id"]])
def test_wrong_usage_is_2(node, words):
    done = node.admin("explain", *words, config="--config" not in words)
    assert (done.returncode, done.stdout) == (2, b"") and done.stderr != b""
