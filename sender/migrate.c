/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/copy.h"
#include "sender/push.h"
#include "sender/resume.h"
#include "sender/source.h"

enum {
	ENTRIES_MAX = 256,
	TOGETHER_MAX = 4,	 /* small files in flight at a time */
	SMALL_MAX = 1024 * 1024, /* bytes */
	TOUCH_FAILED = 1,	 /* exit status of touch(1) if it cannot create a file */
};

struct entry {
	char name[COMPONENT_MAX + 1];
	bool is_dir, small;
	bool free_name; /* no command line can have this name: copy the file into the directory, so that the
			   name travels inside the protocol */
};

struct moving {
	struct remotefs *fs;
	const struct remotefs_migration *migration;
	struct remotefs_fault *fault;
	size_t count;
	struct entry entries[ENTRIES_MAX];
	bool existed; /* the remote directory existed before us, as far as we know */
	bool created; /* we may have created it */
	struct resume resume;
	char probe[ADDRESS_PATH_MAX]; /* a probe that we may have created, or "" */
	struct push pushes[TOGETHER_MAX];
};

static bool is_probe(const char *name)
{
	return strspn(name, "0123456789abcdef") == PROBE_HEX_LEN && strcmp(name + PROBE_HEX_LEN, ".tmp") == 0;
}

/* Is this a file that is not sent? The far end makes a new swap disk and console log. libvirt owns the console log, so
 * we often cannot read it. Probes and our own record are of no use there. */
static bool stays(int dir, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "disk.swap") == 0 || is_probe(name) ||
		strcmp(name, RESUME_NAME) == 0 || strcmp(name, RESUME_NEW_NAME) == 0)
		return true;
	return strncmp(name, "console.log", 11) == 0 && faccessat(dir, name, R_OK, AT_EACCESS) != 0;
}

/* Plain files first, then directories, disk.info last: if it exists, everything does. */
static int rank(const struct entry *entry)
{
	if (strcmp(entry->name, "disk.info") == 0)
		return 2;
	return entry->is_dir ? 1 : 0;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *const left = a, *const right = b;
	const int ranks = rank(left) - rank(right);

	return ranks != 0 ? ranks : strcmp(left->name, right->name);
}

/* The remote path of a file. It is checked before the first remote command. */
static bool remote_path(char out[ADDRESS_PATH_MAX], const struct moving *moving, const char *name)
{
	return snprintf(out, ADDRESS_PATH_MAX, "%s/%s", moving->migration->remote, name) < ADDRESS_PATH_MAX &&
		remote_path_check(out) == ADDRESS_OK;
}

static enum remotefs_error fail_local(struct moving *moving, const char *name, const char *why)
{
	return context_fail(moving->fs, REMOTEFS_LOCAL, "%s/%s: %s", moving->migration->dir, name, why);
}

/* The path comes last, because a text that is too long is cut at its end. */
static enum remotefs_error fail_before(struct moving *moving, const char *path, const char *why)
{
	return context_fail(moving->fs, REMOTEFS_LOCAL, "nothing was done: %s: %s", why, path);
}

/* A newline ends a name in the protocol of old scp, and any control byte spoils a message or a log. */
static bool has_control(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return true;
	return false;
}

/* Checks a subdirectory. */
static enum remotefs_error tree_check(struct moving *moving, int dir, const char *name)
{
	char path[SOURCE_PATH_MAX];
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const int len = snprintf(path, sizeof(path), "%s/%s", moving->migration->dir, name);
	const char *why;

	if (fd < 0)
		return fail_local(moving, name, strerror(errno));
	if (len >= SOURCE_PATH_MAX) {
		close(fd);
		return fail_local(moving, name, strerror(ENAMETOOLONG));
	}
	why = source_check(fd, path, strlen(moving->migration->remote));
	return why == NULL ? REMOTEFS_OK : fail_before(moving, path, why);
}

static const char *entry_check(const struct moving *moving, int dir, const char *name, struct stat *st)
{
	if (moving->count == ENTRIES_MAX)
		return "too many files";
	if (has_control(name))
		return "a name with control bytes cannot be sent";
	if (strlen(moving->migration->remote) + strlen(name) + 1 >= ADDRESS_PATH_MAX)
		return strerror(ENAMETOOLONG);
	return source_entry_check(dir, name, st);
}

static enum remotefs_error entry_add(struct moving *moving, int dir, const char *name)
{
	char path[SOURCE_PATH_MAX], remote[ADDRESS_PATH_MAX];
	struct entry *const entry = &moving->entries[moving->count];
	struct stat st;
	const char *const why = entry_check(moving, dir, name, &st);

	if (why != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", moving->migration->dir, name);
		return fail_before(moving, path, why);
	}
	(void)snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->is_dir = S_ISDIR(st.st_mode);
	entry->small = !entry->is_dir && st.st_size <= SMALL_MAX;
	/* rssh-nova refuses a command line with a name that begins with a dot. */
	entry->free_name = name[0] == '.' || !remote_path(remote, moving, name);
	moving->count++;
	return entry->is_dir ? tree_check(moving, dir, name) : REMOTEFS_OK;
}

static enum remotefs_error dir_read(struct moving *moving)
{
	enum remotefs_error error = REMOTEFS_OK;
	const int fd = open(moving->migration->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *found;

	if (dir == NULL) {
		error = fail_local(moving, "", strerror(errno));
		if (fd >= 0)
			close(fd);
		return error;
	}
	while (error == REMOTEFS_OK && (errno = 0, found = readdir(dir)) != NULL)
		if (!stays(fd, found->d_name))
			error = entry_add(moving, fd, found->d_name);
	if (error == REMOTEFS_OK && errno != 0) /* entries that were not read would be missing there */
		error = fail_local(moving, "", strerror(errno));
	closedir(dir);
	qsort(moving->entries, moving->count, sizeof(moving->entries[0]), entry_order);
	return error;
}

static void step(const struct moving *moving, const char *text, const char *path)
{
	context_event(moving->fs, &(struct remotefs_event){ .kind = REMOTEFS_EVENT_STEP, .text = text, .path = path });
}

/* 32 hex digits and .tmp, as Nova's generate_uuid(dashed=False). */
static bool probe_name(char out[PROBE_HEX_LEN + 5])
{
	unsigned char bytes[PROBE_HEX_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)sprintf(out + 2 * i, "%02x", bytes[i]);
	strcpy(out + PROBE_HEX_LEN, ".tmp");
	return true;
}

/* Removes the probe if it appears here. Returns whether it appeared, also if it cannot be removed: a copy would then go
 * onto itself. In that case the far end must remove it. */
static bool probe_seen(struct moving *moving, const char *name)
{
	const struct remotefs_migration *const migration = moving->migration;
	char path[SCRATCH_PATH_MAX];
	const int len = snprintf(
		path, sizeof(path), "%s/%s", migration->shared == NULL ? migration->dir : migration->shared, name);

	if (len <= 0 || len >= SCRATCH_PATH_MAX)
		return false;
	if (unlink(path) != 0)
		return errno != ENOENT && access(path, F_OK) == 0;
	moving->probe[0] = '\0';
	return true;
}

/* _is_path_shared_with. If touch(1) fails, the storage is not shared; any other failure ends the migration.
 * create_dir() removes a probe that does not appear here. Until then the remote instance may be the local one, so we
 * must not undo it. */
static enum remotefs_error probe(struct moving *moving)
{
	const bool rsync = moving->fs->options.transport == REMOTEFS_RSYNC;
	char name[PROBE_HEX_LEN + 5];
	enum remotefs_error error;

	if (!probe_name(name) || !remote_path(moving->probe, moving, name))
		return fail_local(moving, "", "no name for a probe");
	step(moving, "probe", moving->probe);
	/* If the directory does not exist yet, touch says so. That is expected. */
	moving->fs->hushed = !rsync;
	error = remotefs_create_file(moving->fs, moving->probe, moving->fault);
	moving->fs->hushed = false;
	if (error == REMOTEFS_FAILED && !rsync && moving->fault->status == TOUCH_FAILED) {
		moving->existed = !moving->fault->not_found;
		moving->probe[0] = '\0';
		return REMOTEFS_OK;
	}
	if (error != REMOTEFS_OK)
		return error;
	if (probe_seen(moving, name))
		return context_fail(moving->fs, REMOTEFS_SHARED, "%s and this host share %s: nothing is to be copied",
			moving->fs->host.name, moving->migration->remote);
	moving->existed = !rsync;
	moving->created = rsync; /* rsync creates the directory of a file */
	return REMOTEFS_OK;
}

/* Connects first: a host that cannot be reached needs no clean-up. */
static enum remotefs_error connect_and_probe(struct moving *moving)
{
	enum remotefs_error error;

	if (!context_scratch(moving->fs) || !connection_need(moving->fs, CONNECTION_PLAIN))
		return moving->fault->error;
	error = probe(moving);
	if (error == REMOTEFS_REFUSED)
		moving->probe[0] = '\0';
	return error;
}

/* Nova removes the probe first. The two commands are independent, so both run at once. We wait for both, so that
 * nothing is still being created during the clean-up. */
static enum remotefs_error create_dir_beside_probe(struct moving *moving)
{
	struct remotefs *const fs = moving->fs;
	struct command removal, creation;
	struct job removing, creating;
	struct remotefs_fault fault;
	enum remotefs_error first, second;

	first = fs->driver->remove_file(fs, moving->probe, &removal);
	if (first == REMOTEFS_OK)
		first = fs->driver->create_dir(fs, moving->migration->remote, &creation);
	if (first != REMOTEFS_OK)
		return first;
	job_start(fs, &removing, &removal);
	job_start(fs, &creating, &creation);
	first = job_finish(fs, &removing);
	fault = *fs->fault;
	if (first == REMOTEFS_OK)
		moving->probe[0] = '\0';
	second = job_finish(fs, &creating);
	if (first != REMOTEFS_OK)
		*fs->fault = fault;
	return first == REMOTEFS_OK ? second : first;
}

static enum remotefs_error create_dir(struct moving *moving)
{
	const bool made = moving->created;
	enum remotefs_error error;

	step(moving, "create-dir", moving->migration->remote);
	/* Set before the command: even if it is cut off, it may have succeeded. */
	moving->created = !moving->existed;
	error = moving->probe[0] != '\0' ? create_dir_beside_probe(moving)
					 : remotefs_create_dir(moving->fs, moving->migration->remote, moving->fault);
	if (error == REMOTEFS_REFUSED)
		moving->created = made;
	return error;
}

static enum remotefs_error push_whole(struct remotefs *fs, const struct remotefs_copy *copy)
{
	bool begun;

	return push_run(fs, copy, &begun);
}

/* copy_image: a file to its new path, or a directory into the instance's. If push is NULL, waits for the end. */
static enum remotefs_error entry_push(struct moving *moving, const struct entry *entry, struct push *push)
{
	const struct remotefs_migration *const migration = moving->migration;
	char local[SCRATCH_PATH_MAX], remote[ADDRESS_PATH_MAX];
	struct remotefs_copy copy;

	if (snprintf(local, sizeof(local), "%s/%s", migration->dir, entry->name) >= SCRATCH_PATH_MAX)
		return fail_local(moving, entry->name, strerror(ENAMETOOLONG));
	(void)snprintf(remote, sizeof(remote), "%s/%s", migration->remote, entry->name);
	step(moving, "copy", remote);
	copy = (struct remotefs_copy){
		.direction = REMOTEFS_PUSH,
		.local = local,
		.remote = entry->is_dir || entry->free_name ? migration->remote : remote,
		.compress = migration->compress && (entry->is_dir || remotefs_compresses(local)),
	};
	return push == NULL ? push_whole(moving->fs, &copy) : push_begin(push, moving->fs, &copy);
}

/* How many of the first entries can be copied at a time: one, or several small files, which mostly wait for programs
 * and for the far end. disk.info goes alone. Over SFTP, one session takes them all. */
static size_t together(const struct moving *moving, size_t first)
{
	size_t count = 0;

	if (copy_is_wanted(moving->fs))
		return 1;
	while (first + count < moving->count && count < TOGETHER_MAX && moving->entries[first + count].small &&
		rank(&moving->entries[first + count]) == 0)
		count++;
	return count == 0 ? 1 : count;
}

static enum remotefs_error copy_together(struct moving *moving, size_t first, size_t count)
{
	enum remotefs_error error = REMOTEFS_OK;
	size_t begun = 0;

	if (count == 1)
		return entry_push(moving, &moving->entries[first], NULL);
	while (begun < count && error == REMOTEFS_OK) {
		error = entry_push(moving, &moving->entries[first + begun], &moving->pushes[begun]);
		if (error == REMOTEFS_OK)
			begun++;
	}
	for (size_t i = 0; i < begun; i++) {
		if (error == REMOTEFS_OK)
			error = push_finish(&moving->pushes[i], moving->fs);
		else
			push_abort(&moving->pushes[i], moving->fs);
	}
	return error;
}

/* From now on the record lets a later run continue. */
static void resume_prepare(struct moving *moving)
{
	if (!copy_is_wanted(moving->fs) || moving->fs->options.dry_run)
		return;
	resume_write(&moving->resume);
	moving->fs->resume = &moving->resume;
}

static enum remotefs_error send_all(struct moving *moving)
{
	enum remotefs_error error = connect_and_probe(moving);
	size_t count;

	if (error == REMOTEFS_OK)
		error = create_dir(moving);
	if (error == REMOTEFS_OK)
		resume_prepare(moving);
	for (size_t i = 0; i < moving->count && error == REMOTEFS_OK; i += count) {
		count = together(moving, i);
		error = copy_together(moving, i, count);
	}
	return error == REMOTEFS_OK ? copies_end(moving->fs) : error;
}

static void undo_probe(struct moving *moving)
{
	struct remotefs_fault fault;

	if (remotefs_remove_file(moving->fs, moving->probe, &fault) != REMOTEFS_OK)
		context_say(moving->fs, "%s may be left on %s: %s", moving->probe, moving->fs->host.name, fault.text);
	else if (moving->fs->options.transport == REMOTEFS_RSYNC)
		context_say(
			moving->fs, "%s may be left on %s, empty", moving->migration->remote, moving->fs->host.name);
}

static void undo_dir(struct moving *moving)
{
	const char *const remote = moving->migration->remote, *const host = moving->fs->host.name;
	struct remotefs_fault fault;

	step(moving, "remove-dir", remote);
	if (remotefs_remove_dir(moving->fs, remote, &fault) == REMOTEFS_OK) {
		context_say(moving->fs, "%s was removed from %s again", remote, host);
		resume_forget(&moving->resume);
	} else {
		context_say(moving->fs, "%s is half-made on %s and could not be removed: %s", remote, host, fault.text);
	}
}

/* Can a later run continue, and did the caller ask for that? */
static bool may_be_continued(const struct moving *moving, enum remotefs_error error)
{
	return moving->migration->resume && moving->fs->resume != NULL &&
		(error == REMOTEFS_UNREACHABLE || error == REMOTEFS_CANCELLED || error == REMOTEFS_TIMED_OUT);
}

/* Undoes the migration, or reports what remains. Keeps the original fault. */
static void undo(struct moving *moving)
{
	struct remotefs *const fs = moving->fs;

	fs->undoing = true;
	if (moving->created)
		undo_dir(moving);
	else if (moving->probe[0] != '\0')
		undo_probe(moving);
	if (moving->existed)
		context_say(fs, "%s was on %s before, it seems, and stays; it may hold files of this run",
			moving->migration->remote, fs->host.name);
	fs->undoing = false;
	fs->fault = moving->fault;
}

/* Continues an unfinished migration to this host and path, or begins a new one. */
static void resume_look(struct moving *moving)
{
	struct resume *const resume = &moving->resume;
	const struct remotefs_migration *const migration = moving->migration;

	resume_begin(resume, migration->dir, &moving->fs->host, migration->remote);
	if (moving->fs->options.dry_run)
		return;
	if (!migration->resume)
		resume_forget(resume);
	else if (resume_read(resume))
		context_say(moving->fs, "continues what an earlier run left on %s", moving->fs->host.name);
	else
		context_say(moving->fs, "no earlier run left a record for %s here: begins anew", moving->fs->host.name);
}

static enum remotefs_error send_or_undo(struct moving *moving)
{
	struct remotefs *const fs = moving->fs;
	enum remotefs_error error;

	resume_look(moving);
	context_sum_begin(fs);
	error = send_all(moving);
	if (error == REMOTEFS_OK) {
		context_sum_end(fs, moving->migration->remote);
		if (fs->resume != NULL)
			resume_forget(&moving->resume);
	} else if (may_be_continued(moving, error)) {
		context_say(fs, "what was copied stays on %s: migrate --resume continues", fs->host.name);
	} else if (!fs->options.dry_run) {
		undo(moving);
	}
	fs->resume = NULL;
	resume_end(&moving->resume);
	return error;
}

enum remotefs_error remotefs_migrate(
	struct remotefs *fs, const struct remotefs_migration *migration, struct remotefs_fault *fault)
{
	struct moving *const moving = calloc(1, sizeof(*moving));
	const enum address_error bad = remote_path_check(migration->remote);
	enum remotefs_error error;

	fs->fault = fault;
	if (moving == NULL)
		return context_fail(fs, REMOTEFS_LOCAL, "%s", strerror(ENOMEM));
	moving->fs = fs;
	moving->migration = migration;
	moving->fault = fault;
	if (bad != ADDRESS_OK) {
		free(moving);
		return context_fail(fs, REMOTEFS_BAD_ARGUMENT, "%s: %s", migration->remote, address_error_text(bad));
	}
	if (migration->resume && !copy_is_wanted(fs)) {
		free(moving);
		return context_fail(fs, REMOTEFS_BAD_ARGUMENT, "only a migration over SFTP can be continued");
	}
	error = dir_read(moving);
	if (error == REMOTEFS_OK)
		error = send_or_undo(moving);
	free(moving);
	return error;
}
