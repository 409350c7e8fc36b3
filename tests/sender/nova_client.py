# SPDX-License-Identifier: Apache-2.0
"""Runs operations of Nova's own RemoteFilesystem, and says how long they took and what went wrong.

Reads lines of JSON, {"transport": "ssh", "steps": [[method, arguments, keywords, may_fail], ...]}, and answers
each with one, {"seconds": 1.5, "fault": null, "failed": [null, ...]}. Started with /usr/bin/python3 and a PATH whose ssh and scp find
the private sshd."""
import eventlet  # noqa: I100 (Nova wants it first)

eventlet.monkey_patch(os=False)

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402

import nova.conf  # noqa: E402
from nova.virt.libvirt.volume import remotefs  # noqa: E402
from oslo_concurrency import processutils  # noqa: E402


def run(filesystem, method, arguments, keywords, may_fail):
    """What failed where it may, as Nova sees it."""
    try:
        getattr(filesystem, method)(*arguments, **keywords)
    except processutils.ProcessExecutionError as error:
        if not may_fail:
            raise
        return [method, error.exit_code, error.stderr, error.cmd]
    return None


def answer(transport, steps):
    nova.conf.CONF.set_override("remote_filesystem_transport", transport, "libvirt")
    filesystem = remotefs.RemoteFilesystem()
    fault, failed = None, []
    begun = time.monotonic()
    try:
        for step in steps:
            failed.append(run(filesystem, *step))
    except Exception:
        fault = traceback.format_exc()
    return {"seconds": time.monotonic() - begun, "fault": fault, "failed": failed}


def main():
    nova.conf.CONF([], project="nova", default_config_files=[], default_config_dirs=[])
    # A first child, so that what is loaded only then is not counted.
    processutils.execute("true")
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


main()
