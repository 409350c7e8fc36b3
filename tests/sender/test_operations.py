# SPDX-License-Identifier: Apache-2.0
"""The five operations do the same as Nova's, for every form of host name and every login shell."""
import getpass
import os

import pytest

from conftest import make_sparse, mode_of

TRANSPORTS = ["ssh", "rsync"]
HOSTS = ["127.0.0.1", "far-alias", "::1", "[::1]", getpass.getuser() + "@127.0.0.1", getpass.getuser() + "@::1"]

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture(params=["plain", "rssh-nova"])
def shell(request):
    if request.param == "rssh-nova":
        request.getfixturevalue("rssh_nova")
    return request.param


def remote(host, path):
    name = host.replace("[", "").replace("]", "")
    if ":" in name:
        user, _, address = name.rpartition("@")
        name = (user + "@" if user else "") + "[" + address + "]"
    return "%s:%s" % (name, path)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_operation(sender, shell, transport, near, instance, root):
    probe = instance / ("0123456789abcdef" * 2 + ".tmp")
    mode = mode_of(root)
    sender.ok("--transport", transport, "create-dir", "127.0.0.1", instance)
    sender.ok("--transport", transport, "create-dir", "127.0.0.1", instance)
    assert instance.is_dir()
    sender.ok("--transport", transport, "create-file", "127.0.0.1", probe)
    assert probe.is_file()
    sender.ok("--transport", transport, "remove-file", "127.0.0.1", probe)
    assert not probe.exists()
    disk = make_sparse(near / "disk")
    sender.ok("--transport", transport, "copy", disk, remote("127.0.0.1", instance / "disk"))
    assert (instance / "disk").read_bytes() == disk.read_bytes()
    sender.ok("--transport", transport, "copy", "--no-compress", disk,
              remote("127.0.0.1", instance / "disk.eph0"))
    (near / "vtpm").mkdir()
    (near / "vtpm" / "state").write_text("state")
    sender.ok("--transport", transport, "copy", near / "vtpm", remote("127.0.0.1", instance))
    assert (instance / "vtpm" / "state").read_text() == "state"
    sender.ok("--transport", transport, "remove-dir", "127.0.0.1", instance)
    assert not instance.exists()
    assert mode_of(root) == mode


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_pull(sender, shell, transport, near, root):
    (root / "_base").mkdir()
    image = make_sparse(root / "_base" / ("a" * 40))
    for option in [], ["--no-compress"]:
        sender.ok("--transport", transport, *option, "copy", remote("127.0.0.1", image), near / "image")
        assert (near / "image").read_bytes() == image.read_bytes()
        (near / "image").unlink()
    sender.ok("--transport", transport, "copy", remote("127.0.0.1", image), near)
    assert os.listdir(near) == ["a" * 40]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("host", HOSTS)
def test_every_spelling_of_a_host(sender, transport, host, near, instance):
    (near / "disk").write_text("disk")
    sender.ok("--transport", transport, "create-dir", host, instance)
    sender.ok("--transport", transport, "copy", near / "disk", remote(host, instance / "disk"))
    assert (instance / "disk").read_text() == "disk"
    sender.ok("--transport", transport, "remove-dir", host, instance)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_user_is_the_one_named(sender, transport, instance):
    done = sender.run("--transport", transport, "create-dir", "nobody-of-that-name@127.0.0.1", instance)
    assert done.returncode == 69
    assert "Permission denied" in done.stderr


def test_legacy_scp(sender, shell, near, instance, root):
    disk = make_sparse(near / "disk")
    sender.ok("create-dir", "127.0.0.1", instance)
    sender.ok("--legacy-scp", "copy", disk, remote("127.0.0.1", instance / "disk"))
    assert (instance / "disk").read_bytes() == disk.read_bytes()
    (root / "_base").mkdir()
    (root / "_base" / "image").write_text("image")
    sender.ok("--legacy-scp", "copy", remote("127.0.0.1", root / "_base" / "image"), near / "image")
    assert (near / "image").read_text() == "image"


def test_touch_fails_with_its_own_words(sender, shell, instance):
    done = sender.run("create-file", "127.0.0.1", instance / ("f" * 32 + ".tmp"))
    assert done.returncode == 1
    assert "touch: cannot touch '%s/" % instance in done.stderr
    assert "No such file or directory" in done.stderr


def test_rsync_says_so_when_it_removed_nothing(sender, instance):
    """rsync ends with 0 although the directory remains."""
    (instance / "sub").mkdir(parents=True)
    (instance / "sub" / "file").write_text("")
    done = sender.run("--transport", "rsync", "remove-file", "127.0.0.1", instance / "sub")
    assert (instance / "sub" / "file").exists() == (done.returncode != 0)
