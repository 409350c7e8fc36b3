/* SPDX-License-Identifier: Apache-2.0 */
/* progress: how far a copy has come, seen from outside: the child's own offset in the file that it sends
 * (proc(5), /proc/PID/fdinfo), or the size of what it has received. Nothing on the wire changes for it.
 * Counts data, not holes (SEEK_DATA in lseek(2)). */
#ifndef SENDER_PROGRESS_H
#define SENDER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct progress {
	const char *label;    /* the path that events name */
	int fd;		      /* what is sent; -1 when it is a directory, or received */
	const char *received; /* directory that a pulled file appears in, or NULL */
	dev_t device;
	ino_t inode;
	int64_t size, total, done; /* bytes; total and done without holes */
	int64_t counted;	   /* offset up to which done has been counted */
	int64_t started;	   /* ms of the monotonic clock */
	bool shown;
};

/* Of a local file or directory that will be sent. Fails with false and errno when it cannot be read. */
bool progress_of_push(struct progress *out, const char *local);
void progress_of_pull(struct progress *out, const char *label, const char *received);
void progress_close(struct progress *progress);

/* Looks; gives true when there is something new to show. */
bool progress_look(struct progress *progress, pid_t pid);

#endif
