/* SPDX-License-Identifier: Apache-2.0 */
/* exit_code: the exit status of rssh-nova-admin. Only 0 is good, so a script can test it. doctor exits with its worst
 * finding: 1 warning, 2 fatal. */
#ifndef ADMIN_EXIT_CODE_H
#define ADMIN_EXIT_CODE_H

enum admin_exit {
	ADMIN_GOOD = 0,		/* valid; allowed; done */
	ADMIN_FOUND = 1,	/* faults; a refusal; not done */
	ADMIN_CANNOT = 2,	/* wrong usage, or it could not look */
	ADMIN_NOT_RELOADED = 3, /* setup --reload: done, but a daemon was not reloaded */
};

#endif
