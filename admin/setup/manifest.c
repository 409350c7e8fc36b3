/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "admin/file.h"
#include "base/own.h"

static const char parent[] = "/var/lib/rssh-nova";

static const char *text_of(const json_t *object, const char *key)
{
	const char *const text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static enum change_kind kind_of(const char *word)
{
	enum change_kind kind = CHANGE_KINDS;

	while (kind > CHANGE_NONE && strcmp(change_kind_word(--kind), word) != 0)
		;
	return kind;
}

static int change_read(struct change *out, const json_t *object)
{
	const json_t *const sums = json_object_get(object, "sums");
	const char *const path = text_of(object, "path");

	*out = (struct change){ .kind = kind_of(text_of(object, "kind")) };
	if (out->kind == CHANGE_NONE || strlen(path) >= sizeof(out->path) || path[0] == '\0')
		return -1;
	strcpy(out->path, path);
	for (size_t i = 0; i < json_array_size(sums) && i < SUMS_MAX; i++) {
		const char *const sum = json_string_value(json_array_get(sums, i));

		if (sum == NULL || strlen(sum) >= SUM_SIZE)
			return -1;
		strcpy(out->sums[i], sum);
	}
	if (out->kind == CHANGE_LINES || out->kind == CHANGE_SHELL)
		out->text = strdup(text_of(object, "text"));
	if (out->kind == CHANGE_SHELL)
		out->was = strdup(text_of(object, "was"));
	return 0;
}

static int object_read(struct manifest *out, const json_t *object)
{
	const json_t *const array = json_object_get(object, "changes");
	const char *const user = text_of(object, "user");

	if (json_integer_value(json_object_get(object, "version")) != 1 || user[0] == '\0' ||
		strlen(user) >= sizeof(out->user) || json_array_size(array) > CHANGES_MAX)
		return -1;
	strcpy(out->user, user);
	for (size_t i = 0; i < json_array_size(array); i++)
		if (change_read(&out->changes.at[out->changes.count++], json_array_get(array, i)) != 0)
			return -1;
	return 0;
}

int manifest_read(struct manifest *out, struct trouble *trouble)
{
	json_t *object;
	char *text;
	size_t len;
	int rc;

	*out = (struct manifest){ .user = "" };
	if (file_read(&text, &len, MANIFEST_PATH) != 0)
		return errno == ENOENT ? 0 : trouble_set(trouble, MANIFEST_PATH ": %s", strerror(errno));
	object = json_loadb(text, len, 0, NULL);
	rc = object_read(out, object);
	json_decref(object);
	free(text);
	return rc == 0
		? 0
		: trouble_set(trouble,
			  MANIFEST_PATH " is not a manifest of this version: run the version of setup that wrote it");
}

static json_t *change_json(const struct change *change)
{
	json_t *const object = json_pack("{s:s,s:s}", "kind", change_kind_word(change->kind), "path", change->path);
	json_t *const sums = json_array();

	for (unsigned i = 0; i < SUMS_MAX && change->sums[i][0] != '\0'; i++)
		json_array_append_new(sums, json_string(change->sums[i]));
	if (change->kind == CHANGE_FILE)
		json_object_set(object, "sums", sums);
	if (change->kind == CHANGE_LINES || change->kind == CHANGE_SHELL)
		json_object_set_new(object, "text", json_string(change->text));
	if (change->kind == CHANGE_SHELL)
		json_object_set_new(object, "was", json_string(change->was));
	json_decref(sums);
	return object;
}

char *manifest_text(const struct manifest *manifest)
{
	json_t *const array = json_array();
	json_t *object;
	char *text;

	for (unsigned i = 0; i < manifest->changes.count; i++)
		json_array_append_new(array, change_json(&manifest->changes.at[i]));
	object = json_pack("{s:i,s:s,s:o}", "version", 1, "user", manifest->user, "changes", array);
	text = json_dumps(object, JSON_INDENT(1));
	json_decref(object);
	return text;
}

int manifest_write(const char *text, struct trouble *trouble)
{
	if (text != NULL && file_write(MANIFEST_PATH, bytes_of(text), 0600) == 0)
		return 0;
	return trouble_set(trouble, MANIFEST_PATH ": %s", strerror(errno));
}

const struct change *manifest_find(const struct manifest *manifest, enum change_kind kind, const char *path)
{
	for (unsigned i = 0; i < manifest->changes.count; i++) {
		const struct change *const change = &manifest->changes.at[i];

		if (change->kind == kind && strcmp(change->path, path) == 0)
			return change;
	}
	return NULL;
}

/* A file keeps the sum of its text before, for a setup that is interrupted before it writes the new text. */
static void entry_renew(struct change *entry, const struct change *now)
{
	if (now->kind == CHANGE_FILE) {
		strcpy(entry->sums[1], now->was != NULL ? entry->sums[0] : "");
		strcpy(entry->sums[0], now->sums[0]);
		return;
	}
	if (now->text != NULL) {
		free(entry->text);
		entry->text = strdup(now->text);
	}
	if (now->kind == CHANGE_SHELL) {
		free(entry->was);
		entry->was = strdup(now->was);
	}
}

int manifest_add(struct manifest *manifest, const struct changes *more, struct trouble *trouble)
{
	struct changes *const changes = &manifest->changes;

	for (unsigned i = 0; i < more->count; i++) {
		const struct change *const now = &more->at[i];
		const struct change *const found = manifest_find(manifest, now->kind, now->path);

		if (found == NULL) {
			if (changes->count == CHANGES_MAX)
				return trouble_set(trouble,
					MANIFEST_PATH ": too many changes: run setup --undo, then setup again");
			changes->at[changes->count] = (struct change){ .kind = now->kind };
			strcpy(changes->at[changes->count++].path, now->path);
		}
		entry_renew(&changes->at[found == NULL ? changes->count - 1 : (size_t)(found - changes->at)], now);
	}
	return 0;
}

void manifest_unlock(void)
{
	/* parent stays if others keep files there. */
	if (directory_remove(MANIFEST_DIRECTORY) == 0)
		(void)!directory_remove(parent);
}

static int directories_make(void)
{
	if (directory_make(parent, 0755) != 0 && errno != EEXIST)
		return -1;
	return directory_make(MANIFEST_DIRECTORY, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

int manifest_lock(struct trouble *trouble)
{
	int fd = -1;

	if (directories_make() == 0)
		fd = open(MANIFEST_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return trouble_set(trouble, "another setup runs: wait for it, and try again");
	trouble_set(trouble, MANIFEST_DIRECTORY ": %s", strerror(errno));
	manifest_unlock();
	return -1;
}

int manifest_remove(struct trouble *trouble)
{
	if (file_remove(MANIFEST_PATH) != 0)
		return trouble_set(trouble, MANIFEST_PATH ": %s", strerror(errno));
	manifest_unlock();
	return 0;
}
