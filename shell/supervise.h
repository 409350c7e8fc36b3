/* SPDX-License-Identifier: Apache-2.0 */
/* supervise: stays beside a child until it and every process that it started are gone.
 * Forwards signals and answers refused system calls. Ends the child if the peer is gone, its time is over, it may no
 * longer write its instance, or the keeper died. The supervisor is confined before the child can do anything. */
#ifndef SHELL_SUPERVISE_H
#define SHELL_SUPERVISE_H

#include <stdint.h>

#include "node/held.h"
#include "policy/attributes.h"
#include "shell/idle.h"
#include "shell/mirror.h"
#include "shell/refused_calls.h"
#include "shell/spawn.h"

enum {
	PEER_GONE_GRACE_MS = 5000, /* for a child to notice by itself that its peer is gone */
	TERM_GRACE_MS = 5000,	   /* from SIGTERM to SIGKILL */
	MIRROR_LOOK_MS = 100,
};

struct ending {
	int status, signal; /* of the child; signal 0 if it exited */
	const char *limit;  /* the limit that ended it: a key of [limits], "claim" or "busy"; NULL for none */
	struct refused_calls refused;
	struct fault fault; /* what is NULL, unless the child never became its program */
};

/* What the supervisor watches, and by what rules. */
struct watch_rules {
	int signals;	   /* of supervise_begin(); borrowed */
	int keeper;	   /* closes when the keeper dies; borrowed */
	int peer;	   /* has an error once nobody reads what the child writes; -1 if that does not end it */
	int64_t wall_time; /* seconds, 0 for no limit */
	struct idle *idle; /* NULL for none */
	const struct mirror *mirror; /* NULL for none */
	struct held *held;
	const struct config *config;
	const struct request *request;
};

/* Takes charge of signals and orphans. Call it before the child is made, so that no signal is lost. answers: the child
 * becomes a program, whose refused calls need answers.
 * Sets *signals to a descriptor that reports signals, owned by the caller. Returns 0, or -1 and a fault. */
MUST_USE int supervise_begin(int *signals, bool answers, struct fault *fault);

/* Waits for child. Takes child->channel. */
void supervise(struct ending *out, struct child *child, const struct watch_rules *rules);

#endif
