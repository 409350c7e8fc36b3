"""bed: what a migration needs to happen for real: two nodes, sshd, syslog, Nova's drivers."""
