#include "install/admin/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <syslog.h>

#include "install/admin/domain.h"
#include "install/admin/exit_code.h"
#include "policy/path.h"
#include "shell/audit.h"
#include "shell/clock.h"
#include "shell/config_open.h"
#include "shell/hint.h"
#include "shell/image_check.h"
#include "shell/instance.h"
#include "shell/own.h"
#include "shell/request.h"
#include "shell/root.h"

enum {
	INSTANCES_MAX = 16, /* of one domain; Nova's have one */
	POLL_MS = 20,	    /* between two looks for the last transfer */
};

/* A file of the domain that is below an instances root. */
struct place {
	unsigned root;
	const struct domain_file *file;
	char rel[CMD_MAX];
};

/* An instance directory that the domain has files of. */
struct fenced {
	int fd; /* owned */
	bool claimed; /* it carried a claim until now */
	char uuid[UUID_LEN + 1];
};

struct fence {
	struct config config;
	struct roots roots;
	struct domain domain;
	struct place places[DOMAIN_FILES_MAX];
	unsigned place_count;
	struct fenced at[INSTANCES_MAX];
	unsigned count;
	struct image_report found;
	char peer[PEER_MAX];
	struct fencing outcome;
	int64_t started_ms;
	bool may_refuse;
};

static void find(struct fence *fence, enum image_finding finding, const char *file, const char *detail)
{
	fence->found.finding = finding;
	snprintf(fence->found.file, sizeof(fence->found.file), "%s", file);
	snprintf(fence->found.detail, sizeof(fence->found.detail), "%s", detail);
}

/* The path without its doubled and ending slashes, as libvirt may have it. */
static void path_tidy(char out[CMD_MAX], const char *path)
{
	size_t used = 0;

	for (const char *at = path; *at != '\0' && used + 1 < CMD_MAX; at++)
		if (*at != '/' || used == 0 || out[used - 1] != '/')
			out[used++] = *at;
	if (used > 1 && out[used - 1] == '/')
		used--;
	out[used] = '\0';
}

static bool place_in_root(struct fence *fence, const struct domain_file *file, const char *path)
{
	for (unsigned i = 0; i < fence->config.roots.count; i++) {
		const char *const rel = path_below(path, text_at(&fence->config.roots, i));
		struct place *const place = &fence->places[fence->place_count];

		if (rel == NULL || rel[0] == '\0')
			continue;
		*place = (struct place){ .root = i, .file = file };
		strcpy(place->rel, rel);
		fence->place_count++;
		return true;
	}
	return false;
}

/* Where the file is: by its name, or, if a link elsewhere leads here, by what the name leads to. */
static void place_find(struct fence *fence, const struct domain_file *file)
{
	char path[CMD_MAX], real[PATH_MAX];

	if (file->path[0] != '/')
		return;
	path_tidy(path, file->path);
	if (!place_in_root(fence, file, path) && realpath(path, real) != NULL && strlen(real) < CMD_MAX)
		(void)place_in_root(fence, file, real);
}

/* Ends the claim on the directory. What cannot be read is no claim of anybody's, and goes as well. */
static int claim_end(struct fence *fence, struct fenced *one, int root)
{
	struct claim claim;
	const enum claim_state found = instance_claim_read(&claim, one->fd);

	one->claimed = found != CLAIM_NONE;
	if (found == CLAIM_OWN && fence->peer[0] == '\0')
		strcpy(fence->peer, claim.peer);
	if (one->claimed && fremovexattr(one->fd, CLAIM_ATTRIBUTE) != 0 && errno != ENODATA)
		return -1;
	hint_drop(root, one->uuid);
	return 0;
}

/* The instance that a place is in, once for each. A place outside of every instance needs no fence: no peer may
 * write there. */
static int instance_fence(struct fence *fence, const struct place *place)
{
	const size_t len = path_first_len(place->rel);
	const int root = fence->roots.fd[place->root];
	struct fenced *const one = &fence->at[fence->count];

	if (!path_is_uuid(place->rel, len))
		return 0;
	for (unsigned i = 0; i < fence->count; i++)
		if (strncmp(fence->at[i].uuid, place->rel, len) == 0)
			return 0;
	if (fence->count == INSTANCES_MAX) {
		find(fence, IMAGE_TOO_MANY, place->rel, "");
		return -1;
	}
	memcpy(one->uuid, place->rel, len);
	one->fd = instance_open(root, one->uuid);
	if (one->fd < 0 && errno == ENOENT)
		return 0;
	if (one->fd < 0) {
		find(fence, errno == ELOOP || errno == ENOTDIR ? IMAGE_LINK : IMAGE_UNREAD, one->uuid, strerror(errno));
		return -1;
	}
	fence->count++;
	if (claim_end(fence, one, root) == 0)
		return 0;
	find(fence, IMAGE_SESSIONS, one->uuid, strerror(errno));
	return -1;
}

/* No transfer that may write the instance is left, and none begins while we hold the lock. A file system without
 * locks keeps nobody: there only an instance that had no claim is known to be free. */
static int sessions_await(struct fence *fence, const struct fenced *one, int64_t until)
{
	while (flock(one->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR && !one->claimed)
			return 0;
		if ((errno != EWOULDBLOCK && errno != EINTR) || clock_ms() >= until) {
			find(fence, IMAGE_SESSIONS, one->uuid, errno != EWOULDBLOCK ? strerror(errno) : "");
			return -1;
		}
		(void)poll(NULL, 0, POLL_MS);
	}
	return 0;
}

/* Ends claims and transfers. Without enforced claims a transfer does not end with its claim: nothing to wait for. */
static int instances_fence(struct fence *fence)
{
	const int64_t until = fence->started_ms + fence->config.fence_wait * 1000;

	for (unsigned i = 0; i < fence->place_count; i++)
		if (instance_fence(fence, &fence->places[i]) != 0)
			return -1;
	if (fence->config.claims_mode != CLAIMS_ENFORCE || !fence->may_refuse)
		return 0;
	for (unsigned i = 0; i < fence->count; i++)
		if (sessions_await(fence, &fence->at[i], until) != 0)
			return -1;
	return 0;
}

static int images_judge(struct fence *fence)
{
	for (unsigned i = 0; i < fence->place_count; i++) {
		const struct place *const place = &fence->places[i];
		const int root = fence->roots.fd[place->root];
		const struct image_rules rules = { &fence->config, text_at(&fence->config.roots, place->root),
			place->file->format, place->file->is_backing };

		if (!place->file->is_image)
			continue;
		image_check_file(&fence->found, root, place->rel, root, &rules);
		if (fence->found.finding != IMAGE_GOOD)
			return -1;
	}
	return 0;
}

/* May the domain start? Sets what was found. What runs already is not judged: libvirt would kill it. */
static bool decide(struct fence *fence)
{
	struct image_report first;

	find(fence, IMAGE_GOOD, "", "");
	if (instances_fence(fence) != 0 && !fence->config.fence_open)
		return false;
	if (!fence->may_refuse || fence->config.images_mode == IMAGES_OFF)
		return true;
	first = fence->found;
	if (images_judge(fence) != 0)
		return fence->config.images_mode == IMAGES_AUDIT;
	fence->found = first;
	return true;
}

/* A start does not wait for the audit: what is lost is the record of a protection, not that of an access. */
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
		fprintf(stderr, "rssh-nova-admin fence: the record could not be sent: %s\n", strerror(errno));
	fd_drop(&audit.fd);
}

/* What others wrote steers no terminal and no log. */
static void print_plain(const char *text)
{
	for (; *text != '\0'; text++)
		fputc(*text >= ' ' && *text <= '~' ? *text : '?', stderr);
}

static void finding_print(const struct fence *fence)
{
	const struct image_report *const found = &fence->found;

	fputs(fence->outcome.allow ? "rssh-nova: starts all the same: " : "rssh-nova: refused: ", stderr);
	print_plain(found->file);
	fprintf(stderr, ": %s: %s", image_finding_word(found->finding), image_finding_meaning(found->finding));
	if (found->detail[0] != '\0') {
		fputs(" (", stderr);
		print_plain(found->detail);
		fputc(')', stderr);
	}
	fputc('\n', stderr);
}

/* 0, or -1 when nothing is known of the domain; then there is nothing to record either. */
static int prepare(struct fence *fence, const char *config)
{
	struct fault fault;
	const char *why;
	char text[256];

	if (domain_read(&fence->domain, STDIN_FILENO, &why) != 0) {
		fprintf(stderr, "rssh-nova-admin fence: %s\n", why);
		return -1;
	}
	if (config_open(&fence->config, config, true, "", &fault) == 0) {
		for (unsigned i = 0; i < fence->domain.count; i++)
			place_find(fence, &fence->domain.at[i]);
		if (fence->place_count == 0 || roots_open(&fence->roots, &fence->config, "", &fault) == 0)
			return 0;
	}
	fault_text(text, sizeof(text), &fault);
	fprintf(stderr, "rssh-nova-admin fence: %s\n", text);
	return -1;
}

static void finish(struct fence *fence, const char *domain, const char *operation)
{
	fence->outcome.allow = decide(fence) || !fence->may_refuse;
	fence->outcome.finding = fence->found.finding;
	fence->outcome.domain = domain;
	fence->outcome.operation = operation;
	fence->outcome.instance = fence->count != 0 ? fence->at[0].uuid : "";
	fence->outcome.peer = fence->peer;
	fence->outcome.file = fence->found.file;
	fence->outcome.detail = fence->found.detail;
	fence->outcome.ms = clock_ms() - fence->started_ms;
	record_send(fence);
	if (fence->found.finding != IMAGE_GOOD)
		finding_print(fence);
}

int fence_run(const struct options *options)
{
	static struct fence fence;
	const char *operation;

	if (options->count != FENCE_WORDS) {
		fputs("rssh-nova-admin fence: give the arguments of a libvirt hook: DOMAIN OPERATION SUB-OPERATION EXTRA\n",
			stderr);
		return ADMIN_CANNOT;
	}
	operation = options->words[1];
	fence.may_refuse = strcmp(operation, "prepare") == 0;
	if (strcmp(options->words[2], "begin") != 0 || (!fence.may_refuse && strcmp(operation, "reconnect") != 0))
		return ADMIN_GOOD;
	fence.started_ms = clock_ms();
	if (prepare(&fence, options->config != NULL ? options->config : CONFIG_PATH) != 0)
		return fence.may_refuse ? ADMIN_FOUND : ADMIN_GOOD;
	if (fence.place_count == 0)
		return ADMIN_GOOD;
	finish(&fence, options->words[0], operation);
	return fence.outcome.allow ? ADMIN_GOOD : ADMIN_FOUND;
}
