# SPDX-License-Identifier: Apache-2.0
"""Migrations that must fail, and what is true then: where Nova can be told before it powers the guest off, the guest
runs on; the audit says why; and the next migration succeeds."""

import json
import os
import threading
import time

import cloud
from cloud import (INSTANCES, Step, as_nova, boot, configure, confirm, delete, digests, directory, doctor, host,
                   is_running, live_migrate, mend, migrate, must, must_be, nova, on, restart, start, stop, until, wait)
from trials import FLAVORS, IMAGES, SSH, TRANSPORTS, TRIALS, other_image, trial

ELSEWHERE = "10.77.0.99"
RESUMES = "ssh-nova-path"


def plain(name, **more):
    uuid = boot(name, more.pop("image_id", IMAGES["disk"]), FLAVORS[more.pop("flavor_name", "f1")], **more)
    return uuid, digests(uuid)


def fill(uuid, megabytes):
    """Gives the disk so much that a copy takes a while."""
    stop(uuid)
    writes = [word for at in range(64, 64 + megabytes) for word in ("-c", f"write -s /tmp/random {at}M 1M")]
    on(host(uuid), "sh", "-c", "head -c 1048576 /dev/urandom > /tmp/random")
    on(host(uuid), "qemu-io", "-f", "qcow2", *writes, f"{INSTANCES}/{uuid}/disk")
    start(uuid)


def heavy(name, megabytes=500, **more):
    uuid, _ = plain(name, **more)
    fill(uuid, megabytes)
    return uuid, digests(uuid)


def try_to_migrate(uuid):
    """Returns the instance as it is after a migration that may have failed."""
    nova("POST", f"/servers/{uuid}/action", {"migrate": {"host": "cn2"}})
    time.sleep(0.5)
    found = wait(uuid, "ACTIVE", "ERROR", "SHUTOFF", "VERIFY_RESIZE")
    must(found["status"] != "VERIFY_RESIZE", "the migration succeeded")
    must(host(uuid) == "cn1", f"the instance is on {host(uuid)}")
    return found


def refused_in_time(uuid, reason):
    """Nova asks before it powers the guest off. The guest must not even have been off in between."""
    before = on("cn1", "pgrep", "-f", f"guest.*{uuid}")
    with Step(f"migrate: refused with {reason}", wanted=[reason]) as step:
        found = try_to_migrate(uuid)
        must(step.logged(f"rssh-nova: refused: {reason}"), "the log of Nova has no reason")
    must(found["status"] == "ACTIVE" and is_running(uuid), f"the instance is {found['status']}")
    must(on("cn1", "pgrep", "-f", f"guest.*{uuid}") == before, "the guest was powered off")


def again(uuid, before, wanted=()):
    """The next migration succeeds with nothing to complain of but `wanted`."""
    must_be(before, uuid)
    with Step("the next migration and its confirmation", wanted):
        migrate(uuid, "cn2")
        confirm(uuid)
    must_be(before, uuid)
    delete(uuid)


def during_copy(uuid, what, bytes_there=20 << 20):
    """Does something once so much of the disk is on cn2. Returns the thread."""
    def watch():
        for _ in range(60000):
            try:
                found = sum(each.stat().st_blocks * 512 for each in os.scandir(directory("cn2", uuid)))
            except OSError:
                found = 0
            if found > bytes_there:
                what()
                return
            time.sleep(0.01)
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def cut(node):
    """Ends the connections of nova: sshd's processes for them, not sshd."""
    on(node, "sh", "-c", "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' < $p/cmdline 2>/dev/null) in "
       "'sshd: nova'*) kill ${p#/proc/};; esac; done", check=False)


def kill_sshd(node):
    restart(node, "sshd", "--stop")
    cut(node)


def crash(node):
    """As kill_sshd, and nobody tidies up: rsync deletes its half file when its connection ends, and Nova deletes the
    directory as soon as the copy fails, if it can connect."""
    restart(node, "sshd", "--stop")
    on(node, "pkill", "-KILL", "-x", "rsync", check=False)
    cut(node)


def foreign(uuid, *commands):
    """Makes the instance's directory on cn2, with a file in it."""
    path = f"{INSTANCES}/{uuid}"
    on("cn2", "sh", "-ec", f"mkdir {path}; echo x > {path}/disk; chown -R nova: {path}")
    for command in commands:
        on("cn2", *command)


@trial()
def unclaimed():
    """a directory that nobody has claimed is on the destination"""
    uuid, before = plain("unclaimed")
    foreign(uuid)
    refused_in_time(uuid, "not-claimed")
    on("cn2", "rm", "-r", f"{INSTANCES}/{uuid}")
    again(uuid, before)


@trial()
def other_peer():
    """another peer has claimed the directory on the destination"""
    uuid, before = plain("other-peer")
    foreign(uuid, ("rssh-nova-admin", "claims", "grant", uuid, "--peer", ELSEWHERE))
    refused_in_time(uuid, "not-claimed")
    on("cn2", "rm", "-r", f"{INSTANCES}/{uuid}")
    again(uuid, before)


@trial()
def busy():
    """the directory on the destination is in use"""
    uuid, before = plain("busy")
    foreign(uuid, ("rssh-nova-admin", "claims", "grant", uuid, "--peer", "10.77.0.11"),
            ("chown", "root:", f"{INSTANCES}/{uuid}/disk"))
    refused_in_time(uuid, "busy")
    on("cn2", "rm", "-r", f"{INSTANCES}/{uuid}")
    again(uuid, before)


@trial()
def no_space():
    """the destination has less room than free_space"""
    uuid, before = plain("no-space")
    kept = on("cn2", "sed", "-n", "s/^free_space = //p", "/etc/rssh-nova.conf").strip()
    configure("cn2", "free_space", "900T")
    try:
        refused_in_time(uuid, "no-space")
    finally:
        configure("cn2", "free_space", kept)
    again(uuid, before)


@trial()
def empty_left():
    """another peer's empty directory, older than empty_window, is taken over; Nova's probe before that is refused"""
    uuid, before = plain("empty-left")
    configure("cn2", "empty_window", "1s")
    try:
        on("cn2", "install", "-d", "-o", "nova", "-g", "nova", f"{INSTANCES}/{uuid}")
        on("cn2", "rssh-nova-admin", "claims", "grant", uuid, "--peer", ELSEWHERE)
        time.sleep(2)
        again(uuid, before, ["not-claimed"])
    finally:
        configure("cn2", "empty_window", "10m")


@trial()
def down():
    """no sshd on the destination"""
    uuid, before = plain("down")
    kill_sshd("cn2")  # and the connection that nova-path may have open yet
    try:
        with Step("migrate: no sshd"):
            found = try_to_migrate(uuid)
        must(found["status"] == "ACTIVE" and is_running(uuid), f"the instance is {found['status']}")
    finally:
        restart("cn2", "sshd")
    again(uuid, before)


BROKEN = tuple("status=%d" % status for status in (0, 1, 10, 12, 13, 20, 30, 137, 143, 255))


def recover(uuid):
    if wait(uuid, "ACTIVE", "ERROR", "SHUTOFF")["status"] != "ACTIVE" or not is_running(uuid):
        mend(uuid)


@trial(by=[way for way in TRANSPORTS if way != RESUMES])
def cut_():
    """the connection is cut within the copy; Nova removes what is there"""
    uuid, before = heavy("cut")
    watcher = during_copy(uuid, lambda: cut("cn2"))
    with Step("migrate: cut", expected=BROKEN):
        try_to_migrate(uuid)
    must(not watcher.is_alive(), "nothing was copied")
    recover(uuid)
    must(not directory("cn2", uuid).exists(), "Nova has not cleaned up")
    again(uuid, before)


@trial(by=(RESUMES,))
def cut_and_resumed():
    """as cut, but scp is that of nova-path: it connects again and copies the rest, and the migration succeeds"""
    uuid, before = heavy("cut-and-resumed")
    watcher = during_copy(uuid, lambda: cut("cn2"))
    with Step("migrate: cut and resumed, and confirm", expected=BROKEN):
        migrate(uuid, "cn2")
        confirm(uuid)
    must(not watcher.is_alive(), "nothing was copied")
    must_be(before, uuid)
    delete(uuid)


@trial()
def killed():
    """sshd ends within the copy, so Nova cannot clean up; the next migration overwrites what is left"""
    uuid, before = heavy("killed")
    during_copy(uuid, lambda: kill_sshd("cn2"))
    try:
        with Step("migrate: sshd killed", expected=BROKEN):
            try_to_migrate(uuid)
    finally:
        restart("cn2", "sshd")
    recover(uuid)
    must(directory("cn2", uuid).exists(), "nothing is left")
    again(uuid, before)


def clearing(uuid):
    """The command that clears a leftover, from claims list; None if it shows none."""
    held = json.loads(on("cn2", "rssh-nova-admin", "claims", "list", "--all", "--json"))
    return next((each.get("clear") for each in held if each["instance"] == uuid and each.get("leftover")), None)


def finds(node, word):
    return any(word in each["text"] + each["do"] for each in doctor(node))


@trial()
def leftover():
    """as killed, and the claim on what is left is over: refused in time, doctor says what clears it"""
    uuid, before = heavy("leftover")
    configure("cn2", "window", "30s")
    configure("cn2", "grace", "0")
    try:
        during_copy(uuid, lambda: crash("cn2"))
        try:
            with Step("migrate: sshd killed", expected=BROKEN):
                try_to_migrate(uuid)
        finally:
            restart("cn2", "sshd")
        recover(uuid)
        until(lambda: clearing(uuid), "claims list shows no leftover")
        refused_in_time(uuid, "not-claimed")
        must(any(clearing(uuid) in each["do"] for each in doctor("cn2")), "doctor does not say what clears it")
        on("cn2", "sh", "-c", clearing(uuid))
        must(not directory("cn2", uuid).exists(), "the command does not clear it")
    finally:
        configure("cn2", "window", "24h")
        configure("cn2", "grace", "15m")
    again(uuid, before)


@trial()
def window_ended():
    """the claim's window ends within the copy: the transfer ends, and Nova cleans up within the grace"""
    uuid, before = heavy("window", 900)
    configure("cn2", "window", "4s")
    try:
        with Step("migrate: window ends", wanted=["limit=claim"], expected=BROKEN + ("not-claimed",)):
            try_to_migrate(uuid)
        recover(uuid)
        must(not directory("cn2", uuid).exists(), "Nova could not clean up")
    finally:
        configure("cn2", "window", "24h")
    again(uuid, before)


@trial()
def full():
    """the destination's file system is full within the copy"""
    uuid, before = heavy("full")
    kept = on("cn2", "sed", "-n", "s/^free_space = //p", "/etc/rssh-nova.conf").strip()
    configure("cn2", "free_space", "1M")
    on("cn2", "sh", "-ec", "cd /var/lib/nova; truncate -s 1600M full; mkfs.ext4 -q -F full; mount -o loop full instances; "
       "chown nova: instances; chmod 755 instances; "
       "fallocate -l $(($(stat -f -c %a instances) * 4096 - 150 * 1048576)) instances/filler")
    try:
        with Step("migrate: disk full", expected=BROKEN + ("status=11", "status=23")):
            try_to_migrate(uuid)
        must(on("cn2", "find", INSTANCES, "-name", uuid) == "", "Nova has not cleaned up")
    finally:
        on("cn2", "sh", "-c", "umount -l /var/lib/nova/instances; rm -f /var/lib/nova/full")
        configure("cn2", "free_space", kept)
    recover(uuid)
    restart("cn2", "nova-compute")		# Placement must learn of the room.
    until(lambda: all(each["state"] == "up" for each in nova("GET", "/os-hypervisors/detail")["hypervisors"]), "down")
    time.sleep(15)
    again(uuid, before)


@trial()
def libvirtd_gone():
    """libvirtd of the destination ends within the copy, so the guest cannot start there until an operator mends that"""
    uuid, before = heavy("libvirtd-gone", 300)
    during_copy(uuid, lambda: restart("cn2", "libvirtd", "--stop"))
    try:
        with Step("migrate: libvirtd gone"):
            nova("POST", f"/servers/{uuid}/action", {"migrate": {"host": "cn2"}})
            time.sleep(0.5)
            wait(uuid, "ERROR")
    finally:
        restart("cn2", "libvirtd")
    until(lambda: all(each["status"] == "enabled" for each in nova("GET", "/os-hypervisors/detail")["hypervisors"]),
          "cn2 stays disabled", 300)
    mend(uuid)
    must_be(before, uuid)
    # Nova leaves this for good: it deletes the record of the migration with the instance, and its task finds nothing.
    must(directory("cn1", uuid + "_resize").exists(), "the source has nothing left")
    on("cn1", "rm", "-r", f"{INSTANCES}/{uuid}_resize")
    delete(uuid)


@trial()
def live_without_read_running():
    """read_running is empty: the live migration of an instance with a config drive fails, and the guest runs on"""
    uuid, before = plain("live-off", config_drive=True)
    kept = on("cn1", "sed", "-n", "s/^read_running = //p", "/etc/rssh-nova.conf").strip()
    configure("cn1", "read_running", "")
    try:
        with Step("live migration: refused", expected=["not-readable", *BROKEN]):
            nova("POST", f"/servers/{uuid}/action", {"os-migrateLive": {"host": "cn2", "block_migration": "auto"}})
            time.sleep(1)
            wait(uuid, "ACTIVE", "ERROR")
            must(host(uuid) == "cn1" and is_running(uuid), "the guest does not run on")
    finally:
        configure("cn1", "read_running", kept)
    recover(uuid)
    with Step("live migration"):
        live_migrate(uuid, "cn2")
    must_be(before, uuid)
    delete(uuid)


@trial(by=SSH)
def left_out():
    """scp to instances that are busy or that root has put a hard link in: the audit names each with its reason"""
    uuid, _ = plain("left-out")
    path, made = f"{INSTANCES}/{uuid}", []
    for _ in range(2):
        made.append(on("cn1", "uuidgen").strip())
        status, said = as_nova("cn1", "ssh", "10.77.0.12", "mkdir", "-p", f"{INSTANCES}/{made[-1]}")
        must(status == 0, said)
    on("cn2", "sh", "-ec", f"cd {INSTANCES}; echo x > {made[0]}/disk; : > other; ln other {made[1]}/disk; "
       f"chown nova: other; chown root: {made[0]}/disk")
    try:
        with Step("scp to both", expected=BROKEN) as step:
            for each in made:
                status, said = as_nova("cn1", "scp", f"{path}/disk.info", f"10.77.0.12:{INSTANCES}/{each}/disk.info")
                must(status != 0 and "No such file or directory" in said, f"scp: {status} {said}")
            seen = " ".join(record.get("left_out", "") for _, _, record in step.records())
        for each, reason in zip(made, ("busy", "changed")):
            must(f"{each}:{reason}" in seen, f"the audit does not say that {each} is left out: {seen}")
    finally:
        on("cn2", "sh", "-c", f"cd {INSTANCES} && rm -rf other {' '.join(made)}")
    delete(uuid)


@trial()
def subdirectory_name():
    """[image_cache] subdirectory_name differs from _base: doctor sees it, and with the keys set all is well"""
    conf = "/etc/nova/nova.conf"
    try:
        for node in cloud.NODES:
            on(node, "sed", "-i", r"$a [image_cache]\nsubdirectory_name = _cache", conf)
            must(finds(node, "_cache"), f"doctor of {node} does not see it")
            configure(node, "read", "_cache, %u/kernel, %u/ramdisk")
            configure(node, "backing", "_cache")
            must(not doctor(node), f"doctor of {node}: {doctor(node)}")
            restart(node, "nova-compute")
        short_lived = other_image("cached")
        uuid, before = plain("cached", image_id=short_lived)
        cloud.delete_image(short_lived)
        again(uuid, before)
    finally:
        for node in cloud.NODES:
            on(node, "sed", "-i", r"/^\[image_cache\]/,$d", conf)
            configure(node, "read", "_base, %u/kernel, %u/ramdisk")
            configure(node, "backing", "_base")
            restart(node, "nova-compute")


def judged(path, text, ours):
    """Adds text to a file that nova-compute reads. Doctor must find fault exactly if Nova then takes another transport.
    Returns whether it does."""
    on("cn1", "sh", "-ec", f"mkdir -p $(dirname {path}); [ ! -e {path} ] || cp -p {path} /tmp/kept; "
       f"printf '{text}' >> {path}")
    try:
        taken = on("cn1", "python3", "/cloud/nova_transport.py").strip()
        must(finds("cn1", "remote_filesystem_transport") == (taken != ours),
             f"Nova takes {taken} with {path}, and doctor says {doctor('cn1')}")
    finally:
        on("cn1", "sh", "-ec", f"rm {path}; [ ! -e /tmp/kept ] || mv /tmp/kept {path}")
    return taken != ours


@trial()
def nova_conf_places():
    """another transport in each file that nova-compute reads: doctor sees it exactly if Nova takes it"""
    conf, key = "/etc/nova/nova.conf", "remote_filesystem_transport"
    ours = on("cn1", "sed", "-n", f"s/^{key} = //p", conf).strip()
    text = f"[libvirt]\\n{key} = {'rsync' if ours == 'ssh' else 'ssh'}\\n"
    places = ["/etc/nova/nova-compute.conf", "/etc/nova/nova.conf.d/x.conf", "/etc/nova/nova-compute.conf.d/x.conf"]
    taken = [judged(path, text, ours) for path in places]
    must(any(taken) and not all(taken), f"nova.conf says it too: Nova takes the others' {taken}")
    on("cn1", "sed", "-i", f"s/^{key} = /#&/", conf)
    try:
        must(all([judged(path, text, ours) for path in places]), "Nova takes none of them, and nova.conf is silent")
    finally:
        on("cn1", "sed", "-i", f"s/^#{key} = /{key} = /", conf)
    must(not doctor("cn1"), "doctor still finds something")


FAULTS = [name for name, (function, *_) in TRIALS.items() if function.__module__ == __name__]
