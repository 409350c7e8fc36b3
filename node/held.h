/* SPDX-License-Identifier: Apache-2.0 */
/* held: the instance directories that a session may write, from before its child starts until the child has ended.
 * A claim can end meanwhile: its window passes, an operator revokes it, the instance starts here. So the supervisor
 * looks again while the child runs, if claims are enforced.
 * An SFTP session holds every instance of its peer, and an instance that starts must not end the copy of another. So
 * the session goes on if it surely has no file of that instance open, and ends when it next opens a file for writing.
 * A session holds a shared flock(2) on each directory. A process that gets the exclusive lock knows that no session can
 * write the instance. So the session releases the lock of an instance that it may no longer write, once a second look has
 * found no file of it open. A plain value; its descriptors live as long as the process. */
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
	HELD_MAX = 64,	      /* if the peer has more, those with the newest claims */
	HELD_LOOK_MS = 3000,  /* between two looks */
	HELD_SETTLE_MS = 500, /* within this time the child has opened a file that it was allowed to open */
};

struct held_instance {
	int fd;
	int64_t made; /* the claim's wall clock, seconds */
	bool quiet; /* at the last look no process had a file of it open for writing, and the child opened none since */
	bool gone;  /* the session may no longer write it, and the child has nothing of it open; see sure_ms */
	bool free;  /* gone, and fd has no lock any more */
	bool lived; /* the instance started here meanwhile */
	int64_t sure_ms; /* gone, but until then an open that was permitted before may give the child a file of it */
	char uuid[UUID_LEN + 1];
};

struct held {
	unsigned count;
	struct held_instance at[HELD_MAX];
	enum op op;			 /* a removal has a grace after the window */
	int64_t look_at_ms;		 /* of clock_ms(); 0 at first, for a look at once */
	int64_t looked_ms;		 /* when the last look began */
	unsigned opens;			 /* files that the child had opened for writing by the last look */
	const char *gone;		 /* why the first of them is gone; NULL if none is */
	bool gone_anew;			 /* one of them since the last look */
	char left[RECORD_GIVEN_MAX + 1]; /* "UUID:WHY,...": what the peer claimed and held_gather() left out */
};

/* Holds the directory fd, which stays the caller's and must stay open. Returns false if another process has the
 * exclusive lock. */
MUST_USE bool held_add(struct held *held, int fd, const char *uuid);

/* Holds every instance that the peer may write by an SFTP session: it claimed the instance, which does not live here
 * and has no hard link, and its profile names it. Returns 0, or -1 and a fault. */
MUST_USE int held_gather(struct held *held, const struct config *config, const struct roots *roots,
	const struct request *request, struct fault *fault);

/* The child has ended: gives the owner all rights on each directory again. A child may have taken them away, and then
 * nobody could read the claim. */
void held_reopen(const struct held *held);

/* Seals (node/seal.h) what is held after the child has ended, except an instance that started here. Does nothing unless
 * claims are enforced: otherwise an SFTP session holds nothing. */
void held_seal(const struct held *held, const struct config *config, const struct request *request);

/* Replaces each descriptor by a new one without the lock, because another process has the old descriptors. A directory
 * that cannot be opened again gets -1. */
void held_apart(struct held *held);

/* The child has ended: locks an instance again that the session has released. False if another process has the exclusive
 * lock: the instance starts here. True if it was not released. */
MUST_USE bool held_regain(const struct held_instance *one);

/* Closes what is held. A lock goes with the last process that has its descriptor. */
void held_release(struct held *held);

/* Writes the uuids of what is held, "UUID,...". */
void held_text(char text[RECORD_GIVEN_MAX + 1], const struct held *held);

/* Must the child end? Looks if now_ms has reached look_at_ms. Sets the next look, at the latest when a window ends.
 * opens: how many files the supervisor let the child open for writing so far; see held_opened().
 * Returns NULL, or the word for the audit field "limit": "claim" or "busy". */
const char *held_limit(
	struct held *held, const struct config *config, const struct request *request, unsigned opens, int64_t now_ms);

/* The child is about to open a file for writing. Returns NULL, or the limit for which it must end instead. */
const char *held_opened(struct held *held, int64_t now_ms);

#endif
