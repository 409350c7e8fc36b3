# SPDX-License-Identifier: Apache-2.0
"""The filter finds what no node sends, and nothing else, by fail2ban-regex of Debian's package, which is unpacked and
not installed."""

import os
import shutil
import subprocess

from conftest import TOP

HEADS = ("2026-11-29T10:00:00.123456+01:00 node rssh-nova[42]: ", "Nov 29 10:00:00 node rssh-nova[42]: ")
DENY = ("event=decide ref=0123456789abcdef verdict=deny reason={reason} user={user} uid=64055 peer={peer} peer_name=- key=- cert_id=- cert_serial=- ca=- profile=- "
        "transport=- form=- op=- path=- instance=- claim=none confine=- given=- left_out=- cmd={cmd}")
HIT = [
    DENY.format(reason="unknown-command", user="nova", peer="192.0.2.1", cmd="id"),
    DENY.format(reason="outside", user="nova", peer="2001:db8::1", cmd='"rm -rf /etc"'),
    DENY.format(reason="bad-byte", user='"no va"', peer="192.0.2.2", cmd="-"),
]
MISSED = [
    *(DENY.format(reason=reason, user="nova", peer="192.0.2.3", cmd="id")
      for reason in ("busy", "no-space", "not-claimed", "not-recorded", "transport", "too-many-sessions")),
    DENY.format(reason="outside", user="nova", peer="192.0.2.4", cmd="id").replace("deny", "allow"),
    DENY.format(reason="busy", user="nova", peer="192.0.2.5", cmd='"' + HIT[0].replace("=", "\\u003d") + '"'),
    "event=done ref=0123456789abcdef status=77",
]


def test_the_filter_finds_attacks_alone(tmp_path):
    subprocess.run(["apt-get", "download", "-q", "fail2ban"], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    [package] = tmp_path.glob("fail2ban_*.deb")
    subprocess.run(["dpkg-deb", "-x", package, tmp_path / "x"], check=True)
    etc = tmp_path / "x/etc/fail2ban"
    shutil.copy(TOP / "install/fleet/fail2ban/filter.conf", etc / "filter.d/rssh-nova.conf")
    shutil.copy(TOP / "install/fleet/fail2ban/jail.conf", etc / "jail.d/rssh-nova.conf")
    (tmp_path / "log").write_text("".join(head + line + "\n" for head in HEADS for line in HIT + MISSED))

    def run(name, *words):
        return subprocess.run(
            ["/usr/bin/python3", tmp_path / "x/usr/bin" / name, "-c", etc, *words], capture_output=True, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "x/usr/lib/python3/dist-packages"), "PYTHONDONTWRITEBYTECODE": "1"})

    found = run("fail2ban-regex", "--out", "ip", tmp_path / "log", etc / "filter.d/rssh-nova.conf")
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["192.0.2.1", "2001:db8::1", "192.0.2.2"] * len(HEADS), found.stdout + found.stderr
    shown = run("fail2ban-client", "-d")
    assert shown.returncode == 0 and "rssh-nova" in shown.stdout, shown.stderr
