/* SPDX-License-Identifier: Apache-2.0 */
/* rsync_refusal: tells an rsync client of a refusal in rsync's own protocol.
 * Why: if its server ends before the protocol has begun, the client reads an end of file or gets EPIPE. Its exit
 *      status is then 12 or 10, unless its ssh has ended by that moment; and it kills its ssh, which may hold our line
 *      still. A message of the protocol reaches the client in order, with the line and the exit status.
 * Takes:   what the client writes to standard input. Of that, only the first four bytes are looked at.
 * Returns: nothing later than RSYNC_REFUSAL_WAIT_MS after each step, whatever the client does.
 * Source:  rsync 3.1 to 3.5: setup_protocol() of compat.c, read_a_msg() of io.c, _exit_cleanup() of cleanup.c.
 * Makes no call that a sandbox of ours would refuse. */
#ifndef SHELL_RSYNC_REFUSAL_H
#define SHELL_RSYNC_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/bytes.h"

enum {
	RSYNC_REFUSAL_WAIT_MS = 5000, /* for the client's version, and again for its end */
	RSYNC_REFUSAL_LINE_MAX = 192,
};

/* Does this command line start a server of rsync's, by whatever options? */
bool rsync_refusal_fits(struct bytes command);

/* Waits for the version of the client's protocol. If that has a message for an exit status (rsync 3.1 and newer), sends
 * the line and the status, and reads on until the client has ended. False if the client has not heard of it. */
bool rsync_refusal_send(const char *line, size_t len, int status);

#endif
