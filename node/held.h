/* SPDX-License-Identifier: Apache-2.0 */
/* held: the instance directories that a session may write, from before its child starts until it has ended.
 * A claim can end meanwhile: its window passes, an operator releases it, the instance starts here. So the supervisor
 * looks again while the child runs, unless claims are not enforced.
 * An SFTP session holds every instance of its peer, and one that starts must not end the copy of another. So a session
 * goes on if it surely has no file of that instance open, and ends when it next opens a file for writing.
 * Each directory carries a shared flock(2) for as long as a session holds it: whoever takes it exclusively knows that
 * no session can write the instance. A plain value; its descriptors live as long as the process. */
#ifndef NODE_HELD_H
#define NODE_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/limits.h"
#include "policy/request.h"

enum {
	HELD_MAX = 64,	      /* of more, those with the newest claims */
	HELD_LOOK_MS = 3000,  /* between two looks */
	HELD_SETTLE_MS = 500, /* within which a file that may be opened has been opened */
};

struct held_instance {
	int fd;
	int64_t made; /* the claim's wall clock, seconds */
	bool quiet;   /* no process had a file of it open for writing, and the child has opened none since */
	bool gone;    /* it may not be written any more, and the child has nothing of it open */
	bool lived;   /* it began to live here meanwhile */
	char uuid[UUID_LEN + 1];
};

struct held {
	unsigned count;
	struct held_instance at[HELD_MAX];
	enum op op;			 /* what the session does: a removal has the grace after the window */
	int64_t look_at_ms;		 /* of clock_ms(); 0 at first: look at once */
	unsigned opens;			 /* files that the child had opened for writing by the last look */
	const char *gone;		 /* why the first of them is gone, NULL while none is */
	char left[RECORD_GIVEN_MAX + 1]; /* "UUID:WHY,..." of held_gather(): claimed by the peer, and not held */
};

/* Holds the directory fd, which stays the caller's and must stay open. True, or false if it cannot be held because
 * somebody has locked it exclusively. */
MUST_USE bool held_add(struct held *held, int fd, const char *uuid);

/* Holds every instance that the sender of request may write by an SFTP session: claimed by it, not living here,
 * without hard links, named by its profile. 0, or -1 and a fault. */
MUST_USE int held_gather(struct held *held, const struct config *config, const struct roots *roots,
	const struct request *request, struct fault *fault);

/* Seals (node/seal.h) what is held, after the child has ended, except an instance that began to live here. Only if
 * claims are enforced: otherwise an SFTP session holds nothing. */
void held_seal(const struct held *held, const struct config *config, const struct request *request);

/* Opens what is held anew, without the lock: another process with the old descriptors holds it. -1 for what cannot be
 * opened. */
void held_apart(struct held *held);

/* Closes what is held. A lock goes with the last process that has its descriptor. */
void held_release(struct held *held);

/* The uuids of what is held, "UUID,...". */
void held_text(char text[RECORD_GIVEN_MAX + 1], const struct held *held);

/* Must the child end? Looks if now_ms has reached look_at_ms, and sets the next look, not after the end of a window.
 * opens: the files that the child has opened for writing so far, as the supervisor let it; see held_opened().
 * Returns NULL, or the word for the audit field "limit": "claim" or "busy". */
const char *held_limit(
	struct held *held, const struct config *config, const struct request *request, unsigned opens, int64_t now_ms);

/* The child is about to open a file for writing. Returns NULL, or for which limit it must end instead. */
const char *held_opened(struct held *held, int64_t now_ms);

#endif
