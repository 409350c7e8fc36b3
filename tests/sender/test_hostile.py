# SPDX-License-Identifier: Apache-2.0
"""A lying far end cannot make us write elsewhere, run anything, or move the cursor."""
import os
import pty
import re
import subprocess
import sys
import textwrap

import pytest

ESCAPE = b"\033]0;owned\007\033[2J\r\302\233planted"

pytestmark = pytest.mark.usefixtures("leftovers")

# A small SFTP server (draft-ietf-secsh-filexfer-02). KIND decides its answers.
SFTP = '''
import struct, sys
KIND = {kind!r}
FILE, DIRECTORY, LINK = 0o100644, 0o040755, 0o120777
out = sys.stdout.buffer
def string(text): return struct.pack(">I", len(text)) + text
def send(body): out.write(struct.pack(">I", len(body)) + body); out.flush()
def attrs(mode, size=4): return struct.pack(">IQI", 5, size, mode)
def status(ident, code): send(struct.pack(">BII", 101, ident, code) + string({escape!r}) + string(b""))
def name(ident, names):
    body = struct.pack(">BII", 104, ident, len(names))
    for text, mode in names: body += string(text) + string(text) + attrs(mode)
    send(body)
sent, listed = set(), False
while True:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4: break
    body = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
    kind = body[0]
    if kind == 1: send(struct.pack(">BI", 2, 3)); continue
    ident = struct.unpack(">I", body[1:5])[0]
    mode = FILE if KIND in ("file", "failure") else LINK if KIND == "link" else DIRECTORY
    if KIND == "failure" and kind == 5: status(ident, 4); continue
    if kind in (7, 17, 8): send(struct.pack(">BI", 105, ident) + attrs(mode))
    elif kind == 16: name(ident, [(b"/evil/../../name", FILE)])
    elif kind in (3, 11): send(struct.pack(">BI", 102, ident) + string(b"h"))
    elif kind == 5:
        if ident in sent or "r" in sent: status(ident, 1)
        else: sent.add("r"); send(struct.pack(">BI", 103, ident) + string(b"evil"))
    elif kind == 12:
        if listed: status(ident, 1)
        else:
            listed = True
            name(ident, [(b"../escaped", FILE), (b"/var/tmp/escaped", FILE), (b"..", DIRECTORY),
                         (b"planted", FILE), ({escape!r}, FILE), (b"link", LINK)])
    elif kind in (4, 9, 10, 14): status(ident, 0)
    else: status(ident, 8)
'''


@pytest.fixture
def lie(far, place):
    def lie(program, text):
        path = place / "lie.py"
        path.write_text(textwrap.dedent(text))
        far.be('exec %s %s\n' % (sys.executable if program is None else program, path))
    return lie


def tree(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def pull(sender, transport, near, *options):
    return sender.run("--transport", transport, *options, "copy", "127.0.0.1:/wanted/image", near / "image")


def test_an_honest_file_comes(sender, lie, near):
    """The fake server works if it does not lie. So the tests below do not pass because it is broken."""
    lie("/usr/bin/python3", SFTP.format(kind="file", escape=b""))
    done = pull(sender, "ssh", near)
    assert done.returncode == 0, done.stderr
    assert (near / "image").read_bytes() == b"evil"


def is_clean(text):
    """Has the text no byte that a terminal obeys?"""
    return not any(byte in text for byte in "\033\007\r\302\233\x9b\ufffd")


@pytest.mark.parametrize("escape", [b"planted2", ESCAPE], ids=["plain", "escape"])
@pytest.mark.parametrize("kind", ["directory", "link", "failure"])
def test_sftp_sends_something_else(sender, lie, near, place, kind, escape):
    lie("/usr/bin/python3", SFTP.format(kind=kind, escape=escape))
    before = tree(place)
    done = pull(sender, "ssh", near)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert is_clean(done.stdout + done.stderr)
    assert tree(place) == before


SCP = r"""
import sys
out = sys.stdout.buffer
for text in {lines!r}:
    sys.stdin.buffer.read(1)
    out.write(text)
    out.flush()
sys.stdin.buffer.read(1)
"""


@pytest.mark.parametrize("lines", [
    [b"D0755 0 sub\n", b"C0644 4 planted\n", b"evil\0", b"E\n"],
    [b"C0644 4 ../escaped\n", b"evil\0"],
    [b"C0644 4 image\n", b"evil\0", b"C0644 4 other\n", b"evil\0"],
    [b"D0755 0 ..\n", b"C0644 4 escaped\n", b"evil\0", b"E\n"],
    [b"C0644 4 .\n", b"evil\0"],
    [b"\002\033]0;owned\007\033[2J\r\302\233\n"],
    [b"T0 0 0 0\n", b"C0644 4 \033]0;owned\007\n", b"evil\0"],
])
def test_scp_sends_something_else(sender, lie, near, place, lines):
    lie("/usr/bin/python3", SCP.format(lines=lines))
    (near / "keep").write_text("mine")
    before = tree(place)
    done = pull(sender, "ssh", near, "--legacy-scp")
    # A file for the one asked for is fine, nothing else is.
    after = [entry for entry in tree(place) if entry != "near/image"]
    assert after == before, done.stderr
    assert is_clean(done.stdout + done.stderr)
    assert (near / "keep").read_text() == "mine"


def test_scp_sends_a_set_id_file(sender, lie, near):
    lie("/usr/bin/python3", SCP.format(lines=[b"C6755 4 image\n", b"evil\0"]))
    done = pull(sender, "ssh", near, "--legacy-scp")
    assert done.returncode == 0, done.stderr
    assert os.stat(near / "image").st_mode & 0o7000 == 0


@pytest.mark.parametrize("flags", ["-rSze.iLsfxCIvu", "-rlSze.iLsfxCIvu", "-logDtprze.iLsfxCIvu"])
def test_rsync_sends_something_else(sender, far, near, place, flags):
    """The server sends its own tree with a symlink out of it, whatever we request."""
    evil = place / "evil"
    evil.mkdir()
    (evil / "link").symlink_to(near)
    (evil / "planted").write_text("evil")
    (evil / "image").symlink_to("/etc/passwd")
    far.be("exec rsync --server --sender %s . %s/\n" % (flags, evil))
    before = tree(place)
    done = pull(sender, "rsync", near)
    assert done.returncode != 0
    assert tree(place) == before


def test_a_link_in_the_place_is_replaced_not_followed(sender, far, near, root):
    (root / "image").write_text("image")
    (near / "victim").write_text("mine")
    (near / "image").symlink_to("victim")
    sender.ok("copy", "127.0.0.1:%s" % (root / "image"), near / "image")
    assert (near / "victim").read_text() == "mine"
    assert not (near / "image").is_symlink() and (near / "image").read_text() == "image"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_escape_sequences_do_not_reach_the_terminal(sender, far, options, instance):
    far.be(r"""printf '\033]0;owned\007\033[2J\r\302\233rssh-nova: refused: x\n' >&2; exit 1""" + "\n")
    done = sender.run(*options, "create-dir", "127.0.0.1", instance)
    assert done.returncode == 1
    assert "owned" in done.stdout + done.stderr
    assert is_clean(done.stdout + done.stderr)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_refusal_cannot_carry_them_either(sender, far, options, instance):
    far.be(r"""printf 'rssh-nova: refused: \033[2Jx (ref \033]0;owned\007)\n' >&2; exit 77""" + "\n")
    done = sender.run(*options, "create-dir", "127.0.0.1", instance)
    assert done.returncode == 77
    assert "owned" in done.stdout + done.stderr
    assert is_clean(done.stdout + done.stderr)


def test_they_do_not_reach_a_real_terminal(sender, far, near, root):
    """The bar uses our own escape sequences; those of the far end stay text."""
    (near / "disk").write_bytes(os.urandom(4 << 20))
    far.be(r"""printf '\033]0;owned\007\033[2J\033[31m\n' >&2; """ + "sleep 1; " +
           'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    shown = on_a_terminal(sender.words("--transport", "rsync", "--no-compress", "copy", near / "disk",
                                       "127.0.0.1:%s/disk" % root))
    assert b"owned" in shown
    assert b"\007" not in shown
    assert set(re.findall(rb"\033.{2}", shown)) <= {b"\033[K"}


def on_a_terminal(words):
    master, slave = pty.openpty()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while True:
            shown += os.read(master, 4096)
    except OSError:
        pass
    os.close(master)
    assert process.wait() == 0, shown
    return shown


def test_a_server_that_never_stops_talking_is_cut_short(sender, far, instance):
    far.be("yes | head -c 20000000 >&2; exit 1\n")
    done = sender.run("create-dir", "127.0.0.1", instance)
    assert done.returncode == 1
    assert len(done.stderr) < 100000


def test_an_unknown_host_key_is_refused(sender, far, instance):
    known = far.dir / "known_hosts"
    text = known.read_text()
    known.write_text("")
    try:
        done = sender.run("create-dir", "127.0.0.1", instance)
    finally:
        known.write_text(text)
    assert done.returncode == 69
    assert "Host key verification failed" in done.stderr
    assert not instance.exists()


def test_a_changed_host_key_is_refused(sender, far, instance):
    known = far.dir / "known_hosts"
    text = known.read_text()
    known.write_text("far " + (far.dir / "user_key.pub").read_text())
    try:
        done = sender.run("create-dir", "127.0.0.1", instance)
    finally:
        known.write_text(text)
    assert done.returncode == 69
    assert "Host key verification failed" in done.stderr
    assert not instance.exists()


def test_the_known_hosts_are_the_users_own(sender, near):
    """None of our options changes which host keys the user knows, or weakens their check."""
    for transport in "ssh", "rsync":
        for words in (["create-dir", "host", "/x"], ["copy", "host:/x", near / "x"],
                      ["copy", "/etc/hosts", "host:/x"]):
            shown = sender.ok("--transport", transport, "--dry-run", *words).stdout
            assert "KnownHostsFile" not in shown
            assert "StrictHostKeyChecking=yes" in shown
            assert "StrictHostKeyChecking=no" not in shown and "accept-new" not in shown


@pytest.mark.parametrize("words", [
    ["create-dir", "-oProxyCommand=touch${IFS}@", "/x"],
    ["create-dir", "--", "-oProxyCommand=touch @", "/x"],
    ["create-dir", "--", "user@-oProxyCommand=touch @", "/x"],
    ["create-dir", "a b", "/x"],
    ["create-dir", "host\nname", "/x"],
    ["create-dir", "@host", "/x"],
    ["create-dir", "user@", "/x"],
    ["create-dir", "", "/x"],
    ["create-dir", " host", "/x"],
    ["create-dir", "host", ""],
    ["copy", "user@:/x", "/etc/hosts2"],
    ["copy", "/etc/hosts", "user@-l:/x"],
    ["migrate", "/etc", "-oProxyCommand=touch @"],
    ["migrate", "/etc", "host:/x\n/y"],
    ["create-dir", "ssh://host", "/x"],
    ["create-dir", "host", "x"],
    ["create-dir", "--", "host", "-rf"],
    ["create-dir", "host", "/x;touch @"],
    ["create-dir", "host", "/x\n/y"],
    ["create-dir", "host", "/x/../y"],
    ["create-dir", "host", "/x/"],
    ["create-dir", "host", "/$(touch @)"],
    ["remove-dir", "host", "/"],
    ["remove-dir", "host", "/x/*"],
    ["copy", "--", "-Stouch", "host:/x"],
    ["copy", "/etc/hosts", "-oProxyCommand=x:/y"],
    ["copy", "/etc/hosts", "host:x"],
    ["copy", "host:/x", "host:/y"],
    ["copy", "/x", "/y"],
    ["copy", "/etc/hosts", "::1:/x"],
    ["migrate", "/etc", "host:../x"],
])
def test_no_word_becomes_an_option_or_a_command(sender, far, place, words):
    canary = place / "canary"
    done = sender.run(*[word.replace("@", str(canary)) if "touch" in word else word for word in words])
    assert done.returncode == 2, done.stderr
    assert far.commands() == []
    assert not canary.exists()
