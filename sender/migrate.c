/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/migrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/copy.h"
#include "sender/copying.h"
#include "sender/listing.h"
#include "sender/push.h"
#include "sender/resume.h"

enum {
	TOGETHER_MAX = 4, /* small files in flight at a time */
	TOUCH_FAILED = 1, /* exit status of touch(1) if it cannot create a file */
};

struct moving {
	struct remotefs *fs;
	const struct remotefs_migration *migration;
	struct remotefs_fault *fault;
	struct listing listing;
	bool existed;	/* the remote directory existed before us, as far as we know */
	bool created;	/* we may have created it */
	bool continues; /* an earlier run sent a part */
	struct resume resume;
	char probe[ADDRESS_PATH_MAX]; /* a probe that we may have created, or "" */
	struct push pushes[TOGETHER_MAX];
};

static enum remotefs_error fail_local(struct moving *moving, const char *name, const char *why)
{
	return context_fail(moving->fs, REMOTEFS_LOCAL, "%s/%s: %s", moving->migration->dir, name, why);
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

	if (!probe_name(name) || !remote_path_join(moving->probe, moving->migration->remote, name))
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
static enum remotefs_error entry_push(struct moving *moving, const struct listing_entry *entry, struct push *push)
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
	while (first + count < moving->listing.count && count < TOGETHER_MAX &&
		moving->listing.at[first + count].beside_others)
		count++;
	return count == 0 ? 1 : count;
}

static enum remotefs_error copy_together(struct moving *moving, size_t first, size_t count)
{
	enum remotefs_error error = REMOTEFS_OK;
	size_t begun = 0;

	if (count == 1)
		return entry_push(moving, &moving->listing.at[first], NULL);
	while (begun < count && error == REMOTEFS_OK) {
		error = entry_push(moving, &moving->listing.at[first + begun], &moving->pushes[begun]);
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

static bool entry_name(const void *user, size_t number, char out[SFTP_PATH_MAX])
{
	const struct moving *const moving = user;

	if (number >= moving->listing.count)
		return false;
	(void)snprintf(out, SFTP_PATH_MAX, "%s/%s", moving->migration->remote, moving->listing.at[number].name);
	return true;
}

static enum remotefs_error send_all(struct moving *moving)
{
	enum remotefs_error error = connect_and_probe(moving);
	size_t count;

	if (error == REMOTEFS_OK)
		error = create_dir(moving);
	if (error == REMOTEFS_OK)
		resume_prepare(moving);
	for (size_t i = 0; i < moving->listing.count && error == REMOTEFS_OK; i += count) {
		count = together(moving, i);
		error = copy_together(moving, i, count);
	}
	if (error != REMOTEFS_OK)
		return error;
	return copies_end(moving->fs, &(struct copied){ entry_name, moving, moving->continues });
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
	if (!migration->resume) {
		resume_forget(resume);
		return;
	}
	moving->continues = resume_read(resume);
	if (moving->continues)
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
	error = listing_read(&moving->listing, fs, migration->dir, migration->remote);
	if (error == REMOTEFS_OK)
		error = send_or_undo(moving);
	free(moving);
	return error;
}
