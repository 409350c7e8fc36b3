/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever tree a stream leaves in the mirror, a second reading of the tree finds the same request, only Nova's own
 * paths are allowed, nothing else changes, and nothing is left over.
 * The input is a line for the form and the path on its command line ("c" for rsync-create, "r REL" for
 * rsync-remove of what lies below the root), then what the stream does, a line each:
 *
 *	d PATH  make a directory	f PATH  make an empty file	w PATH  write a byte into a file
 *	l PATH  make a symlink		h PATH  link the first file	p PATH  make a FIFO
 *	u PATH  remove what is no directory	r PATH  remove a directory	m PATH  shut it
 *
 * It works in memory, below /dev/shm. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/path.h"
#include "policy/verdict.h"
#include "shell/removable.h"
#include "shell/mirror.c" /* to free its placeholders, which the shell keeps until it ends */
#include "tests/fuzz/must.h"
#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/sample.h"

enum {
	ACTS_MAX = 200,
	NAMES_MAX = 8,
};

struct placed {
	char name[64];
	bool directory;
	ino_t inode;
};

static char base[] = "/dev/shm/fuzz-mirror.XXXXXX";
static int base_fd, root_fd;
static struct placed placed[NAMES_MAX];
static unsigned placed_count;

static void file_make(int dir, const char *path, const char *content)
{
	const int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);

	if (fd < 0)
		return;
	MUST(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	close(fd);
}

/* Starts a process that removes base when we have ended, in whatever manner. */
static void base_guard(void)
{
	int ends[2];
	char byte;

	MUST(pipe2(ends, O_CLOEXEC) == 0);
	if (fork() != 0)
		return;
	close(ends[1]);
	(void)setsid(); /* no signal to our group reaches it */
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	execl("/bin/rm", "rm", "-rf", base, (char *)NULL);
	_exit(1);
}

/* Makes the instances root for rsync-remove. */
static void prepare(void)
{
	MUST(mkdtemp(base) != NULL);
	base_guard();
	base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(base_fd >= 0 && mkdirat(base_fd, "root", 0700) == 0);
	root_fd = openat(base_fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(root_fd >= 0 && mkdirat(root_fd, SAMPLE_UUID, 0700) == 0);
	MUST(mkdirat(root_fd, "11111111-1111-4111-8111-111111111111", 0700) == 0);
	MUST(mkdirat(root_fd, "12222222-2222-4222-8222-222222222222", 0700) == 0);
	MUST(mkdirat(root_fd, "_base", 0700) == 0 && symlinkat("_base", root_fd, "link") == 0);
	file_make(root_fd, SAMPLE_UUID "/disk", "disk");
	file_make(root_fd, SAMPLE_UUID "/disk.info", "");
	MUST(mkdirat(root_fd, SAMPLE_UUID "/vtpm", 0700) == 0);
	file_make(root_fd, "compute_nodes", "{}");
}

static bool has_dots(const char *path)
{
	for (const char *at = path; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (strcspn(at, "/") == 2 && at[0] == '.' && at[1] == '.')
			return true;
	}
	return false;
}

/* Makes a second name for the first file. */
static void link_make(int dir, const char *path)
{
	DIR *const stream = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	const struct dirent *entry;

	if (stream == NULL)
		return;
	while ((entry = readdir(stream)) != NULL && entry->d_type != DT_REG)
		;
	if (entry != NULL)
		(void)!linkat(dir, entry->d_name, dir, path, 0);
	closedir(stream);
}

static void byte_write(int dir, const char *path)
{
	OWN_FD int fd = root_openat(dir, path, O_WRONLY | O_NONBLOCK, 0);

	if (fd >= 0)
		(void)!write(fd, "x", 1);
}

/* One act of a stream, confined to the mirror as Landlock confines the child. */
static void act(int dir, char what, const char *path)
{
	if (path[0] == '/' || path[0] == '\0' || has_dots(path))
		return;
	if (what == 'd')
		(void)!mkdirat(dir, path, 0700);
	else if (what == 'f')
		file_make(dir, path, "");
	else if (what == 'w')
		byte_write(dir, path);
	else if (what == 'l')
		(void)!symlinkat("nowhere", dir, path);
	else if (what == 'h')
		link_make(dir, path);
	else if (what == 'p')
		(void)!mknodat(dir, path, S_IFIFO | 0600, 0);
	else if (what == 'u')
		(void)!unlinkat(dir, path, 0);
	else if (what == 'r')
		(void)!unlinkat(dir, path, AT_REMOVEDIR);
	else if (what == 'm')
		(void)!fchmodat(dir, path, 0, 0);
}

/* Reads at most two names of a directory. Returns their number, -1 if it cannot be read. */
static int names_of(int dir, char name[256])
{
	const int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int count = 0;

	if (stream == NULL)
		return -1;
	while ((entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && count++ == 0)
			strcpy(name, entry->d_name);
	closedir(stream);
	return count;
}

static bool is_left_empty(int dir, const char *file)
{
	struct stat st;

	return fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IFMT) == S_IFREG &&
		st.st_size == 0 && st.st_nlink == 1;
}

/* Reads a second time what a chain in the mirror asks for. */
static void expect_chain(struct asked *out, int mirror)
{
	int dir = dup(mirror);
	size_t len = 0;
	char name[256];

	*out = (struct asked){ .kind = MIRROR_OTHER, .op = OP_MKDIR };
	for (unsigned depth = 0; depth < 64; depth++) {
		const int count = names_of(dir, name);
		int below;

		if (count == 0)
			out->kind = depth == 0 ? MIRROR_NOTHING : MIRROR_ASKED;
		if (count != 1 || len + 1 + strlen(name) >= sizeof(out->path))
			break;
		len += (size_t)sprintf(out->path + len, "/%s", name);
		below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0) {
			if (is_left_empty(dir, name)) {
				out->kind = MIRROR_ASKED;
				out->op = OP_TOUCH;
			}
			break;
		}
		close(dir);
		dir = below;
	}
	close(dir);
}

static bool is_as_placed(int mirror, const struct placed *one)
{
	char below[256];
	struct stat st;
	int fd, count;

	if (fstatat(mirror, one->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	if (!one->directory)
		return st.st_ino == one->inode && is_left_empty(mirror, one->name);
	if (!S_ISDIR(st.st_mode) || fchmodat(mirror, one->name, 0700, 0) != 0)
		return false;
	fd = openat(mirror, one->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	count = names_of(fd, below);
	close(fd);
	return count == 0;
}

static void expect_vanished(struct asked *out, int mirror, const char *origin)
{
	unsigned gone = 0, there = 0;
	char left[256];
	struct stat st;

	*out = (struct asked){ .kind = MIRROR_OTHER };
	for (unsigned i = 0; i < placed_count; i++) {
		if (is_as_placed(mirror, &placed[i])) {
			there++;
		} else if (fstatat(mirror, placed[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			return;
		} else {
			gone++;
			out->op = placed[i].directory ? OP_RMDIR : OP_REMOVE;
			snprintf(out->path, sizeof(out->path), "%s/%s", origin, placed[i].name);
		}
	}
	if (gone <= 1 && names_of(mirror, left) == (int)there)
		out->kind = gone == 0 ? MIRROR_NOTHING : MIRROR_ASKED;
}

static void remember(int mirror)
{
	DIR *const stream = fdopendir(openat(mirror, ".", O_RDONLY | O_DIRECTORY));
	const struct dirent *entry;
	struct stat st;

	MUST(stream != NULL);
	placed_count = 0;
	while ((entry = readdir(stream)) != NULL) {
		struct placed *const one = &placed[placed_count];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		MUST(placed_count++ < NAMES_MAX);
		MUST(fstatat(mirror, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0);
		snprintf(one->name, sizeof(one->name), "%s", entry->d_name);
		one->directory = S_ISDIR(st.st_mode);
		one->inode = st.st_ino;
	}
	closedir(stream);
}

static bool is_probe(const char *below)
{
	if (strlen(below) != UUID_LEN + 1 + PROBE_HEX_LEN + 4 || below[UUID_LEN] != '/')
		return false;
	return path_is_uuid(below, UUID_LEN) && strspn(below + UUID_LEN + 1, "0123456789abcdef") == PROBE_HEX_LEN &&
		strcmp(below + UUID_LEN + 1 + PROBE_HEX_LEN, ".tmp") == 0;
}

/* Nova's layout, stated again. */
static void check_verdict(enum form_id form, const struct asked *asked)
{
	const struct config config = both_transports();
	const struct verdict verdict = verdict_decide_stream(&config, form, asked->op, asked->path);
	const char *const below = asked->path + strlen(SAMPLE_ROOT "/");
	bool may = strncmp(asked->path, SAMPLE_ROOT "/", strlen(SAMPLE_ROOT "/")) == 0;

	if (form == FORM_RSYNC_CREATE)
		may = may && (asked->op == OP_TOUCH ? is_probe(below) : path_is_uuid(below, strlen(below)));
	else if (asked->op == OP_RMDIR)
		may = may && path_is_uuid(below, strlen(below));
	else
		may = may && strlen(below) > UUID_LEN + 1 && below[UUID_LEN] == '/' && path_is_uuid(below, UUID_LEN) &&
			below[UUID_LEN + 1] != '.' && path_is_plain(asked->path) && path_is_bounded(asked->path, below);
	MUST((verdict.kind == VERDICT_ALLOW) == may);
}

static unsigned entries_of(int dir, unsigned depth)
{
	const int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	unsigned count = 0;

	if (stream == NULL || depth > 64)
		count = 1000000; /* an unreadable directory counts as the maximum */
	while (stream != NULL && depth <= 64 && (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		if (entry->d_type == DT_DIR) {
			const int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			count += below < 0 ? 1000000 : entries_of(below, depth + 1);
			if (below >= 0)
				close(below);
		}
	}
	if (stream != NULL)
		closedir(stream);
	return count;
}

static void play(int mirror, char *text)
{
	unsigned acts = 0;

	for (char *line; (line = strsep(&text, "\n")) != NULL && acts < ACTS_MAX; acts++)
		if (line[0] != '\0' && line[1] == ' ')
			act(mirror, line[0], line + 2);
}

/* As with claims off: every empty instance, and every file of one. */
static void fill(struct mirror *mirror, const char *rel, const char *origin)
{
	static struct config config;
	const struct roots roots = { .count = 1, .fd = { root_fd } };
	const struct request request = { .peer = "-", .key = "-" };
	const struct query query = { .config = &config, .roots = &roots, .request = &request, .instance = -1 };
	struct verdict verdict = { .form = FORM_RSYNC_REMOVE, .op = OP_STREAM, .path = origin, .rel = rel };
	struct fault fault;

	config = both_transports();
	config.claims_mode = CLAIMS_OFF;
	strcpy(verdict.instance, rel);
	MUST(removable_show(mirror, &query, &verdict, &fault) == 0);
}

/* Placeholders exist only for names that may be removed. */
static void check_placed(const char *rel)
{
	for (unsigned i = 0; i < placed_count; i++)
		if (rel[0] == '\0')
			MUST(placed[i].directory && placed[i].name[0] == '1');
		else
			MUST(!placed[i].directory && strncmp(placed[i].name, "disk", 4) == 0);
	MUST(placed_count == 2);
}

static void check_stream(const char *rel, char *acts)
{
	struct mirror mirror = { .parent = openat(base_fd, ".", O_RDONLY | O_DIRECTORY), .name = "mirror" };
	const enum form_id form = rel == NULL ? FORM_RSYNC_CREATE : FORM_RSYNC_REMOVE;
	static struct asked asked, expected;
	char origin[CMD_MAX], left[256];

	MUST(mirror.parent >= 0 && mkdirat(mirror.parent, mirror.name, 0700) == 0);
	mirror.fd = openat(mirror.parent, mirror.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	MUST(mirror.fd >= 0);
	if (rel != NULL) {
		snprintf(origin, sizeof(origin), SAMPLE_ROOT "%s%s", rel[0] == '\0' ? "" : "/", rel);
		fill(&mirror, rel, origin);
		remember(mirror.fd);
		check_placed(rel);
	}
	play(mirror.fd, acts);
	MUST(mirror_is_overgrown(&mirror) == (entries_of(mirror.fd, 0) >= 128 + (rel != NULL ? placed_count : 0)));
	if (rel != NULL)
		expect_vanished(&expected, mirror.fd, origin);
	else
		expect_chain(&expected, mirror.fd);
	mirror_read(&asked, &mirror);
	MUST(asked.kind == expected.kind);
	if (asked.kind == MIRROR_ASKED) {
		MUST(asked.op == expected.op && strcmp(asked.path, expected.path) == 0);
		check_verdict(form, &asked);
	}
	MUST(mirror.fd == -1 && mirror.parent == -1);
	MUST(names_of(base_fd, left) == 1 && strcmp(left, "root") == 0);
	if (mirror.placeholders != NULL)
		free(mirror.placeholders->store);
	free(mirror.placeholders);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	char *const text = malloc(size + 1);
	char *acts = text;
	const char *head;

	MUST(text != NULL);
	if (!ready)
		prepare();
	ready = true;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	head = strsep(&acts, "\n");
	if (acts != NULL && strcmp(head, "c") == 0)
		check_stream(NULL, acts);
	else if (acts != NULL && strcmp(head, "r ") == 0)
		check_stream("", acts);
	else if (acts != NULL && strcmp(head, "r " SAMPLE_UUID) == 0)
		check_stream(SAMPLE_UUID, acts);
	free(text);
	return 0;
}
