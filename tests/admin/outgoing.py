# SPDX-License-Identifier: Apache-2.0
"""ssh of nova-compute to other nodes, on a host of test_doctor.py, and its faults."""
from sending import DIRECT, DROP_IN, sending, unit

PROFILE = "etc/apparmor.d/usr.bin.nova-compute"


def ssh_prints(old, new, text=DIRECT):
    """Replaces old in the output of ssh -G."""
    return lambda host: (unit(host, text), host.sub("ssh-G", old, new))


def without(*names):
    return lambda host: (unit(host), [host.path("home/.ssh/" + name).unlink() for name in names])


def profile(host, text="profile nova-compute /usr/bin/nova-compute {}\n"):
    sending(host)
    host.path(PROFILE).parent.mkdir()
    host.write(PROFILE, text)


def row(change, part):
    return change, "outgoing", "warning", part


BROKEN = {
    "no host key is checked": row(ssh_prints("stricthostkeychecking true", "stricthostkeychecking false"), "pretend to be a node"),
    "no host key is known": row(without("known_hosts"), "knows no host key of another node"),
    "known hosts are empty": row(lambda h: (unit(h), h.write("home/.ssh/known_hosts", "")), "knows no host key of another node"),
    "nova has no key": row(without("id_ed25519"), "has no key"),
    "a proxy": row(ssh_prints("port 22", "port 22\nproxycommand nc %h %p"), "proxycommand of ssh_config needs a shell"),
    "a jump": row(ssh_prints("port 22", "port 22\nproxyjump bastion"), "proxyjump of ssh_config needs a shell"),
    "shared connections": row(ssh_prints("controlmaster false", "controlmaster auto"), "(ControlMaster auto)"),
    "ssh invalid": row(ssh_prints("port 22", "Bad configuration option: x"), "ssh -G fails"),
    "AppArmor": row(profile, "does not let nova-compute run nova-path"),
    "AppArmor of nova-path alone": (lambda h: profile(h, "/usr/lib/rssh-nova/nova-path/* Pix,\n"), "outgoing", "fatal",
                                    "does not let qemu-img of nova-path run rssh-nova-admin"),
}
GOOD = {
    "a proxy with a shell": ssh_prints("port 22", "port 22\nproxycommand nc %h %p", DIRECT + "Environment=SHELL=/bin/sh\n"),
    "a proxy with a shell in a drop-in": lambda h: (
        ssh_prints("port 22", "port 22\nproxyjump bastion")(h), h.path(DROP_IN).parent.mkdir(),
        h.write(DROP_IN, "[Service]\n# SHELL=no\nEnvironment=SHELL=/bin/sh\n")),
    "no proxy": ssh_prints("port 22", "port 22\nproxycommand none"),
    "the host keys of the host": lambda h: (without("known_hosts")(h), h.write("etc/ssh/ssh_known_hosts", "x\n")),
    "host keys by a command": lambda h: (without("known_hosts")(h), h.sub("ssh-G", "port 22", "port 22\nknownhostscommand /x")),
    "host keys by DNS": lambda h: (without("known_hosts")(h), h.sub("ssh-G", "verifyhostkeydns false", "verifyhostkeydns true")),
    "host keys at first sight": lambda h: (without("known_hosts")(h), h.sub("ssh-G", "checking true", "checking accept-new")),
    "keys of an agent": lambda h: (without("id_ed25519")(h), h.sub("ssh-G", "port 22", "port 22\nidentityagent /x")),
    "AppArmor that knows": lambda h: profile(h, "/usr/lib/rssh-nova/nova-path/* Pix,\n/usr/sbin/rssh-nova-admin PUx,\n"),
    "nova-compute elsewhere": lambda h: [h.path("home/.ssh/" + name).unlink() for name in ("known_hosts", "id_ed25519")],
}
