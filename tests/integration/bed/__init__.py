# SPDX-License-Identifier: Apache-2.0
"""bed: what a migration needs to happen for real: two nodes, sshd, syslog, Nova's drivers."""
