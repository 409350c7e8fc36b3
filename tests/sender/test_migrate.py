# SPDX-License-Identifier: Apache-2.0
"""migrate sends all or nothing, reports what remains, and can run again."""
import json
import os
import uuid

import pytest

from conftest import make_sparse

TRANSPORTS = ["ssh", "rsync"]

pytestmark = pytest.mark.usefixtures("leftovers")


@pytest.fixture
def instance_here(near):
    make_sparse(near / "disk")
    (near / "disk.config").write_bytes(b"CD001" + os.urandom(5000))
    (near / "disk.info").write_text("{}")
    (near / "disk.swap").write_text("swap")
    (near / "vtpm").mkdir()
    (near / "vtpm" / "state").write_text("state")
    return near


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("shell", ["plain", "rssh-nova"])
def test_all_arrives(request, sender, far, instance_here, instance, transport, shell):
    if shell == "rssh-nova":
        request.getfixturevalue("rssh_nova")
    for _ in range(2):
        done = sender.ok("--json", "--transport", transport, "migrate", instance_here,
                         "127.0.0.1:%s" % instance)
        assert sorted(os.listdir(instance)) == ["disk", "disk.config", "disk.info", "vtpm"]
        assert (instance / "disk").read_bytes() == (instance_here / "disk").read_bytes()
        assert (instance / "vtpm" / "state").read_text() == "state"
        events = [json.loads(line) for line in done.stdout.splitlines()]
        copied = [event["path"] for event in events if event.get("step") == "copy"]
        assert copied[-1].endswith("/disk.info") and len(copied) == 4
        assert events[-1] == {"event": "end", "op": "migrate", "outcome": "done", "status": 0}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_one_handshake(sender, far, near, instance, transport):
    for name in "disk", "disk.config", "disk.info":
        (near / name).write_text(name)
    log = far.dir / "sshd.log"
    before = log.read_text().count("Accepted publickey")
    sender.ok("--transport", transport, "migrate", near, "127.0.0.1:%s" % instance)
    assert log.read_text().count("Accepted publickey") == before + 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_shared_storage_is_seen(sender, root, instance, transport):
    instance.mkdir()
    (instance / "disk").write_text("disk")
    done = sender.run("--transport", transport, "migrate", instance, "127.0.0.1")
    assert done.returncode == 1
    assert "share" in done.stderr
    assert os.listdir(instance) == ["disk"]


def test_an_instance_put_aside_goes_to_its_own_name(sender, far, root, instance):
    aside = root / (instance.name + "_resize")
    aside.mkdir()
    (aside / "disk").write_text("disk")
    sender.ok("migrate", aside, "127.0.0.1")
    assert (instance / "disk").read_text() == "disk"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_cannot_be_sent_stops_it_before_it_begins(sender, far, near, instance, transport):
    (near / "disk").symlink_to("/etc/passwd")
    done = sender.run("--transport", transport, "migrate", near, "127.0.0.1:%s" % instance)
    assert done.returncode == 1
    assert far.commands() == []
    assert not instance.exists()


@pytest.fixture
def small_instance(small_disk):
    return small_disk / str(uuid.uuid4())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_disk_full(sender, small_disk, instance_here, small_instance, transport):
    (instance_here / "disk").write_bytes(os.urandom(4 << 20))
    done = sender.run("--transport", transport, "migrate", instance_here, "127.0.0.1:%s" % small_instance)
    assert done.returncode == 1, done.stderr
    assert "was removed from 127.0.0.1 again" in done.stderr
    assert os.listdir(small_disk) == []
    (instance_here / "disk").write_bytes(os.urandom(1 << 20))
    sender.ok("--transport", transport, "migrate", instance_here, "127.0.0.1:%s" % small_instance)
    assert (small_instance / "disk.info").exists()


def test_what_was_there_before_stays(sender, instance_here, small_instance):
    small_instance.mkdir()
    (small_instance / "disk.old").write_text("old")
    (instance_here / "disk").write_bytes(os.urandom(4 << 20))
    done = sender.run("migrate", instance_here, "127.0.0.1:%s" % small_instance)
    assert done.returncode == 1
    assert "before" in done.stderr and "stays" in done.stderr
    assert (small_instance / "disk.old").read_text() == "old"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_other_end_refuses(sender, rssh_nova, instance_here, root, transport):
    """The name is not an instance's, so nothing may be created."""
    done = sender.run("--json", "--transport", transport, "migrate", instance_here,
                      "127.0.0.1:%s/not-an-instance" % root)
    end = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 77
    assert end["outcome"] == "refused" and end["reason"] and end["ref"]
    assert [name for name in os.listdir(root) if name != ".rssh-nova.sessions"] == []


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("refused", ["mkdir", "copy"])
def test_refused_on_the_way(sender, far, instance_here, instance, transport, refused):
    word = {"ssh": {"mkdir": "mkdir*", "copy": "*sftp-server"},
            "rsync": {"mkdir": "*no-implied-dirs*", "copy": "*-rS*"}}[transport][refused]
    far.be('case $SSH_ORIGINAL_COMMAND in %s) echo "rssh-nova: refused: busy (ref 0123)" >&2; exit 77;; esac\n'
           'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n' % word)
    done = sender.run("--transport", transport, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert done.returncode == 77, done.stderr
    assert "refused: busy, ref 0123" in done.stderr
    assert not instance.exists()


def test_a_directory_that_the_probe_made_is_taken_back(sender, far, instance_here, instance, place):
    """With rsync the probe creates the directory; only later commands are refused."""
    far.be('case $SSH_ORIGINAL_COMMAND in *no-implied-dirs*) mkdir %s 2>/dev/null ||\n'
           '{ echo "rssh-nova: refused: busy (ref 0123)" >&2; exit 77; };; esac\n'
           'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n' % (place / "once"))
    done = sender.run("--transport", "rsync", "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert done.returncode == 77, done.stderr
    assert (place / "once").exists()
    assert "%s was removed from 127.0.0.1 again" % instance in done.stderr
    assert not instance.exists()


NAMES = ["a name with blanks", ".hidden", "..", ".rssh-nova.claim", "-rf", "bild-\u00e9\u4e2d", "q'uo\"te$HOME`id`;*?",
         "colon:name", "percent%20", "back\\slash", "bytes-\udcff\udcfe"]
NAMES.remove("..")


@pytest.mark.parametrize("options", [["ssh"], ["rsync"], ["ssh", "--legacy-scp"]], ids=["ssh", "rsync", "old-scp"])
@pytest.mark.parametrize("shell", ["plain", "rssh-nova"])
def test_any_name_is_sent(request, sender, instance_here, instance, options, shell):
    """A name that no command line can have travels inside the protocol."""
    if shell == "rssh-nova":
        request.getfixturevalue("rssh_nova")
    for name in NAMES:
        (instance_here / name).write_text(name, errors="surrogateescape")
        (instance_here / "vtpm" / name).write_text(name, errors="surrogateescape")
    done = sender.ok("--transport", *options, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert done.stderr == ""
    assert sorted(os.listdir(instance)) == sorted(["disk", "disk.config", "disk.info", "vtpm", *NAMES])
    for name in NAMES:
        for there in instance / name, instance / "vtpm" / name:
            assert there.read_text(errors="surrogateescape") == name
    events = [json.loads(line) for line in
              sender.ok("--json", "--transport", *options, "migrate", instance_here, "127.0.0.1:%s" % instance)
              .stdout.splitlines()]
    copied = [event["path"] for event in events if event.get("step") == "copy"]
    assert len(copied) == 4 + len(NAMES) and copied[-1].endswith("/disk.info")
    assert "%s/bild-\u00e9\u4e2d" % instance in copied and "%s/bytes-\\xff\\xfe" % instance in copied


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("spoil", ["newline", "link", "fifo", "link-below", "fifo-below", "deep"])
def test_what_cannot_be_sent_is_named_before_anything_is_done(sender, far, instance_here, instance, transport, spoil):
    below = instance_here / "vtpm" / "b\u00e9low it"
    below.mkdir()
    path, why, shown = {
        "newline": (instance_here / "a\nb", "a name with control bytes cannot be sent", "/a\\x0ab"),
        "link": (instance_here / "a link", "neither a file nor a directory", "/a link"),
        "fifo": (instance_here / "pipe", "neither a file nor a directory", "/pipe"),
        "link-below": (below / "link", "neither a file nor a directory", "/vtpm/b\\xc3\\xa9low it/link"),
        "fifo-below": (below / "pipe", "neither a file nor a directory", "/vtpm/b\\xc3\\xa9low it/pipe"),
        "deep": (below / "/".join(["d"] * 70), "too many directories in one another", "/d/d"),
    }[spoil]
    if spoil.startswith("link"):
        path.symlink_to("disk")
    elif spoil.startswith("fifo"):
        os.mkfifo(path)
    elif spoil == "deep":
        path.mkdir(parents=True)
    else:
        path.write_text("")
    done = sender.run("--transport", transport, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert done.returncode == 1
    said = "nothing was done: %s: %s/vtpm" % (why, instance_here) if "vtpm" in shown else "nothing was done: " + why
    assert said in done.stderr and done.stderr.endswith(shown + "\n"), done.stderr
    assert far.commands() == []
    done = sender.run("--json", "--transport", transport, "migrate", instance_here, "127.0.0.1:%s" % instance)
    assert json.loads(done.stdout.splitlines()[-1])["text"].endswith(shown)


def test_a_path_that_cannot_be_sent_is_named(sender, far, near):
    (near / "disk").write_text("disk")
    for words in (["copy", near / "disk", "127.0.0.1:/x/a b"], ["create-dir", "127.0.0.1", "/x/a b"],
                  ["migrate", near, "127.0.0.1:/x/a b"], ["migrate", near, "127.0.0.1:/x/\u00e9/a b"]):
        done = sender.run(*words)
        assert done.returncode == 2
        assert "a b: a path on the other end has letters" in done.stderr
    assert far.commands() == []
