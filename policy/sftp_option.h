/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_option: the options of sftp-server that the Subsystem line of sshd_config may have.
 * sshd passes that line as the command, and a client can send the same one. The options are read and dropped, because
 * our argument vector is our own (plan.c). So only options of logging are read: dropping them changes nothing else.
 * A line with -d, -P, -p, -R or -u is refused: these change what a session may do.
 * Pure: no heap, no I/O, no globals. Source: sftp-server(8) of OpenSSH 8.4 to 10.6. */
#ifndef POLICY_SFTP_OPTION_H
#define POLICY_SFTP_OPTION_H

/* Returns how many words at the start are such options with their values: each at most once, in any order. */
unsigned sftp_options_len(const char *const *words, unsigned count);

#endif
