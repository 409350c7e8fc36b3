"""Runs operations of Nova's own RemoteFilesystem, and says how long they took.

usage: nova_client.py TRANSPORT STEPS    STEPS: JSON, a list of [method, arguments, keywords, may_fail]
Started with /usr/bin/python3 and a PATH whose ssh and scp find the private sshd."""
import eventlet  # noqa: I100 (Nova wants it first)

eventlet.monkey_patch(os=False)

import json
import sys
import time

import nova.conf
from nova.virt.libvirt.volume import remotefs
from oslo_concurrency import processutils


def run(filesystem, method, arguments, keywords, may_fail):
    try:
        getattr(filesystem, method)(*arguments, **keywords)
    except processutils.ProcessExecutionError:
        if not may_fail:
            raise


def main():
    nova.conf.CONF([], project="nova", default_config_files=[])
    nova.conf.CONF.set_override("remote_filesystem_transport", sys.argv[1], "libvirt")
    filesystem = remotefs.RemoteFilesystem()
    steps = json.loads(sys.argv[2])
    # A first child, so that what is loaded only then is not counted.
    processutils.execute("true")
    begun = time.monotonic()
    for step in steps:
        run(filesystem, *step)
    print(json.dumps({"seconds": time.monotonic() - begun}))


main()
