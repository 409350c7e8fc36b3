/* SPDX-License-Identifier: Apache-2.0 */
/* refused_calls: answers the system calls that the filter of a child reports, and counts those that it refuses by name.
 * Two kinds of calls continue. One is the first execveat of EXEC_FD. Our own code in spawn.c makes it before the
 * program runs, so nobody can change its arguments meanwhile; every later exec is refused. The other is a call by which
 * sftp-server opens a file for writing or makes a directory, while the session may write. We judge only its registers,
 * which nobody can change meanwhile; Landlock judges the path.
 * Source: seccomp_unotify(2). */
#ifndef SHELL_REFUSED_CALLS_H
#define SHELL_REFUSED_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "node/held.h"
#include "policy/attributes.h"
#include "policy/limits.h"

struct seccomp_data;

enum {
	REFUSED_CALLS_CALLS = 512, /* one count per call: no noise displaces another call */
	REFUSED_CALLS_TEXT_MAX = RECORD_DENIED_MAX + 1,
};

struct refused_calls {
	uint32_t times[REFUSED_CALLS_CALLS];
	uint32_t others;  /* numbers beyond those of all calls */
	bool executed;	  /* the child has become its program */
	bool asks;	  /* the child is sftp-server, whose calls that open a file for writing are reported */
	unsigned opens;	  /* how many of these calls continued */
	bool makes;	  /* one of them may have made a file or a directory */
	const char *over; /* the limit for which such a call got no answer; NULL for none */
};

/* Do the kernel's messages about calls fit our buffers? Returns 0, or -1. */
MUST_USE int refused_calls_available(void);

/* Handles one call from listener, made by the child or a process of its group. Lets the child's own exec continue, and
 * calls that write to held while the session may write; sends a permitted signal within the group (signal_relay.h);
 * otherwise refuses and counts the call. Once the session may not write, a call that writes sets over and gets no answer:
 * the caller must kill the child, which waits.
 * Returns 0, or -1 and errno: ENOENT if the caller is gone. After any other error a caller may wait for ever. */
MUST_USE int refused_calls_take(struct refused_calls *refused, int listener, pid_t child, struct held *held);

/* Does call open a file for writing, or make a directory, as the filters of other writers permit: no O_TMPFILE, no
 * set-id bit, no O_TRUNC without writing? */
bool refused_calls_writes(const struct seccomp_data *call);

/* Can such a call make a file or a directory? */
bool refused_calls_makes(const struct seccomp_data *call);

/* Writes "name:times,...", "" if no call was refused. Calls that filters.def answers with an errno other than ENOSYS come
 * first. Calls without room are added up as "others". */
void refused_calls_text(char text[REFUSED_CALLS_TEXT_MAX], const struct refused_calls *refused);

#endif
