/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/job.h"

/* rsync itself writes the words on the wire, from Nova's options. The local trees replace Nova's temporary directories.
 * They are in the private directory, and are removed with the handle. */

enum {
	TREE_MODE = 0755, /* of a model directory: -a gives the far one this mode */
};

static enum remotefs_error tree_fail(struct remotefs *fs)
{
	const int saved = errno;

	(void)context_fail(fs, REMOTEFS_LOCAL, "the local tree for rsync: %s", strerror(saved));
	fs->fault->status = saved;
	return REMOTEFS_LOCAL;
}

/* Creates dir and, below it, every parent of path; the last name too if leaf_is_dir. Returns a descriptor of the last
 * name's parent, or -1. */
static int tree_make(const char *dir, const char *path, bool leaf_is_dir)
{
	char name[ADDRESS_PATH_MAX];
	int at = mkdir(dir, TREE_MODE) != 0 && errno != EEXIST ? -1 : open(dir, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	while (at >= 0 && *path == '/') {
		const size_t len = strcspn(++path, "/");
		const bool last = path[len] == '\0';
		int next;

		memcpy(name, path, len);
		name[len] = '\0';
		if (last && !leaf_is_dir)
			break;
		if (mkdirat(at, name, TREE_MODE) != 0 && errno != EEXIST)
			break;
		if (last)
			break;
		next = openat(at, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		path += len;
	}
	return at;
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Starts the words of a command whose connection is set: rsync, with ssh over that connection as its remote shell. */
static enum remotefs_error rsync_begin(struct remotefs *fs, struct command *command)
{
	struct argv shell;
	char line[ARGV_STORE_MAX];

	if (!context_scratch(fs) || !connection_need(fs, command->connection))
		return fs->fault->error;
	argv_init(&shell);
	argv_add(&shell, fs->options.ssh);
	connection_options(&shell, fs, command->connection, CONNECTION_COMMAND);
	if (argv_words(&shell) == NULL || !argv_quote(line, sizeof(line), argv_words(&shell), true))
		return context_fail(fs, REMOTEFS_BAD_ARGUMENT, "an ssh option is too long or has a quote");
	argv_init(&command->argv);
	argv_add(&command->argv, fs->options.rsync);
	argv_addf(&command->argv, "--rsh=%s", line);
	return REMOTEFS_OK;
}

static void add_remote(struct command *command, const struct remotefs *fs, const char *path)
{
	char prefix[ADDRESS_LOGIN_MAX];

	host_prefix(prefix, &fs->host);
	argv_addf(&command->argv, "%s:%s", prefix, path);
}

/* RsyncDriver._synchronize_object: copies path, below the local tree, to the root of the far end. */
static enum remotefs_error synchronize(struct remotefs *fs, const char *tree, const char *path, struct command *command)
{
	*command = (struct command){ .connection = CONNECTION_PLAIN, .wall = -1 };
	if (rsync_begin(fs, command) != REMOTEFS_OK)
		return fs->fault->error;
	argv_add(&command->argv, "--archive");
	argv_add(&command->argv, "--relative");
	argv_add(&command->argv, "--no-implied-dirs");
	argv_addf(&command->argv, "%s/.%s", tree, path);
	add_remote(command, fs, "/");
	return REMOTEFS_OK;
}

static bool tree_name(char out[SCRATCH_PATH_MAX], struct remotefs *fs, const char *name)
{
	if (!context_scratch(fs))
		return false;
	if (snprintf(out, SCRATCH_PATH_MAX, "%s/%s", fs->scratch.path, name) < SCRATCH_PATH_MAX)
		return true;
	(void)context_fail(fs, REMOTEFS_LOCAL, "the name of the temporary directory is too long");
	return false;
}

static enum remotefs_error create_file(struct remotefs *fs, const char *path, struct command *command)
{
	char tree[SCRATCH_PATH_MAX];
	int at, file;

	if (!tree_name(tree, fs, "files"))
		return fs->fault->error;
	if (fs->options.dry_run)
		return synchronize(fs, tree, path, command);
	at = tree_make(tree, path, false);
	if (at < 0)
		return tree_fail(fs);
	file = openat(at, base_name(path), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	close(at);
	if (file < 0 || futimens(file, NULL) != 0)
		return tree_fail(fs);
	close(file);
	return synchronize(fs, tree, path, command);
}

static enum remotefs_error create_dir(struct remotefs *fs, const char *path, struct command *command)
{
	char tree[SCRATCH_PATH_MAX];
	int at;

	if (!tree_name(tree, fs, "directories"))
		return fs->fault->error;
	if (fs->options.dry_run)
		return synchronize(fs, tree, path, command);
	at = tree_make(tree, path, true);
	if (at < 0)
		return tree_fail(fs);
	close(at);
	return synchronize(fs, tree, path, command);
}

/* An empty directory that rsync copies. Nova's has mode 0700. With a plain shell at the far end, rsync gives that mode
 * to the instances directory itself, which then keeps QEMU out. Ours has TREE_MODE. */
static bool empty_tree(char out[SCRATCH_PATH_MAX], struct remotefs *fs)
{
	if (!tree_name(out, fs, "empty"))
		return false;
	if (fs->options.dry_run || mkdir(out, TREE_MODE) == 0 || errno == EEXIST)
		return true;
	(void)tree_fail(fs);
	return false;
}

/* RsyncDriver._remove_object: excludes all other names, so that --delete removes this one. */
static enum remotefs_error remove_object(
	struct remotefs *fs, const char *empty, const char *path, struct command *command)
{
	const char *const name = base_name(path);
	char parent[ADDRESS_PATH_MAX];

	*command = (struct command){ .connection = CONNECTION_PLAIN, .removes = true, .wall = -1 };
	if (rsync_begin(fs, command) != REMOTEFS_OK)
		return fs->fault->error;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(name - path - 1), path);
	argv_add(&command->argv, "--archive");
	argv_add(&command->argv, "--delete");
	argv_addf(&command->argv, "--include=%s", name);
	argv_add(&command->argv, "--exclude=*");
	argv_addf(&command->argv, "%s/", empty);
	add_remote(command, fs, parent[0] == '\0' ? "/" : parent);
	return REMOTEFS_OK;
}

static enum remotefs_error remove_file(struct remotefs *fs, const char *path, struct command *command)
{
	char empty[SCRATCH_PATH_MAX];

	if (!empty_tree(empty, fs))
		return fs->fault->error;
	return remove_object(fs, empty, path, command);
}

static enum remotefs_error remove_dir(struct remotefs *fs, const char *path)
{
	struct command command = { .connection = CONNECTION_PLAIN, .removes = true, .wall = -1 };
	char empty[SCRATCH_PATH_MAX];
	enum remotefs_error error;

	if (!empty_tree(empty, fs) || rsync_begin(fs, &command) != REMOTEFS_OK)
		return fs->fault->error;
	argv_add(&command.argv, "--archive");
	argv_add(&command.argv, "--delete-excluded");
	argv_addf(&command.argv, "%s/", empty);
	add_remote(&command, fs, path);
	error = job_run(fs, &command);
	if (error == REMOTEFS_OK)
		error = remove_object(fs, empty, path, &command);
	return error == REMOTEFS_OK ? job_run(fs, &command) : error;
}

/* rsync -r --sparse SRC DST [--compress] */
static enum remotefs_error copy(struct remotefs *fs, const struct transfer *transfer, struct command *command)
{
	*command = (struct command){
		.connection = CONNECTION_PLAIN,
		.progress = transfer->progress,
		.wall = transfer->wall,
	};
	if (rsync_begin(fs, command) != REMOTEFS_OK)
		return fs->fault->error;
	argv_add(&command->argv, "-r");
	argv_add(&command->argv, "--sparse");
	if (transfer->compress)
		argv_add(&command->argv, "--compress");
	argv_add(&command->argv, "--");
	if (transfer->direction == REMOTEFS_PUSH)
		argv_add(&command->argv, transfer->local);
	add_remote(command, fs, transfer->remote);
	if (transfer->direction == REMOTEFS_PULL)
		argv_add(&command->argv, transfer->local);
	return REMOTEFS_OK;
}

/* rsync ends with 0 even if it could not delete a directory that is not empty. */
static enum remotefs_error judge(struct remotefs *fs, const struct command *command, enum remotefs_error error)
{
	if (error != REMOTEFS_OK || !command->removes || !fs->output.kept)
		return error;
	return context_fail(fs, REMOTEFS_FAILED, "rsync could not remove it: %s", fs->output.last);
}

const struct driver rsync_driver = { create_file, remove_file, create_dir, copy, judge, remove_dir };
