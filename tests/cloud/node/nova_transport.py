# SPDX-License-Identifier: Apache-2.0
"""Prints the remote_filesystem_transport that nova-compute takes, started as /cloud/restart starts it."""

import nova.conf
from nova import config

config.parse_args(["nova-compute", "--config-file", "/etc/nova/nova.conf",
                   "--config-file", "/etc/nova/nova-compute.conf"])
print(nova.conf.CONF.libvirt.remote_filesystem_transport)
