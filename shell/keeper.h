/* SPDX-License-Identifier: Apache-2.0 */
/* keeper: the process that sshd started, after it has split off the supervisor. It forwards signals, waits, and ends as
 * the supervisor says. sshd's "signal KILL" reaches the keeper alone, because the supervisor has a session of
 * its own. Whichever of the two is killed, the other ends the child and records the outcome:
 * - the supervisor sees its end of the link close when the keeper dies;
 * - the keeper inherits what a dead supervisor leaves (PR_SET_CHILD_SUBREAPER), and kills it.
 * Source: RFC 4254 section 6.9, session_signal_req() of OpenSSH's session.c, prctl(2). */
#ifndef SHELL_KEEPER_H
#define SHELL_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "policy/attributes.h"

struct keeper {
	int link;	  /* owned; the other side holds its peer */
	pid_t supervisor; /* 0 in the supervisor */
};

/* How the process must end. */
struct keeper_end {
	int status, signal; /* signal 0: exit with status */
	bool decided;	    /* the supervisor records the verdict, or has recorded it */
};

/* Splits the process. Returns 1 in the keeper, 0 in the supervisor, -1 and a fault before there are two.
 * Signals must be blocked, as supervise_begin() does. */
MUST_USE int keeper_split(struct keeper *out, struct fault *fault);

/* The keeper tells that it is confined, so that the supervisor may decide; the supervisor waits for that. Return 0, or
 * -1 and a fault, in the supervisor also if the keeper has ended. */
MUST_USE int keeper_tell_ready(const struct keeper *keeper, struct fault *fault);
MUST_USE int keeper_wait_ready(const struct keeper *keeper, struct fault *fault);

/* The supervisor tells that it will record the verdict; then which process group the keeper must kill if the supervisor
 * dies; then, after it recorded the outcome, how to end. keeper_tell_child() returns 0, or -1 and a fault; the others
 * cannot fail. */
void keeper_tell_decision(const struct keeper *keeper);
MUST_USE int keeper_tell_child(const struct keeper *keeper, pid_t child, struct fault *fault);
void keeper_tell_end(const struct keeper *keeper, struct keeper_end end);

/* The keeper waits for the supervisor, and forwards the signals that the descriptor signals reports. Returns true if
 * the supervisor recorded the outcome; *out then says how to end. Otherwise out->signal killed the supervisor, and no
 * process that it started is left. */
MUST_USE bool keeper_wait(struct keeper_end *out, const struct keeper *keeper, int signals);

#endif
