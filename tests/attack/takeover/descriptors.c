/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that the shell or its starter had open. */
#include <errno.h>
#include <fcntl.h>

#include "attempt.h"

enum {
	DESCRIPTORS = 1100,
};

void attempts_descriptors(void)
{
	unsigned open = 0, known = 0, written = 0, first = 0;

	for (int fd = 3; fd < DESCRIPTORS; fd++) {
		struct stat st;

		if (TRIED(fcntl, fd, F_GETFD) >= 0 && open++ == 0)
			first = (unsigned)fd;
		known += fstat(fd, &st) == 0;
		written += write(fd, "", 0) == 0;
	}
	report(ESCAPES, open != 0, "descriptor-open-by-fcntl-%u", first);
	report(ESCAPES, known != 0, "descriptor-open-by-fstat-%u", first);
	report(ESCAPES, written != 0, "descriptor-written-%u", first);
	for (int fd = 0; fd < 3; fd++)
		report(INSIDE, TRIED(fcntl, fd, F_GETFD) == 0, "descriptor-%d", fd);
	report(REFUSED, DENIED_BUT("RVMCP", ftruncate, 1, 0) == 0, "ftruncate-standard-output");
}
