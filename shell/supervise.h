/* supervise: stays beside a child until it and everything it started is gone.
 * Forwards signals, answers refused system calls, ends the child when the peer has gone away or its time is
 * over. Confined itself before the child can have done anything. */
#ifndef SHELL_SUPERVISE_H
#define SHELL_SUPERVISE_H

#include <stdint.h>

#include "policy/attributes.h"
#include "shell/denials.h"
#include "shell/idle.h"
#include "shell/mirror.h"
#include "shell/spawn.h"

enum {
	PEER_GONE_GRACE_MS = 5000, /* for a child to notice by itself that its peer has gone */
	TERM_GRACE_MS = 5000,	   /* from SIGTERM to SIGKILL */
	MIRROR_LOOK_MS = 100,
};

struct ending {
	int status, signal; /* of the child; signal 0 when it exited */
	const char *limit;  /* the key of [limits] for which it was ended, NULL for none */
	struct denials denials;
	struct fault fault; /* what is NULL, unless the child never became its program */
};

/* Before the child is made, so that no signal is lost: takes charge of signals and of orphans.
 * Gives a descriptor that tells of signals, owned by the caller. */
MUST_USE int supervise_begin(int *signals, struct fault *fault);

/* Waits for child, and watches over mirror (NULL for none) and idle (NULL for none). wall_time in seconds, 0
 * for no limit. Takes child->channel. */
void supervise(struct ending *out, int signals, struct child *child, int64_t wall_time, struct idle *idle,
	const struct mirror *mirror);

#endif
