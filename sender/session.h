/* SPDX-License-Identifier: Apache-2.0 */
/* session: the inside of a struct remotefs, for the drivers: what an operation is run with. */
#ifndef SENDER_SESSION_H
#define SENDER_SESSION_H

#include "policy/form.h"
#include "sender/address.h"
#include "sender/argv.h"
#include "sender/connection.h"
#include "sender/driver.h"
#include "sender/output.h"
#include "sender/progress.h"
#include "sender/remotefs.h"
#include "sender/scratch.h"

struct copying;
struct resume;

struct remotefs {
	struct remotefs_options options;
	struct host host;
	const struct driver *driver;
	struct scratch scratch; /* sockets and rsync's sources; made by the first operation */
	struct connection connections[CONNECTION_KINDS];
	struct remotefs_fault *fault;		  /* of the operation that runs */
	struct output output;			  /* of the command that ended last */
	struct copying *copies[CONNECTION_KINDS]; /* SFTP sessions that are open (copy.h) */
	bool sftp_shown[CONNECTION_KINDS];	  /* in a dry run */
	struct {
		int64_t files, data, holes; /* bytes */
		int64_t started;	    /* ms of the monotonic clock */
	} sum;				    /* of the copies over SFTP of an operation */
	struct resume *resume;		    /* of a migration that can be continued (resume.h), or NULL */
	bool hushed;			    /* what a command says is not shown: its failure may be no fault */
	bool no_sftp;			    /* the other end serves none */
	bool old_ssh;			    /* ours is from before OpenSSH 8.7, and lacks some options */
	bool undoing;			    /* cleaning up: not to be cancelled, but bounded in time */
};

/* One local command of an operation. */
struct command {
	struct argv argv;
	enum connection_kind connection;
	struct progress *progress; /* NULL: no copy, and bounded in time */
	bool removes;
	int wall; /* wall.h, or -1 */
};

/* Sets the fault and gives its error. */
PRINTF(3, 4)
enum remotefs_error session_fail(struct remotefs *fs, enum remotefs_error error, const char *format, ...);

/* A command that runs. Stays where it is until its end. */
struct job {
	const struct command *command;
	struct child child;
	struct output output;
};

/* Starts a command over its connection, which must be up. What could not be started says so at its end. */
void session_start(struct remotefs *fs, struct job *job, const struct command *command);

/* Waits for its end and judges it, and lets the driver; what it wrote is then in fs->output. */
enum remotefs_error session_finish(struct remotefs *fs, struct job *job);

/* Ends it unjudged. */
void session_abort(struct remotefs *fs, struct job *job);

/* session_start() and session_finish(). */
enum remotefs_error session_run(struct remotefs *fs, const struct command *command);

void session_event(const struct remotefs *fs, const struct remotefs_event *event);
PRINTF(2, 3) void session_say(const struct remotefs *fs, const char *format, ...);
void session_show(const struct remotefs *fs, const struct argv *argv);

/* Shows how far a copy is. */
void session_progress(const struct remotefs *fs, struct progress *progress);
/* Shows that a copy of which something was shown is done. */
void session_progress_end(const struct remotefs *fs, struct progress *progress);

/* Before the first copy of an operation, and behind its last: tells what they come to. */
void session_sum_begin(struct remotefs *fs);
void session_sum_end(const struct remotefs *fs, const char *path);

/* Makes the private directory unless it is there. */
MUST_USE bool session_scratch(struct remotefs *fs);

/* The descriptor whose readability stops what runs now, or -1. */
int session_cancel_fd(const struct remotefs *fs);

#endif
