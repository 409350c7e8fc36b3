/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/touch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/instance.h"
#include "node/root.h"
#include "node/seal.h"

/* Is the file of that name in the same directory a probe? */
static bool is_probe(const struct place *place, const char *name)
{
	const struct text_list *const patterns = &place->config->probe;
	const char *const slash = strrchr(place->rel, '/');
	char rel[CMD_MAX + COMPONENT_MAX];

	snprintf(rel, sizeof(rel), "%.*s%s", (int)(slash + 1 - place->rel), place->rel, name);
	for (unsigned i = 0; i < patterns->count; i++)
		if (pattern_match(text_at(patterns, i), rel) == PATTERN_EXACT)
			return true;
	return false;
}

/* Is the probe one that Nova has left? It removes each within seconds. */
static bool is_left(int dir, const char *name)
{
	const int64_t now = instance_now().wall;
	struct stat st;

	return place_is_empty_file(dir, name) == 1 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		now - st.st_mtime > PROBE_AGE;
}

/* Counts the probes, up to PROBES_MAX. With clears, it deletes the probes that Nova has left, and does not count them.
 * Returns -1 if it cannot look. */
static int probes_count(const struct place *place, int dir, bool clears)
{
	OWN_FD int fd = root_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent64 *entry;
	struct directory names;
	int count = 0, more = 1;

	if (fd < 0)
		return -1;
	directory_begin(&names, fd);
	while (count < PROBES_MAX && (more = directory_next(&names, &entry)) == 1) {
		if (!is_probe(place, entry->d_name))
			continue;
		count += !clears || !is_left(dir, entry->d_name) || unlinkat(dir, entry->d_name, 0) != 0;
	}
	return more < 0 ? -1 : count;
}

/* True if there is no room for one more, or if we cannot tell. */
static bool has_many_probes(const struct place *place, int dir)
{
	int count = probes_count(place, dir, false);

	if (count == PROBES_MAX)
		count = probes_count(place, dir, true);
	return count < 0 || count == PROBES_MAX;
}

/* Nova's test for shared storage makes an empty file, and may make nothing else. */
static int make_probe(const struct place *place, const char *unused)
{
	const char *leaf;
	OWN_FD int dir = place_open_parent(place, &leaf);
	struct sealing sealing;
	OWN_FD int fd = -1;
	bool many;

	(void)unused;
	if (dir < 0)
		return BUILTIN_FAILED;
	if (place_is_empty_file(dir, leaf) == 1)
		return BUILTIN_DONE;
	seal_begin(&sealing, place_sealed(place), place->held);
	many = has_many_probes(place, dir);
	if (!many)
		fd = root_openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL, 0666);
	seal_end(&sealing);
	if (many)
		return BUILTIN_TOO_MANY_PROBES;
	return fd >= 0 ? BUILTIN_DONE : BUILTIN_FAILED;
}

static int touch_probe(const struct place *place)
{
	return place->turn < 0 ? make_probe(place, NULL) : place_in_turn(place, make_probe, NULL);
}

static int touch_directory(const struct place *place)
{
	OWN_FD int fd = place_open(place, place_inside(place), O_PATH | O_DIRECTORY, 0);

	if (fd < 0 || utimensat(fd, "", NULL, AT_EMPTY_PATH) != 0)
		return place_complain_of(place, "touch: setting times of");
	return 0;
}

int builtin_touch(const struct place *place)
{
	struct sealing sealing;
	OWN_FD int fd = -1;
	struct stat st;

	if (place->probe) {
		const int result = touch_probe(place);

		return result == BUILTIN_FAILED ? place_complain_of(place, "touch: cannot touch") : result;
	}
	seal_begin(&sealing, place_sealed(place), place->held);
	fd = place_open(place, place_inside(place), O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0666);
	seal_end(&sealing);
	if (fd < 0 && errno == EISDIR)
		return touch_directory(place);
	if (fd < 0 || fstat(fd, &st) != 0)
		return place_complain_of(place, "touch: cannot touch");
	if (st.st_nlink > 1) { /* the file has another name, with the same times */
		errno = EMLINK;
		return place_complain_of(place, "touch: cannot touch");
	}
	if (futimens(fd, NULL) != 0)
		return place_complain_of(place, "touch: setting times of");
	return 0;
}
