/* SPDX-License-Identifier: Apache-2.0 */
/* resume: the record that lets a later run of migrate continue an unfinished one. It is the file RESUME_NAME in the
 * local directory of the instance, so it moves with that directory.
 * Takes:   an open directory. A record is ignored if it is not a regular file of this user, if others can write it, if
 *          it is for another host or path, or if it cannot be parsed.
 * Fails:   to write in silence: a migration does not depend on its record.
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
	RESUME_FILES_MAX = 16, /* large files that can be continued; further ones are sent again */
};

/* A large file, and how much of it has arrived. */
struct resume_file {
	char name[COMPONENT_MAX + 1];
	bool done; /* the whole file arrived; at.mtime is then the far file's */
	struct sftp_resume at;
};

struct resume {
	int dir;
	char host[ADDRESS_LOGIN_MAX], remote[ADDRESS_PATH_MAX];
	unsigned count;
	struct resume_file files[RESUME_FILES_MAX];
	int64_t next_write; /* ms of the monotonic clock */
};

/* Makes an empty record for this host and path. It is never written if the directory cannot be opened. */
void resume_begin(struct resume *out, const char *dir, const struct host *host, const char *remote);
void resume_end(struct resume *resume);

/* Reads the record of an earlier run. Returns false, and leaves the record empty, if there is none for this host and
 * path. */
MUST_USE bool resume_read(struct resume *resume);

void resume_write(struct resume *resume);
/* Writes unless the last write was a moment ago. */
void resume_write_now_and_then(struct resume *resume);
void resume_forget(const struct resume *resume);

/* The entry of a file, or NULL. */
struct resume_file *resume_find(struct resume *resume, const char *name);
/* The entry of a file, added if there is none; NULL if there are too many. */
struct resume_file *resume_need(struct resume *resume, const char *name);

#endif
