/* denials: the system calls that a child was refused, answered and counted by name.
 * The answer is always an error; a refused call never goes on. Source: seccomp_unotify(2). */
#ifndef SHELL_DENIALS_H
#define SHELL_DENIALS_H

#include <stdint.h>

#include "policy/attributes.h"

enum {
	DENIALS_MAX = 160,	/* different calls */
	DENIALS_TEXT_MAX = 2048,
};

struct denials {
	unsigned count;
	struct {
		int call;
		uint32_t times;
	} at[DENIALS_MAX];
};

/* Does the kernel speak of refused calls in messages of a size that we have room for? */
MUST_USE int denials_available(void);

/* Takes one refused call from listener, answers and counts it. 0, or -1 when nothing was there. */
MUST_USE int denials_take(struct denials *denials, int listener);

/* "name:times,...", "" when nothing was refused. */
void denials_text(char text[DENIALS_TEXT_MAX], const struct denials *denials);

#endif
