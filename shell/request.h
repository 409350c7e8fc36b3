/* SPDX-License-Identifier: Apache-2.0 */
/* request: reads who asks for what, out of argv, the environment and /etc/passwd, and leaves nothing of
 * the environment behind.
 * Ways in, as sshd(8) uses them:
 *   rssh-nova -c COMMAND                          login shell
 *   -rssh-nova                                    login shell without a command: nothing to do
 *   rssh-nova [--config FILE] [--profile NAME]    forced command: SSH_ORIGINAL_COMMAND counts
 *   rssh-nova -c ".../rssh-nova [options]"        both at once: the same, but a client without a forced
 *                                                 command could have typed it, so that FILE may be the
 *                                                 standard one alone; a profile only narrows */
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
	char home[HOME_MAX];	 /* of the running user, "" when unknown */
};

/* Never fails: what is missing is empty. Clears the environment. */
void invocation_read(struct invocation *out, int argc, char **argv);

/* A random name for a run, that all its records have. Never fails. */
void request_ref(char out[REF_MAX]);

#endif
