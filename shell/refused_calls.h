/* SPDX-License-Identifier: Apache-2.0 */
/* denials: the system calls that a child was refused, answered and counted by name.
 * Two kinds of calls continue. The first execveat of EXEC_FD, made by our own code in spawn.c before the program has
 * run a byte, so that nobody else can write to its arguments meanwhile; every later exec is refused. And the calls by
 * which sftp-server opens a file for writing or makes a directory, while the session may write at all: they are judged
 * by their registers alone, which nobody can change meanwhile, and the path is for Landlock to hold.
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
	REFUSED_CALLS_CALLS = 512, /* numbers of calls, a count each: no noise takes another's place */
	REFUSED_CALLS_TEXT_MAX = RECORD_DENIED_MAX + 1,
};

struct refused_calls {
	uint32_t times[REFUSED_CALLS_CALLS];
	uint32_t others;  /* numbers beyond, which no call has */
	bool executed;	  /* the child has become its program */
	bool asks;	  /* it is sftp-server, which asks before it opens a file for writing */
	unsigned opens;	  /* so often it was let */
	bool makes;	  /* one of those may have made a file or a directory */
	const char *over; /* the limit for which it was not let any more; NULL while it was */
};

/* Does the kernel speak of refused calls in messages of a size that we have room for? */
MUST_USE int refused_calls_available(void);

/* Takes one call from listener, made by the child or by a process of its group. Lets the child's own exec continue, and
 * what writes to held while that may be written; sends a permitted signal within the group (relay.h); otherwise refuses
 * and counts the call.
 * Returns 0, or -1 and errno: ENOENT if the caller is gone; after any other error a caller may wait for ever. */
MUST_USE int refused_calls_take(struct refused_calls *refused, int listener, pid_t child, struct held *held);

/* Is call one that opens a file for writing, or makes a directory, as the filters of other writers let it through: no
 * O_TMPFILE, no set-id bit, no O_TRUNC without writing? */
bool refused_calls_writes(const struct seccomp_data *call);

/* Can call, one of those, make a file or a directory? */
bool refused_calls_makes(const struct seccomp_data *call);

/* "name:times,...", "" if nothing was refused. Calls that filters.def answers with an errno other than ENOSYS come first;
 * those without room are added up as "others". */
void refused_calls_text(char text[REFUSED_CALLS_TEXT_MAX], const struct refused_calls *refused);

#endif
