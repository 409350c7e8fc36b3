/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/removable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/instance.h"
#include "policy/path.h"

struct showing {
	struct mirror *mirror;
	struct query judge; /* reused for each name */
	const struct verdict *verdict;
	int root;
	bool claim_is_judged, claim_allows; /* for the files of one instance, which share its claim */
	struct fault *fault;
};

/* Shows name, found in dir, if the peer may remove it. Returns 1 to go on, 0 if the mirror is full, -1 and a fault. */
typedef int show_fn(struct showing *showing, int dir, const struct dirent64 *entry);

static int failed(const struct showing *showing, const char *what)
{
	return fault_set(showing->fault, REASON_NOT_CONFINED, what, errno, showing->verdict->path);
}

/* Is the instance empty? One that it cannot look into counts as full. Returns 1, 0, or -1 and errno. */
static int is_empty(int root, const char *uuid)
{
	OWN_FD int fd = instance_open(root, uuid);
	const struct dirent64 *entry;
	struct directory names;
	int more;

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	directory_begin(&names, fd);
	more = directory_next(&names, &entry);
	return more < 0 ? -1 : more == 0;
}

/* Decides on the removal of name; *path stores its path. */
static struct verdict removal(const struct showing *showing, enum op op, const char *name, char path[CMD_MAX])
{
	const int len = snprintf(path, CMD_MAX, "%s/%s", showing->verdict->path, name);

	if (len < 0 || len >= CMD_MAX)
		return verdict_refuse(REASON_BAD_PATH);
	return verdict_decide_stream(showing->judge.config, showing->verdict->form, op, path);
}

static int put(struct showing *showing, const char *name, bool directory)
{
	if (mirror_put(showing->mirror, name, directory) == 0 || errno == EEXIST) /* a profile may name it twice */
		return 1;
	return errno == E2BIG ? 0 : failed(showing, "cannot fill the mirror");
}

static int show_instance(struct showing *showing, const char *uuid)
{
	const int empty = is_empty(showing->root, uuid);
	char path[CMD_MAX];
	struct verdict verdict;

	if (empty < 0)
		return failed(showing, "cannot read what is to be mirrored");
	if (empty == 0)
		return 1;
	verdict = removal(showing, OP_RMDIR, uuid, path);
	if (query_load_claim(&showing->judge, &verdict, showing->fault) != 0)
		return -1;
	return verdict.kind == VERDICT_ALLOW ? put(showing, uuid, true) : 1;
}

static int show_entry_of_root(struct showing *showing, int dir, const struct dirent64 *entry)
{
	(void)dir;
	return path_is_uuid(entry->d_name, strlen(entry->d_name)) ? show_instance(showing, entry->d_name) : 1;
}

/* Returns 1, 0, or -1 and errno. A link or a device is shown as a file: the operation looks again. */
static int is_file(int dir, const struct dirent64 *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type != DT_DIR;
	if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	return !S_ISDIR(st.st_mode);
}

static int show_entry_of_instance(struct showing *showing, int dir, const struct dirent64 *entry)
{
	char path[CMD_MAX];
	struct verdict verdict = removal(showing, OP_REMOVE, entry->d_name, path);
	int file;

	if (verdict.kind == VERDICT_ALLOW && verdict.needs_claim && !showing->claim_is_judged) {
		if (query_load_claim(&showing->judge, &verdict, showing->fault) != 0)
			return -1;
		showing->claim_is_judged = true;
		showing->claim_allows = verdict.kind == VERDICT_ALLOW;
	}
	if (verdict.kind != VERDICT_ALLOW || (verdict.needs_claim && !showing->claim_allows))
		return 1;
	file = is_file(dir, entry);
	if (file < 0)
		return failed(showing, "cannot read what is to be mirrored");
	return file == 1 ? put(showing, entry->d_name, false) : 1;
}

/* As show_fn, for all of dir, which it takes. A directory that is missing, or vanishes meanwhile, has no entries. */
static int show_each(struct showing *showing, int dir, show_fn *show)
{
	OWN_FD int own = dir;
	const struct dirent64 *entry;
	struct directory names;
	int more, shown = 1;

	if (own < 0)
		return root_lacks(errno) ? 1 : failed(showing, "cannot read what is to be mirrored");
	directory_begin(&names, own);
	while ((more = directory_next(&names, &entry)) == 1 && shown == 1)
		shown = show(showing, own, entry);
	if (more < 0)
		return failed(showing, "cannot read what is to be mirrored");
	return shown;
}

/* If claims count, looks only at claimed instances, so that the size of the root does not matter. */
static int show_root(struct showing *showing)
{
	const struct config *const config = showing->judge.config;
	const struct scope *const scope = &config->scope;
	int shown = 1;

	for (unsigned i = 0; i < scope->instance_count && shown == 1; i++)
		shown = show_instance(showing, scope->instances[i]);
	if (scope->instance_count != 0)
		return shown;
	if (config->claims_mode == CLAIMS_ENFORCE)
		return show_each(showing, claim_index_open(showing->root), show_entry_of_root);
	return show_each(showing, root_openat(showing->root, ".", O_RDONLY | O_DIRECTORY, 0), show_entry_of_root);
}

static int show_files(struct showing *showing)
{
	const int shown =
		show_each(showing, instance_open(showing->root, showing->verdict->instance), show_entry_of_instance);

	if (shown != 0)
		return shown;
	return fault_set(showing->fault, REASON_NOT_CONFINED,
		"the instance has more files than rsync can be shown: remove it by ssh, or on this node", 0,
		showing->verdict->path);
}

int removable_show(
	struct mirror *mirror, const struct query *command, const struct verdict *verdict, struct fault *fault)
{
	struct showing showing = {
		.mirror = mirror,
		.judge = { .config = command->config,
			.roots = command->roots,
			.request = command->request,
			.instance = -1 },
		.verdict = verdict,
		.root = command->roots->fd[verdict->root],
		.fault = fault,
	};
	int shown;

	if (mirror_stand_for(mirror, verdict->path, fault) != 0)
		return -1;
	shown = verdict->instance[0] == '\0' ? show_root(&showing) : show_files(&showing);
	fd_drop(&showing.judge.instance);
	return shown < 0 ? -1 : 0;
}
