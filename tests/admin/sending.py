# SPDX-License-Identifier: Apache-2.0
"""nova-path on the PATH of nova-compute, on a host of test_doctor.py, and its faults."""

UNIT, DEFAULT = "etc/systemd/system/nova-compute.service", "etc/default/nova-compute"
DROP_IN = "etc/systemd/system/nova-compute.service.d/50-rssh-nova.conf"
DIRECT = "[Service]\nUser=nova\nExecStart=/usr/bin/nova-compute\n"
SCRIPT = "[Service]\nUser=nova\nExecStart=/etc/init.d/nova-compute systemd-start\n"


def unit(host, text=DIRECT):
    (host.top / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
    (host.top / "etc/default").mkdir(exist_ok=True)
    host.write(UNIT, text)


def sending(host, text=DIRECT):
    unit(host, text)
    done = host.setup("--sending")
    assert done.returncode == 0, done.stderr


def with_sending(change, text=DIRECT):
    return lambda host: (sending(host, text), change(host))


BROKEN = {
    "nova-compute without nova-path": (unit, "sending", "warning", "nova-path is not first"),
    "nova-compute by its script": (lambda h: unit(h, SCRIPT), "sending", "warning", "nova-path is not first"),
    "PATH set again": (with_sending(lambda h: h.write(DROP_IN.replace("50-", "99-"),
                                                      "[Service]\nEnvironment=PATH=/usr/bin\n")),
                       "sending", "warning", "99-rssh-nova.conf sets the PATH"),
    "PATH set again in quotes": (with_sending(lambda h: h.write(DROP_IN.replace("50-", "99-"),
                                                                '[Service]\nEnvironment="X=1" "PATH=/usr/bin"\n')),
                                 "sending", "warning", "99-rssh-nova.conf sets the PATH"),
    "PATH set again for the script": (with_sending(lambda h: h.append(DEFAULT, "PATH=/usr/bin\n"), SCRIPT),
                                      "sending", "warning", "/etc/default/nova-compute sets the PATH"),
}
