/* denials: the system calls that a child was refused, answered and counted by name.
 * A refused call never goes on. Source: seccomp_unotify(2). */
#ifndef SHELL_DENIALS_H
#define SHELL_DENIALS_H

#include <stdint.h>
#include <sys/types.h>

#include "policy/attributes.h"
#include "policy/limits.h"

enum {
	DENIALS_CALLS = 512, /* numbers of calls, a count each: no noise takes another's place */
	DENIALS_TEXT_MAX = RECORD_DENIED_MAX + 1,
};

struct denials {
	uint32_t times[DENIALS_CALLS];
	uint32_t others; /* numbers beyond, which no call has */
};

/* Does the kernel speak of refused calls in messages of a size that we have room for? */
MUST_USE int denials_available(void);

/* Takes one refused call from listener, answers and counts it; but a signal within group, the child's, is sent.
 * 0, or -1 and errno: ENOENT when who asked is gone, and otherwise one may wait for an answer for ever. */
MUST_USE int denials_take(struct denials *denials, int listener, pid_t group);

/* "name:times,...", "" when nothing was refused. Those that no benign run makes, which are those with an
 * answer of their own in filters.def, come first; what there is no room for is added up as "others". */
void denials_text(char text[DENIALS_TEXT_MAX], const struct denials *denials);

#endif
