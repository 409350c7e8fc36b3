/* SPDX-License-Identifier: Apache-2.0 */
/* exit_code: the exit statuses of rssh-nova. A child's own status passes through unchanged. */
#ifndef SHELL_EXIT_CODE_H
#define SHELL_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_DONE = 0,
	EXIT_CODE_FAILED = 1, /* the operation failed, with the status of coreutils */
	EXIT_CODE_REFUSED = 77,
	EXIT_CODE_NOT_CONFIGURED = 78, /* or it could not confine itself or record */
};

#endif
