# SPDX-License-Identifier: Apache-2.0
"""The far end gets byte for byte what Nova's own drivers send."""
import os

import pytest

TRANSPORTS = ["ssh", "rsync"]


def both(far, nova, sender, transport, method, args, command, prepare, keywords=None, scp=""):
    """Runs Nova's method, then our command. Returns the lines that each sent."""
    lines = []
    nova.write_scp(scp)
    extra = ["--legacy-scp"] if scp == "-O" else []
    for act in (lambda: nova.run(transport, (method, args, keywords or {}, False)),
                lambda: sender.ok("--transport", transport, *extra, *command)):
        prepare()
        far.forget()
        act()
        lines.append(far.commands())
    return lines


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("method", ["create_file", "remove_file", "create_dir", "remove_dir"])
def test_words_of_one_path(far, nova, sender, instance, transport, method):
    path = instance if method.endswith("dir") else instance / ("0123456789abcdef" * 2 + ".tmp")

    def prepare():
        instance.mkdir(exist_ok=True)
        if method == "remove_file":
            path.write_text("")

    theirs, ours = both(far, nova, sender, transport, method, ["127.0.0.1", path],
                        [method.replace("_", "-"), "127.0.0.1", path], prepare)
    assert ours == theirs
    assert len(theirs) == (2 if (transport, method) == ("rsync", "remove_dir") else 1)


@pytest.mark.parametrize("compression", [True, False])
@pytest.mark.parametrize("direction", ["push", "pull", "directory"])
@pytest.mark.parametrize("transport,scp", [("ssh", ""), ("ssh", "-O"), ("rsync", "")])
def test_words_of_a_copy(far, nova, sender, instance, near, transport, scp, direction, compression):
    instance.mkdir()
    (near / "disk").write_bytes(os.urandom(100000))
    (near / "vtpm").mkdir()
    (near / "vtpm" / "state").write_text("state")
    (instance / "kernel").write_text("kernel")
    src, dst = {
        "push": (near / "disk", "127.0.0.1:%s/disk" % instance),
        "pull": ("127.0.0.1:%s/kernel" % instance, near / "kernel"),
        "directory": (near / "vtpm", "127.0.0.1:%s" % instance),
    }[direction]

    def prepare():
        (near / "kernel").unlink(missing_ok=True)

    theirs, ours = both(far, nova, sender, transport, "copy_file", [src, dst],
                        ["copy", src, dst] + ([] if compression else ["--no-compress"]), prepare,
                        {"compression": compression}, scp)
    assert ours == theirs
    assert len(theirs) == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_words_of_a_migration(far, nova, sender, instance, near, transport):
    """migrate sends the same as Nova's steps one by one; the name of the probe is random."""
    for name in "disk", "disk.config", "disk.info", "disk.swap":
        (near / name).write_text(name)
    probe = instance / ("0123456789abcdef" * 2 + ".tmp")
    steps = [("create_file", ["127.0.0.1", probe], {}, True)]
    if transport == "rsync":
        steps.append(("remove_file", ["127.0.0.1", probe], {}, False))
    steps.append(("create_dir", ["127.0.0.1", instance], {}, False))
    steps += [("copy_file", [near / name, "127.0.0.1:%s/%s" % (instance, name)], {}, False)
              for name in ("disk", "disk.config", "disk.info")]
    nova.run(transport, *steps)
    theirs = far.commands()
    for name in os.listdir(instance):
        (instance / name).unlink()
    instance.rmdir()
    far.forget()
    sender.ok("--transport", transport, "migrate", near, "127.0.0.1:%s" % instance)
    ours = far.commands()
    assert sorted(os.listdir(instance)) == ["disk", "disk.config", "disk.info"]
    if transport == "ssh":
        assert ours[0].startswith("touch %s/" % instance) and len(ours[0]) == len(theirs[0])
        ours[0] = theirs[0]
        # One SFTP session serves all files; scp starts one for each.
        assert set(theirs[2:]) == {theirs[-1]} and ours[2:] == theirs[-1:]
        assert ours[:2] == theirs[:2]
        return
    # The probe goes while the directory is made, and small files go at the same time: each come in any order.
    # Behind them comes disk.info.
    assert len(ours) == len(theirs)
    for stage in slice(0, 1), slice(1, -3), slice(-3, -1), slice(-1, None):
        assert sorted(ours[stage]) == sorted(theirs[stage])


def test_dry_run_shows_and_does_nothing(far, sender, instance, near):
    (near / "disk").write_text("disk")
    for transport in TRANSPORTS:
        done = sender.ok("--transport", transport, "--dry-run", "migrate", near, "127.0.0.1:%s" % instance)
        assert far.commands() == []
        assert not instance.exists()
        *_, before, last = done.stdout.splitlines()
        if transport == "ssh":
            assert before.startswith("/usr/bin/ssh ") and before.endswith(" -s -- 127.0.0.1 sftp")
            assert last == "put %s/disk %s/disk" % (near, instance)
        else:
            assert "127.0.0.1:%s/disk" % instance in last and "/usr/bin/rsync " in last
