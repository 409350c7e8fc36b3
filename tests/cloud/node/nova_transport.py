# SPDX-License-Identifier: Apache-2.0
"""Prints the remote_filesystem_transport that nova-compute takes, started as /cloud/restart starts it."""

import sys

sys.argv[0] = "nova-compute"  # names nova-compute.conf.d
import nova.conf  # noqa: E402
from nova import config  # noqa: E402

config.parse_args(["nova-compute", "--config-file", "/etc/nova/nova.conf",
                   "--config-file", "/etc/nova/nova-compute.conf"])
print(nova.conf.CONF.libvirt.remote_filesystem_transport)
