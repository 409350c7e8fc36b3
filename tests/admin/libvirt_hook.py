# SPDX-License-Identifier: Apache-2.0
"""The hook of libvirt on a host of test_doctor.py and test_setup.py, and its faults."""
import os

HOOK = "etc/libvirt/hooks/qemu.d/rssh-nova"
# Replaces the libvirt of this machine, if any, by another version.
OLD = """mkdir -p "$0/sbin" && cp -a /usr/sbin/sshd /usr/sbin/usermod "$0/sbin" &&
printf '#!/bin/sh\\necho libvirtd "(libvirt)" %s\\n' "$VERSION" > "$0/sbin/libvirtd" && chmod 755 "$0/sbin/libvirtd" &&
mount --bind "$0/sbin" /usr/sbin && exec "$@"
"""


def libvirt(host):
    (host.top / "etc/libvirt/hooks").mkdir(parents=True, exist_ok=True)


def hook(host):
    libvirt(host)
    done = host.setup("--libvirt")
    assert done.returncode == 0, done.stderr


def with_hook(change):
    return lambda host: (hook(host), change(host))


def version(host, number):
    return ("env", f"VERSION={number}", "sh", "-c", OLD, host.top)


BROKEN = {
    "no libvirt hook": (libvirt, "libvirt-hook", "warning", "no hook fences"),
    "libvirt hook not executable": (with_hook(lambda h: h.path(HOOK).chmod(0o644)), "libvirt-hook", "warning", "not executable"),
    "another libvirt hook": (with_hook(lambda h: h.append(HOOK, "exit 0\n")), "libvirt-hook", "warning", "not as setup writes it"),
    "libvirt hook a link": (with_hook(lambda h: (h.path(HOOK).unlink(), os.symlink("/bin/true", h.path(HOOK)))), "libvirt-hook",
                            "warning", HOOK),
    "libvirt hook writable": (with_hook(lambda h: h.path(HOOK).chmod(0o775)), "libvirt-hook", "fatal", "other than root"),
    "libvirt hook of nova's": (with_hook(lambda h: os.chown(h.path(HOOK), 64055, -1)), "libvirt-hook", "fatal", "other than root"),
    "images audited": (lambda h: h.append("etc/rssh-nova.conf", "[images]\nheaders = audit\n"), "config", "warning",
                       "headers = enforce"),
    "images off": (lambda h: h.append("etc/rssh-nova.conf", "[images]\nheaders = off\n"), "config", "warning", "headers = enforce"),
    "fence open": (lambda h: h.append("etc/rssh-nova.conf", "[images]\nfence = open\n"), "config", "warning", "fence = closed"),
}
