"""Measures migrate against Nova's driver doing the same steps, alternating in one run, and bulk copies against
scp and rsync alone. Prints medians and ratios; asserts nothing about time.

usage: /usr/bin/python3 tests/sender/speed.py [ROUNDS [MEGABYTES]]"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from conftest import Nova, Sender
from far import Far

SMALL = ["disk", "disk.config", "disk.eph0", "disk.info"]


def timed(act):
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def steps_of(transport, near, instance):
    probe = instance / (uuid.uuid4().hex + ".tmp")
    steps = [("create_file", ["127.0.0.1", probe], {}, True)]
    if transport == "rsync":
        steps.append(("remove_file", ["127.0.0.1", probe], {}, False))
    steps.append(("create_dir", ["127.0.0.1", instance], {}, False))
    return steps + [("copy_file", [near / name, "127.0.0.1:%s/%s" % (instance, name)], {}, False)
                    for name in SMALL]


def show(what, theirs, ours):
    print("%-28s %8.3f s  ours %8.3f s  ratio %5.2f" % (what, statistics.median(theirs), statistics.median(ours),
                                                       statistics.median(theirs) / statistics.median(ours)))


def migrations(far, sender, nova, place, rounds):
    near, root = place / "near", place / "instances"
    near.mkdir()
    root.mkdir()
    for name in SMALL:
        (near / name).write_bytes(os.urandom(10000))
    for transport in "ssh", "rsync":
        theirs, ours = [], []
        for _ in range(rounds):
            instance = root / str(uuid.uuid4())
            theirs.append(nova.run(transport, *steps_of(transport, near, instance)))
            assert sorted(os.listdir(instance)) == SMALL
            instance = root / str(uuid.uuid4())
            ours.append(timed(lambda: sender.ok("--transport", transport, "migrate", near,
                                                "127.0.0.1:%s" % instance)))
            assert sorted(os.listdir(instance)) == SMALL
        show("migrate, %s: Nova" % transport, theirs, ours)


def bulk(far, sender, place, rounds, megabytes):
    disk = place / "disk"
    with open(disk, "wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(1 << 20))
    target = place / "copied"
    ssh = "/usr/bin/ssh -F %s" % far.ssh_config
    alone = {"ssh": ["scp", "-q", "-F", far.ssh_config, "-r", disk, "127.0.0.1:%s" % target],
             "rsync": ["rsync", "-e", ssh, "-r", "--sparse", disk, "127.0.0.1:%s" % target]}
    for transport in "ssh", "rsync":
        theirs, ours = [], []
        for _ in range(rounds):
            target.unlink(missing_ok=True)
            theirs.append(timed(lambda: subprocess.run(alone[transport], check=True)))
            target.unlink()
            ours.append(timed(lambda: sender.ok("--transport", transport, "--quiet", "--no-compress", "copy", disk,
                                                "127.0.0.1:%s" % target)))
        show("copy %d MB: %s alone" % (megabytes, "scp" if transport == "ssh" else "rsync"), theirs, ours)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    place = pathlib.Path(tempfile.mkdtemp(prefix="sender-speed-", dir="/var/tmp"))
    place.chmod(0o755)
    far = Far(place, recording=False)
    far.start()
    try:
        sender, nova = Sender(far, place), Nova(far, place)
        migrations(far, sender, nova, place, rounds)
        bulk(far, sender, place, rounds, megabytes)
    finally:
        far.stop()
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
