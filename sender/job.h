/* SPDX-License-Identifier: Apache-2.0 */
/* job: one local command of an operation, from start to verdict. Several can run at a time.
 * Takes:   a command whose connection is up.
 * Fails:   with fs's fault, after the driver has judged the result.
 * Owns:    job_start() ... job_finish() or job_abort(). The job and its command must not move in between. */
#ifndef SENDER_JOB_H
#define SENDER_JOB_H

#include "sender/driver.h"

struct job {
	const struct command *command;
	struct child child;
	struct output output;
};

/* Starts a command. If it cannot start, job_finish() reports that. */
void job_start(struct remotefs *fs, struct job *job, const struct command *command);

/* Waits for the end, judges it, and lets the driver judge it. fs->output then holds what the command wrote. */
enum remotefs_error job_finish(struct remotefs *fs, struct job *job);

/* Ends the job without judging it. */
void job_abort(struct remotefs *fs, struct job *job);

/* job_start() and job_finish(). */
enum remotefs_error job_run(struct remotefs *fs, const struct command *command);

#endif
