/* SPDX-License-Identifier: Apache-2.0 */
/* spawn: makes the child that confines itself and then becomes one program.
 * The child leads a session of its own and has the default signals. One that becomes a program has descriptors 0 to 2,
 * an environment of one constant, its limits and its walls. Then it execs once, which the supervisor permits
 * (refused_calls.h). A child may also do an operation of our own. */
#ifndef SHELL_SPAWN_H
#define SHELL_SPAWN_H

#include <sys/types.h>

#include "policy/attributes.h"
#include "wall/sandbox.h"

struct child {
	pid_t pid;   /* also its process group */
	int channel; /* owned; carries the listener or a struct fault, and ends when the program runs */
};

/* What the child does. Returns its exit status, or -1 and a fault, which the channel carries to the supervisor. */
typedef int child_fn(void *what, int channel, struct fault *fault);

MUST_USE int child_spawn(struct child *out, child_fn *run, void *what, struct fault *fault);

/* What child_become() needs; borrows everything. */
struct becoming {
	const struct sandbox *sandbox;
	const struct plan *plan;
	int program;
};

/* A child_fn, whose what is a struct becoming: confines the child and becomes the program. Returns on failure only. */
int child_become(void *what, int channel, struct fault *fault);

/* Ends a child that will have no supervisor, and waits until it is gone: it may still write into a mirror that we are
 * about to clear. */
void child_end(struct child *child);

/* Reads the channel. Returns 1 and *listener, owned; 0 at its end; -1 and the fault of the child. */
MUST_USE int child_hear(int channel, int *listener, struct fault *fault);

#endif
