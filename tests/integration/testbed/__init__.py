# SPDX-License-Identifier: Apache-2.0
"""testbed: what a real migration needs: two nodes, sshd, syslog, Nova's drivers."""
