/* SPDX-License-Identifier: Apache-2.0 */
/* exit_code: what the client gets. A child's own status passes through unchanged. */
#ifndef SHELL_EXIT_CODE_H
#define SHELL_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_DONE = 0,
	EXIT_CODE_FAILED = 1, /* the act failed, as coreutils would have */
	EXIT_CODE_REFUSED = 77,
	EXIT_CODE_NOT_CONFIGURED = 78, /* or not able to confine itself or to record */
};

#endif
