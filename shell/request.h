/* SPDX-License-Identifier: Apache-2.0 */
/* request: reads the peer and its command from argv, the environment and /etc/passwd, and clears the environment.
 * sshd(8) starts the shell in these ways:
 *   rssh-nova -c COMMAND                          login shell
 *   -rssh-nova                                    login shell without a command: refused
 *   rssh-nova [--config FILE] [--profile NAME]    forced command: SSH_ORIGINAL_COMMAND counts
 *   rssh-nova -c ".../rssh-nova [options]"        both at once. A client without a forced command could
 *                                                 have typed it, so FILE must be the standard one; a
 *                                                 profile only narrows */
#ifndef SHELL_REQUEST_H
#define SHELL_REQUEST_H

#include "policy/attributes.h"
#include "policy/request.h"
#include "shell/user.h"

enum {
	OPTION_MAX = 256,
};

struct invocation {
	struct request request;
	bool version, help;	 /* --version; --help, -h */
	bool typed;		 /* the options came in a command line, not in argv */
	const char *fault;	 /* what is wrong with the options; NULL for nothing */
	char config[OPTION_MAX]; /* "" for the default */
	char home[HOME_MAX];	 /* of the running user; "" if unknown */
};

/* Never fails: a value that is missing is empty. Clears the environment. */
void invocation_read(struct invocation *out, int argc, char **argv);

/* Writes a random name for a run, which all its records carry. Never fails. */
void request_ref(char out[REF_MAX]);

#endif
