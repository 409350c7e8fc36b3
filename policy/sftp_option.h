/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_option: the options of sftp-server that may stand in the Subsystem line of sshd_config.
 * sshd sends that line as the client's command, so a client can send the same. They are read and dropped: our argument
 * vector is our own (plan.c). So only options whose loss changes nothing are read: what is logged, and where to.
 * -d, -P, -p, -R and -u change what a session may do or makes; a line with one is refused.
 * Pure: no heap, no I/O, no globals. Source: sftp-server(8) of OpenSSH 8.4 to 10.6. */
#ifndef POLICY_SFTP_OPTION_H
#define POLICY_SFTP_OPTION_H

/* How many of the words at the start are such options, each at most once, in any order, with their values. */
unsigned sftp_options_len(const char *const *words, unsigned count);

#endif
