/* SPDX-License-Identifier: Apache-2.0 */
/* exit_code: how rssh-nova-admin ends. Meant to be a gate: 0 alone is good. doctor ends by its
 * worst finding: 1 warning, 2 fatal. */
#ifndef ADMIN_EXIT_CODE_H
#define ADMIN_EXIT_CODE_H

enum admin_exit {
	ADMIN_GOOD = 0,		/* valid; allowed; done */
	ADMIN_FOUND = 1,	/* faults; a refusal; not done */
	ADMIN_CANNOT = 2,	/* wrong usage, or the question could not be asked */
	ADMIN_NOT_RELOADED = 3, /* setup --reload: done, but a daemon could not be told */
};

#endif
