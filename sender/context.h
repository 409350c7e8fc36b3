/* SPDX-License-Identifier: Apache-2.0 */
/* context: the state of a struct remotefs, and what each part of the sender does with it: fail, tell, and find the
 * private directory. The parts include this, and not each other.
 * Fails:   context_fail() sets the fault of the running operation.
 * Owns:    nothing itself: remotefs_open() ... remotefs_close() own the state. */
#ifndef SENDER_CONTEXT_H
#define SENDER_CONTEXT_H

#include "policy/attributes.h"
#include "sender/address.h"
#include "sender/argv.h"
#include "sender/child.h"
#include "sender/output.h"
#include "sender/progress.h"
#include "sender/remotefs.h"
#include "sender/scratch.h"

struct copying;
struct driver;
struct resume;

enum connection_kind {
	CONNECTION_PLAIN,
	CONNECTION_COMPRESSED,
	CONNECTION_KINDS,
};

struct connection {
	struct child master; /* fate is CHILD_RUNNING while the connection is up */
	struct output output;
};

struct remotefs {
	struct remotefs_options options;
	struct host host;
	const struct driver *driver;
	struct scratch scratch; /* sockets and rsync's sources; the first operation creates it */
	struct connection connections[CONNECTION_KINDS];
	struct remotefs_fault *fault;		  /* of the running operation */
	struct output output;			  /* of the command that ended last */
	struct copying *copies[CONNECTION_KINDS]; /* open SFTP sessions (copy.h) */
	bool sftp_shown[CONNECTION_KINDS];	  /* in a dry run */
	struct {
		int64_t files, data, holes; /* bytes */
		int64_t started;	    /* ms of the monotonic clock */
	} sum;				    /* of the copies over SFTP of one operation */
	struct resume *resume;		    /* of a migration that can be continued (resume.h), or NULL */
	bool connects;			    /* an ssh is connecting */
	char held[OUTPUT_LINE_MAX];	    /* what that ssh said last, not shown yet; "" for nothing */
	bool hushed;			    /* do not show what a command says: its failure may be no fault */
	bool no_sftp;			    /* the far end serves no SFTP */
	bool old_ssh;			    /* our ssh is older than OpenSSH 8.7 and lacks some options */
	bool undoing;			    /* cleaning up: cannot be cancelled, but has a time limit */
};

/* Sets the fault and returns its error. */
PRINTF(3, 4)
enum remotefs_error context_fail(struct remotefs *fs, enum remotefs_error error, const char *format, ...);

void context_event(const struct remotefs *fs, const struct remotefs_event *event);
PRINTF(2, 3) void context_say(const struct remotefs *fs, const char *format, ...);
void context_show(const struct remotefs *fs, const struct argv *argv);

/* Shows how far a copy is. */
void context_progress(const struct remotefs *fs, struct progress *progress);
/* Shows the end of a copy whose progress was shown. */
void context_progress_end(const struct remotefs *fs, struct progress *progress);

/* Called before the first copy of an operation and after the last: the second reports the sum of all. */
void context_sum_begin(struct remotefs *fs);
void context_sum_end(const struct remotefs *fs, const char *path);

/* Creates the private directory unless it exists. */
MUST_USE bool context_scratch(struct remotefs *fs);

/* The descriptor whose readability cancels the running operation, or -1. */
int context_cancel_fd(const struct remotefs *fs);

#endif
