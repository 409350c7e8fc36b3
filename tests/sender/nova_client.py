# SPDX-License-Identifier: Apache-2.0
"""Runs operations of Nova's own RemoteFilesystem, and reports their time and failures.

Reads lines of JSON, {"transport": "ssh", "steps": [[method, arguments, keywords, may_fail], ...]}, and answers
each with a line, {"seconds": 1.5, "fault": null, "failed": [null, ...]}. Start it with /usr/bin/python3 and a PATH
whose ssh and scp find the private sshd."""
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
    """Returns the failure, as Nova sees it, if the step may fail."""
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
    # The first child loads modules, which must not count.
    processutils.execute("true")
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


main()
