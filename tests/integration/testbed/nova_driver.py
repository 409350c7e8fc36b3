# SPDX-License-Identifier: Apache-2.0
"""nova_driver: Nova's own RemoteFilesystem, unmodified, behind lines of JSON on stdin and stdout.

A program, run as the peer's user: /usr/bin/python3 nova_driver.py TRANSPORT
Takes {"call": METHOD, "arguments": [...], "keywords": {...}} on each line; answers {"status": 0}, or
the status, stderr and command of the ProcessExecutionError that Nova raised.
"""

import json
import sys

import eventlet  # noqa: F401  Nova's modules want it to be there first
import nova.conf
from nova.virt.libvirt.volume import remotefs
from oslo_concurrency import processutils


def call(filesystem, request):
    try:
        getattr(filesystem, request["call"])(*request["arguments"], **request["keywords"])
        return {"status": 0}
    except processutils.ProcessExecutionError as error:
        return {"status": error.exit_code, "stderr": error.stderr, "command": error.cmd}


def main():
    nova.conf.CONF([], project="nova", default_config_files=[], default_config_dirs=[])
    nova.conf.CONF.set_override("remote_filesystem_transport", sys.argv[1], "libvirt")
    filesystem = remotefs.RemoteFilesystem()
    for line in sys.stdin:
        print(json.dumps(call(filesystem, json.loads(line))), flush=True)


main()
