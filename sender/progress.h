/* SPDX-License-Identifier: Apache-2.0 */
/* progress: how far a child's copy is, observed from outside: by the child's offset in the file that it sends (proc(5),
 * /proc/PID/fdinfo), or by the size of the received file. Nothing on the wire changes for it.
 * Units:   bytes of data, without holes (SEEK_DATA in lseek(2)). */
#ifndef SENDER_PROGRESS_H
#define SENDER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct progress {
	const char *label;    /* the path in events */
	int fd;		      /* the file to send; -1 for a directory or a pull */
	const char *received; /* directory that receives a pulled file, or NULL */
	dev_t device;
	ino_t inode;
	int64_t size, total, done; /* bytes; total and done without holes */
	int64_t counted;	   /* offset up to which done has been counted */
	int64_t started;	   /* ms of the monotonic clock */
	bool shown;
};

/* For a local file or directory to send. Fails with false and errno if it cannot be read. */
bool progress_of_push(struct progress *out, const char *local);
void progress_of_pull(struct progress *out, const char *label, const char *received);
void progress_close(struct progress *progress);

/* Updates the progress. Returns true if it changed. */
bool progress_look(struct progress *progress, pid_t pid);

#endif
