/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <unistd.h>

#include "admin/domain.h"
#include "admin/exit_code.h"
#include "admin/fence_place.h"
#include "admin/fence_received.h"
#include "admin/plain.h"
#include "base/audit.h"
#include "base/clock.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/config_open.h"
#include "node/image_check.h"
#include "node/instance.h"
#include "node/root.h"
#include "node/seal.h"
#include "shell/request.h"

enum {
	INSTANCES_MAX = 16, /* of one domain; a domain of Nova has one */
	POLL_MS = 20,	    /* between two tests for the last transfer, and between two attempts */
};

/* An instance directory in which the domain has files. */
struct fenced {
	int fd; /* owned */
	unsigned root;
	bool claimed; /* it had a claim until now; with of_files, a peer brought it */
	bool judged;  /* all its images are good */
	char uuid[UUID_LEN + 1];
};

/* The result of one attempt. */
enum answer {
	ANSWER_START,
	ANSWER_REFUSE,
	ANSWER_AGAIN, /* a directory was replaced or claimed meanwhile */
};

struct fence {
	struct config config;
	struct roots roots;
	struct domain domain;
	struct fence_place places[DOMAIN_FILES_MAX];
	unsigned place_count;
	struct fenced at[INSTANCES_MAX];
	unsigned count;
	struct image_report found;
	char peer[PEER_MAX];
	struct fencing outcome;
	int64_t started_ms;
	bool ended;  /* a claim */
	bool absent; /* of_files, and an instance has no directory */
	bool may_refuse;
	bool of_files; /* not of a domain, but of files that a program is about to open */
};

static void finding_set(struct fence *fence, enum image_finding finding, const char *file, const char *detail)
{
	fence->found.finding = finding;
	snprintf(fence->found.file, sizeof(fence->found.file), "%s", file);
	snprintf(fence->found.detail, sizeof(fence->found.detail), "%s", detail);
}

static int root_of(const struct fence *fence, const struct fenced *one)
{
	return fence->roots.fd[one->root];
}

/* The fenced instance of a place, NULL for none. */
static const struct fenced *instance_of(const struct fence *fence, const struct fence_place *place)
{
	for (unsigned i = 0; fence_place_is_instance(place) && i < fence->count; i++)
		if (fence->at[i].root == place->root && strncmp(fence->at[i].uuid, place->rel, UUID_LEN) == 0)
			return &fence->at[i];
	return NULL;
}

/* Ends the claim on the directory. Also deletes a claim that cannot be read. The seal stays until all images are good.
 * Before a domain starts, the end of the claim matters more than the seal. */
static int claim_end(struct fence *fence, struct fenced *one)
{
	struct claim claim;
	const bool readable = instance_claim_read(&claim, one->fd);
	const bool has_claim = readable || errno != ENODATA;

	one->claimed = one->claimed || has_claim;
	fence->ended = fence->ended || has_claim;
	if (readable && fence->peer[0] == '\0')
		strcpy(fence->peer, claim.peer);
	if (has_claim &&
		((seal_set(one->fd) != 0 && fence->of_files) ||
			(fremovexattr(one->fd, CLAIM_ATTRIBUTE) != 0 && errno != ENODATA))) {
		if (fence->found.finding == IMAGE_GOOD)
			finding_set(fence, IMAGE_SESSIONS, one->uuid, strerror(errno));
		return -1;
	}
	claim_index_drop(root_of(fence, one), one->uuid);
	return 0;
}

/* Opens the instance of a place, once for each instance. A place outside of every instance needs no fence, because no
 * peer may write there. Fails if the directory is missing: a peer could make and claim it after us. */
static int instance_add(struct fence *fence, const struct fence_place *place)
{
	struct fenced *const one = &fence->at[fence->count];

	if (!fence_place_is_instance(place) || instance_of(fence, place) != NULL)
		return 0;
	if (fence->count == INSTANCES_MAX) {
		finding_set(fence, IMAGE_TOO_MANY, place->rel, "");
		return -1;
	}
	*one = (struct fenced){ .root = place->root };
	memcpy(one->uuid, place->rel, UUID_LEN);
	one->fd = instance_open(root_of(fence, one), one->uuid);
	if (one->fd < 0 && errno == ENOENT && !fence->may_refuse)
		return 0;
	if (one->fd < 0 && fence->of_files && (errno == ELOOP || errno == ENOTDIR))
		return 0; /* no peer comes through a link */
	if (one->fd < 0) {
		fence->absent = fence->of_files && errno == ENOENT;
		finding_set(fence, errno == ELOOP || errno == ENOTDIR ? IMAGE_LINK : IMAGE_UNREAD, one->uuid,
			strerror(errno));
		return -1;
	}
	one->claimed = fence->of_files;
	fence->count++;
	return 0;
}

static void instances_drop(struct fence *fence)
{
	while (fence->count != 0)
		fd_drop(&fence->at[--fence->count].fd);
}

/* Waits until no transfer may write the instance. None begins while we hold the lock. On a file system without locks,
 * only an instance that had no claim is known to be free. */
static int sessions_await(struct fence *fence, const struct fenced *one, int64_t until)
{
	while (flock(one->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR && !one->claimed)
			return 0;
		if ((errno != EWOULDBLOCK && errno != EINTR) || clock_ms() >= until) {
			finding_set(fence, IMAGE_SESSIONS, one->uuid, errno != EWOULDBLOCK ? strerror(errno) : "");
			return -1;
		}
		(void)poll(NULL, 0, POLL_MS);
	}
	return 0;
}

static bool must_wait(const struct fence *fence)
{
	return fence->config.claims_mode == CLAIMS_ENFORCE && fence->may_refuse;
}

/* Ends claims and waits for transfers. Without enforced claims a transfer does not end with its claim, so there is
 * nothing to wait for. */
static int instances_fence(struct fence *fence, int64_t until)
{
	int result = 0;

	for (unsigned i = 0; i < fence->place_count; i++)
		if (instance_add(fence, &fence->places[i]) != 0)
			result = -1;
	for (unsigned i = 0; i < fence->count; i++)
		if (claim_end(fence, &fence->at[i]) != 0)
			result = -1;
	if (result != 0 || !must_wait(fence))
		return result;
	for (unsigned i = 0; i < fence->count; i++)
		if (sessions_await(fence, &fence->at[i], until) != 0)
			return -1;
	return 0;
}

/* Is it still the directory that we fenced? While we wait, a peer's rm -rf and mkdir -p may have replaced it. */
static bool is_held(const struct fence *fence, const struct fenced *one)
{
	struct stat here, there;
	struct claim claim;

	return fstat(one->fd, &here) == 0 &&
		fstatat(root_of(fence, one), one->uuid, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		here.st_dev == there.st_dev && here.st_ino == there.st_ino && !instance_claim_read(&claim, one->fd) &&
		errno == ENODATA;
}

static bool are_held(struct fence *fence)
{
	for (unsigned i = 0; must_wait(fence) && i < fence->count; i++)
		if (!is_held(fence, &fence->at[i])) {
			finding_set(fence, IMAGE_SESSIONS, fence->at[i].uuid, "made or claimed anew meanwhile");
			return false;
		}
	return true;
}

/* Opens a file of an instance from the directory that we hold, not by its path. */
static void file_check_at(struct fence *fence, const struct fence_place *place)
{
	const struct fenced *const one = instance_of(fence, place);
	const int root = fence->roots.fd[place->root];
	const struct image_rules rules = { &fence->config, text_at(&fence->config.roots, place->root),
		place->file->format, place->file->is_backing };
	const bool is_below = one != NULL && place->rel[UUID_LEN] == '/';

	const int dir = is_below ? one->fd : root;
	const char *const rel = place->rel + (is_below ? UUID_LEN + 1 : 0);

	if (place->file->is_image)
		image_check_file(&fence->found, dir, rel, place->rel, root, &rules);
	else
		finding_set(fence, image_look(dir, rel), place->rel, "");
}

static int received_judge(struct image_report *out, const struct fence *fence, struct fenced *one)
{
	const struct fence_received received = { .config = &fence->config,
		.root_path = text_at(&fence->config.roots, one->root),
		.root = root_of(fence, one),
		.fd = one->fd,
		.root_number = one->root,
		.uuid = one->uuid,
		.places = fence->places,
		.place_count = fence->place_count };

	return fence_received_judge(out, &received, &one->judged);
}

static int all_received_check(struct fence *fence)
{
	for (unsigned i = 0; i < fence->count; i++) {
		struct fenced *const one = &fence->at[i];
		struct image_report found;
		char file[CMD_MAX];

		if (received_judge(&found, fence, one) == 0)
			continue;
		(void)snprintf(file, sizeof(file), "%s/%.*s", one->uuid, CMD_MAX - UUID_LEN - 2, found.file);
		finding_set(fence, found.finding, file, found.detail);
		return -1;
	}
	return 0;
}

/* What the domain does not name does not stop it, but keeps the seal: Nova may open that later. */
static void unnamed_judge(struct fence *fence)
{
	for (unsigned i = 0; i < fence->count; i++) {
		struct fenced *const one = &fence->at[i];
		struct image_report found;

		if (!fence_is_sealed(one->fd))
			continue;
		(void)received_judge(&found, fence, one);
		if (!one->judged)
			fence_set_lived(one->fd);
	}
}

static int files_check(struct fence *fence)
{
	if (fence->of_files)
		return all_received_check(fence);
	for (unsigned i = 0; i < fence->place_count; i++) {
		file_check_at(fence, &fence->places[i]);
		if (fence->found.finding != IMAGE_GOOD)
			return -1;
	}
	unnamed_judge(fence);
	return 0;
}

/* Does not check a running domain: libvirt would kill it. */
static enum answer attempt(struct fence *fence, int64_t until)
{
	struct image_report first;

	finding_set(fence, IMAGE_GOOD, "", "");
	if (instances_fence(fence, until) != 0 && (fence->found.finding != IMAGE_SESSIONS || !fence->config.fence_open))
		return ANSWER_REFUSE;
	if (!fence->may_refuse)
		return ANSWER_START;
	first = fence->found;
	if (!are_held(fence))
		return ANSWER_AGAIN;
	if (fence->config.images_mode == IMAGES_OFF)
		return ANSWER_START;
	if (files_check(fence) == 0)
		fence->found = first;
	else if (fence->config.images_mode != IMAGES_AUDIT)
		return ANSWER_REFUSE;
	return are_held(fence) ? ANSWER_START : ANSWER_AGAIN;
}

/* May the domain start? Sets fence->found. */
static bool decide(struct fence *fence)
{
	const int64_t until = fence->started_ms + fence->config.fence_wait * 1000;
	enum answer answer;

	while ((answer = attempt(fence, until)) == ANSWER_AGAIN && clock_ms() < until) {
		instances_drop(fence);
		(void)poll(NULL, 0, POLL_MS);
	}
	return answer == ANSWER_START;
}

/* A start does not depend on the audit: a lost record concerns a protection, not an access. */
static void record_send(struct fence *fence)
{
	static struct record record;
	struct audit audit;
	char ref[REF_MAX];

	request_ref(ref);
	record_fence(&record, fence->config.audit_json, ref, &fence->outcome);
	if ((audit_open(&audit, fence->config.facility) != 0 ||
		    audit_send(&audit, fence->outcome.allow ? LOG_INFO : LOG_WARNING, &record) != 0) &&
		fence->config.audit_required)
		fprintf(stderr, "rssh-nova-admin fence: cannot send the audit record: %s\n", strerror(errno));
	fd_drop(&audit.fd);
}

/* Others chose the names. */
static void finding_print(const struct fence *fence)
{
	const struct image_report *const found = &fence->found;

	fputs(fence->outcome.allow ? "rssh-nova: allowed anyway: " : "rssh-nova: refused: ", stderr);
	plain_print(stderr, found->file);
	fprintf(stderr, ": %s: %s", image_finding_word(found->finding), image_finding_meaning(found->finding));
	if (found->detail[0] != '\0') {
		fputs(" (", stderr);
		plain_print(stderr, found->detail);
		fputc(')', stderr);
	}
	fputc('\n', stderr);
}

/* Takes the files that may be a peer's. So the rest of the node needs no valid configuration. */
static int files_take(struct fence *fence, const struct options *options)
{
	for (unsigned i = 0; i < options->count; i++) {
		struct domain_file *const file = &fence->domain.at[fence->domain.count];

		if (options->words[i][0] != '/' || !fence_path_is_received(options->words[i]))
			continue;
		if (strlen(options->words[i]) >= sizeof(file->path)) {
			fputs("rssh-nova-admin fence: the name of a file is too long\n", stderr);
			return -1;
		}
		strcpy(file->path, options->words[i]);
		fence->domain.count++;
	}
	return 0;
}

static int domain_take(struct fence *fence)
{
	const char *why;

	if (domain_read(&fence->domain, STDIN_FILENO, &why) == 0)
		return 0;
	fprintf(stderr, "rssh-nova-admin fence: %s\n", why);
	return -1;
}

/* Fails with -1 if it cannot find out what the files are; then there is nothing to record either. */
static int prepare(struct fence *fence, const struct options *options)
{
	const char *const config = options->config != NULL ? options->config : CONFIG_PATH;
	struct fault fault;
	char text[512];

	if ((fence->of_files ? files_take(fence, options) : domain_take(fence)) != 0)
		return -1;
	if (fence->of_files && (fence->domain.count == 0 || (access(config, F_OK) != 0 && errno == ENOENT)))
		return 0; /* no peer's file, or a node that only sends */
	if (config_open(&fence->config, config, !fence->of_files, "", &fault) == 0) {
		for (unsigned i = 0; i < fence->domain.count; i++)
			fence->place_count += fence_place_find(
				&fence->places[fence->place_count], &fence->config, &fence->domain.at[i]);
		if (fence->place_count == 0 || roots_open(&fence->roots, &fence->config, "", &fault) == 0)
			return 0;
	}
	fault_text_at(text, sizeof(text), &fault);
	fprintf(stderr, "rssh-nova-admin fence: %s\n", text);
	return -1;
}

/* Is the seal of an instance no longer needed? Not if its images are unjudged, or if a transfer may still write them. */
static bool is_over(const struct fence *fence, const struct fenced *one)
{
	return fence->outcome.allow && fence->may_refuse && fence->found.finding != IMAGE_SESSIONS &&
		(one->judged || fence->config.images_mode != IMAGES_ENFORCE);
}

/* Returns whether it removed one. A seal that stays costs one more look. */
static bool seals_remove(const struct fence *fence)
{
	bool removed = false;

	for (unsigned i = 0; i < fence->count; i++)
		if (is_over(fence, &fence->at[i]))
			removed = fremovexattr(fence->at[i].fd, SEAL_ATTRIBUTE) == 0 || removed;
	return removed;
}

static void finish(struct fence *fence, const char *domain, const char *operation)
{
	bool has_done;

	fence->outcome.allow = decide(fence) || !fence->may_refuse;
	has_done = seals_remove(fence) || fence->ended;
	fence->outcome.finding = fence->found.finding;
	fence->outcome.domain = domain;
	fence->outcome.operation = operation;
	fence->outcome.instance = fence->count != 0 ? fence->at[0].uuid : "";
	fence->outcome.peer = fence->peer;
	fence->outcome.file = fence->found.file;
	fence->outcome.detail = fence->found.detail;
	fence->outcome.ms = clock_ms() - fence->started_ms;
	/* Until a resize is confirmed, Nova of the source asks again and again for what has left. */
	if (!fence->of_files || has_done || (fence->found.finding != IMAGE_GOOD && !fence->absent))
		record_send(fence);
	if (fence->found.finding != IMAGE_GOOD)
		finding_print(fence);
}

/* Does the fence act on this event? */
static bool event_read(struct fence *fence, const struct options *options)
{
	const char *const operation = options->words[1];

	fence->may_refuse = strcmp(operation, "prepare") == 0;
	return strcmp(options->words[2], "begin") == 0 && (fence->may_refuse || strcmp(operation, "reconnect") == 0);
}

int fence_run(const struct options *options)
{
	static struct fence fence;

	fence.of_files = fence.may_refuse = options->files;
	if (!options->files && options->count != FENCE_WORDS) {
		fputs("rssh-nova-admin fence: give the arguments of a libvirt hook: DOMAIN OPERATION SUB-OPERATION EXTRA\n",
			stderr);
		return ADMIN_CANNOT;
	}
	if (!options->files && !event_read(&fence, options))
		return ADMIN_GOOD;
	fence.started_ms = clock_ms();
	if (prepare(&fence, options) != 0)
		return fence.may_refuse ? ADMIN_FOUND : ADMIN_GOOD;
	if (fence.place_count == 0)
		return ADMIN_GOOD;
	if (options->files)
		finish(&fence, "", "open");
	else
		finish(&fence, options->words[0], options->words[1]);
	return fence.outcome.allow ? ADMIN_GOOD : ADMIN_FOUND;
}
