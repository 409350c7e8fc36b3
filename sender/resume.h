/* SPDX-License-Identifier: Apache-2.0 */
/* resume: the record by which a later run of migrate continues one that left its copy unfinished. It is the file
 * RESUME_NAME in the instance's directory here, so that it goes where the directory goes.
 * Takes:   an open directory. A record that is no regular file, is not of this user or can be written by others, is for
 *          another host or path, or cannot be read as one, is none.
 * Fails:   in silence where it writes: a migration does not depend on its record.
 * Owns:    resume_begin() ... resume_end(). No heap.
 * Units:   bytes; times of files as stat(2) and SFTP have them. */
#ifndef SENDER_RESUME_H
#define SENDER_RESUME_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy/attributes.h"
#include "policy/limits.h"
#include "sender/address.h"
#include "sender/sftp_copy.h"

#define RESUME_NAME ".rssh-nova-send.resume"
#define RESUME_NEW_NAME ".rssh-nova-send.resume.new"

enum {
	RESUME_FILES_MAX = 16, /* large files that are continued; further ones are sent again */
};

/* A large file, and how much of it arrived. */
struct resume_file {
	char name[COMPONENT_MAX + 1];
	bool done; /* all of it; at.mtime is then that of the whole far file */
	struct sftp_resume at;
};

struct resume {
	int dir;
	char host[ADDRESS_LOGIN_MAX], remote[ADDRESS_PATH_MAX];
	unsigned count;
	struct resume_file files[RESUME_FILES_MAX];
	int64_t next_write; /* ms of the monotonic clock */
};

/* An empty record for this host and path. With a directory that cannot be opened it is never written. */
void resume_begin(struct resume *out, const char *dir, const struct host *host, const char *remote);
void resume_end(struct resume *resume);

/* Reads the record that an earlier run left. Returns false, and leaves the empty one, if there is none for this host
 * and path. */
MUST_USE bool resume_read(struct resume *resume);

void resume_write(struct resume *resume);
/* The same, unless that was done a moment ago. */
void resume_write_now_and_then(struct resume *resume);
void resume_forget(const struct resume *resume);

/* The row of a file, or NULL. */
struct resume_file *resume_find(struct resume *resume, const char *name);
/* The same, made if there is none; NULL if there are too many. */
struct resume_file *resume_need(struct resume *resume, const char *name);

#endif
