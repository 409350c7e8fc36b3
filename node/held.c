/* SPDX-License-Identifier: Apache-2.0 */
#include "node/held.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/directory.h"
#include "base/list_text.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/instance.h"
#include "node/seal.h"
#include "policy/path.h"
#include "policy/verdict.h"

enum {
	LAST_MS = 100, /* between two looks in the last second of a claim */
};

/* Without such locks (NFS) the session goes on; only the fence cannot wait for its end then. */
static bool lock(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return false;
	seal_hold(fd);
	return true;
}

bool held_add(struct held *held, int fd, const char *uuid)
{
	struct held_instance *const one = &held->at[held->count];

	if (held->count == HELD_MAX || !lock(fd))
		return false;
	one->fd = fd;
	strcpy(one->uuid, uuid);
	held->count++;
	return true;
}

/* The state of a search for the instances of an SFTP session. */
struct gathering {
	struct held *held;
	const struct config *config;
	const struct request *request;
	int root;
	struct list_text left;
};

/* Returns the entry for a claim of that time: a free one, or that of the oldest claim; NULL if all claims are newer. */
static struct held_instance *place_for(struct gathering *gathering, int64_t made)
{
	struct held *const held = gathering->held;
	struct held_instance *oldest = &held->at[0];

	if (held->count < HELD_MAX)
		return &held->at[held->count++];
	for (unsigned i = 1; i < held->count; i++)
		if (held->at[i].made < oldest->made)
			oldest = &held->at[i];
	if (oldest->made >= made)
		return NULL;
	list_text_add(&gathering->left, oldest->uuid, "too-many");
	fd_drop(&oldest->fd);
	return oldest;
}

/* Takes fd. Returns NULL, or why the instance is not held: "" if the records of its peer must not say it. */
static const char *take(struct gathering *gathering, int *fd, const char *uuid)
{
	struct held_instance *place;
	struct claim claim;

	if (instance_has_hardlink(*fd))
		return "hard-link";
	if (!instance_claim_read(&claim, *fd))
		return "";
	if (!lock(*fd))
		return "busy";
	/* A fence may have ended the claim between our look and our lock. */
	if (instance_claim(*fd, gathering->config, gathering->request, false) != CLAIM_OWN)
		return "";
	place = place_for(gathering, claim.made.wall);
	if (place == NULL)
		return "too-many";
	*place = (struct held_instance){ .fd = fd_take(fd), .made = claim.made.wall };
	memcpy(place->uuid, uuid, UUID_LEN);
	return NULL;
}

/* As take(), if the claim permits it. */
static const char *judge(struct gathering *gathering, int *fd, const char *uuid)
{
	const enum claim_state state =
		seal_judge(*fd, instance_claim(*fd, gathering->config, gathering->request, true));
	const bool was_own =
		state == CLAIM_BUSY || state == CLAIM_EXPIRED || state == CLAIM_GRACE || state == CLAIM_CHANGED;

	if (state == CLAIM_OWN)
		return take(gathering, fd, uuid);
	return was_own ? claim_word(state) : "";
}

static int consider(struct gathering *gathering, const char *uuid)
{
	OWN_FD int fd = instance_open(gathering->root, uuid);
	const char *why;

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	why = judge(gathering, &fd, uuid);
	if (why != NULL && why[0] != '\0')
		list_text_add(&gathering->left, uuid, why);
	return 0;
}

/* Drops an entry that names no claim, and adds it again if the claim was made meanwhile. */
static int consider_hinted(struct gathering *gathering, const char *uuid)
{
	const struct config *const config = gathering->config;
	const int root = gathering->root;

	if (consider(gathering, uuid) != 0)
		return -1;
	if (instance_is_claimed(root, uuid, config))
		return 0;
	claim_index_drop(root, uuid);
	return instance_is_claimed(root, uuid, config) ? claim_index_put(root, uuid) : 0;
}

static int gather_hinted(struct gathering *gathering)
{
	OWN_FD int dir = claim_index_open(gathering->root);
	const struct dirent64 *entry;
	struct directory names;
	int more;

	if (dir < 0)
		return root_lacks(errno) ? 0 : -1;
	directory_begin(&names, dir);
	while ((more = directory_next(&names, &entry)) == 1)
		if (path_is_uuid(entry->d_name, strlen(entry->d_name)) &&
			consider_hinted(gathering, entry->d_name) != 0)
			return -1;
	return more;
}

static int gather_of_root(struct gathering *gathering)
{
	const struct scope *const scope = &gathering->config->scope;

	if (scope->instance_count == 0)
		return gather_hinted(gathering);
	for (unsigned i = 0; i < scope->instance_count; i++)
		if (consider(gathering, scope->instances[i]) != 0)
			return -1;
	return 0;
}

int held_gather(struct held *held, const struct config *config, const struct roots *roots,
	const struct request *request, struct fault *fault)
{
	struct gathering gathering = { .held = held, .config = config, .request = request };

	list_text_begin(&gathering.left, held->left, sizeof(held->left));
	for (unsigned r = 0; r < roots->count; r++) {
		gathering.root = roots->fd[r];
		if (gather_of_root(&gathering) != 0)
			return fault_set(
				fault, REASON_NOT_CONFIGURED, "cannot look for the claimed instances", errno, NULL);
	}
	list_text_end(&gathering.left);
	return 0;
}

void held_text(char text[RECORD_GIVEN_MAX + 1], const struct held *held)
{
	struct list_text list;

	list_text_begin(&list, text, RECORD_GIVEN_MAX + 1);
	for (unsigned i = 0; i < held->count; i++)
		list_text_add(&list, held->at[i].uuid, NULL);
	list_text_end(&list);
}

/* Returns the milliseconds until the claim on fd ends, at most HELD_LOOK_MS. */
static int64_t time_left(const struct held *held, int fd, const struct config *config)
{
	const int64_t grace = verdict_claim_allows(CLAIM_GRACE, held->op) ? config->claims_grace : 0;
	struct claim claim;
	int64_t left;

	if (!instance_claim_read(&claim, fd))
		return 0;
	left = claim_left(&claim, config->claims_window + grace, instance_now());
	return left < HELD_LOOK_MS / 1000 ? left * 1000 : HELD_LOOK_MS;
}

/* Marks the instances that no process writes, for at most HELD_SETTLE_MS, because the claims need a look too. It skips
 * files that were opened since the last look: an open that was permitted may not be finished. */
static void listen_for_quiet(struct held *held, unsigned opens)
{
	const bool settled = held->opens == opens;
	const int64_t until_ms = clock_ms() + HELD_SETTLE_MS;

	held->opens = opens;
	for (unsigned i = 0; i < held->count; i++)
		held->at[i].quiet = settled &&
			(held->at[i].quiet || (clock_ms() < until_ms && !instance_has_writer(held->at[i].fd)));
}

static const char *limit_of(const struct held_instance *one)
{
	return one->lived ? "busy" : "claim";
}

/* Returns NULL, or why the child must end. If no process writes the instance although the last look did not find it
 * quiet, the child may still be in an open that was permitted: it gets no further one, and the next look is sure. */
static const char *instance_ends(struct held *held, struct held_instance *one, enum claim_state state, unsigned opens)
{
	const bool is_quiet = one->quiet && held->opens == opens;
	const char *limit;

	one->lived = state == CLAIM_BUSY;
	limit = limit_of(one);
	if (held->count == 1 || (!is_quiet && instance_has_writer(one->fd)))
		return limit;
	one->sure_ms = is_quiet ? 0 : held->looked_ms + HELD_SETTLE_MS;
	one->gone = true;
	held->gone = held->gone == NULL ? limit : held->gone;
	held->gone_anew = true;
	return NULL;
}

static bool is_due(const struct held *held, const struct config *config, int64_t now_ms)
{
	return held->count != 0 && config->claims_mode == CLAIMS_ENFORCE && now_ms >= held->look_at_ms;
}

/* Replaces the descriptor by a new one without the lock. */
static void part(struct held_instance *one)
{
	const int own = instance_open(one->fd, ".");

	fd_drop(&one->fd);
	one->fd = own;
}

/* Releases the lock of an instance that is gone, for which its start waits. The child opens no more file for writing. If
 * a process has one open, it may still be the child, whose last open took so long. */
static void release_gone(struct held_instance *one)
{
	if (one->free || instance_has_writer(one->fd))
		return;
	if (!one->lived)
		seal_renew(one->fd);
	part(one);
	one->free = true;
}

/* Returns NULL, or why the child must end. */
static const char *look_at_gone(const struct held *held, struct held_instance *one)
{
	if (one->sure_ms > held->looked_ms)
		return NULL;
	if (one->sure_ms != 0 && instance_has_writer(one->fd))
		return limit_of(one);
	one->sure_ms = 0;
	release_gone(one);
	return NULL;
}

/* Marks the instance if the session may no longer write it. Returns NULL, or why the child must end.
 * deep: as for instance_claim(), looks for signs of life too. */
static const char *look_at_one(struct held *held, struct held_instance *one, const struct config *config,
	const struct request *request, unsigned opens, bool deep)
{
	enum claim_state state;

	if (one->gone)
		return deep ? look_at_gone(held, one) : NULL;
	state = instance_claim(one->fd, config, request, deep);
	return verdict_claim_allows(state, held->op) ? NULL : instance_ends(held, one, state, opens);
}

static const char *look_at_claims(
	struct held *held, const struct config *config, const struct request *request, unsigned opens)
{
	const char *limit = NULL;

	for (unsigned i = 0; i < held->count && limit == NULL; i++)
		limit = look_at_one(held, &held->at[i], config, request, opens, false);
	return limit;
}

/* The same with signs of life, which need a walk over each instance: so it looks at the claims between two walks. */
static const char *look_at_all(
	struct held *held, const struct config *config, const struct request *request, unsigned opens)
{
	int64_t looked_ms = -HELD_SETTLE_MS - 1; /* long ago: at once */
	const char *limit = NULL;

	for (unsigned i = 0; i < held->count && limit == NULL; i++) {
		if (clock_ms() - looked_ms > HELD_SETTLE_MS) {
			limit = look_at_claims(held, config, request, opens);
			looked_ms = clock_ms();
		}
		if (limit == NULL)
			limit = look_at_one(held, &held->at[i], config, request, opens, true);
	}
	return limit;
}

/* Returns the milliseconds to the next look: until the first window ends, at most HELD_LOOK_MS; -1 if all are gone. */
static int64_t until_next(const struct held *held, const struct config *config)
{
	int64_t wait = -1;

	for (unsigned i = 0; i < held->count; i++) {
		int64_t left;

		if (held->at[i].gone)
			continue;
		left = time_left(held, held->at[i].fd, config);
		wait = wait < 0 || left < wait ? left : wait;
	}
	return wait;
}

static bool is_unsure(const struct held *held)
{
	for (unsigned i = 0; i < held->count; i++)
		if (held->at[i].sure_ms != 0)
			return true;
	return false;
}

const char *held_limit(
	struct held *held, const struct config *config, const struct request *request, unsigned opens, int64_t now_ms)
{
	const char *limit;
	int64_t wait;

	if (!is_due(held, config, now_ms))
		return NULL;
	held->gone_anew = false;
	held->looked_ms = now_ms;
	limit = look_at_all(held, config, request, opens);
	if (limit != NULL)
		return limit;
	wait = until_next(held, config);
	if (wait < 0) /* it may write nothing any more */
		return held->gone;
	if (held->op == OP_SFTP && held->count > 1) {
		if ((held->opens != opens || held->gone_anew || is_unsure(held)) && HELD_SETTLE_MS < wait)
			wait = HELD_SETTLE_MS;
		listen_for_quiet(held, opens);
	}
	held->look_at_ms = now_ms + (wait > LAST_MS ? wait : LAST_MS);
	return NULL;
}

const char *held_opened(struct held *held, int64_t now_ms)
{
	if (held->gone == NULL && held->look_at_ms > now_ms + HELD_SETTLE_MS)
		held->look_at_ms = now_ms + HELD_SETTLE_MS;
	return held->gone;
}

void held_reopen(const struct held *held)
{
	for (unsigned i = 0; i < held->count; i++) {
		struct stat st;

		if (fstat(held->at[i].fd, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
			(void)fchmod(held->at[i].fd, (st.st_mode & 01777) | S_IRWXU);
	}
}

void held_seal(const struct held *held, const struct config *config, const struct request *request)
{
	for (unsigned i = 0; config->claims_mode == CLAIMS_ENFORCE && i < held->count; i++) {
		const int fd = held->at[i].fd;

		if (!held->at[i].lived && !held->at[i].free && instance_claim(fd, config, request, true) != CLAIM_BUSY)
			seal_renew(fd);
	}
}

void held_apart(struct held *held)
{
	for (unsigned i = 0; i < held->count; i++)
		part(&held->at[i]);
}

bool held_regain(const struct held_instance *one)
{
	return !one->free || flock(one->fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

void held_release(struct held *held)
{
	for (unsigned i = 0; i < held->count; i++)
		fd_drop(&held->at[i].fd);
	held->count = 0;
}
