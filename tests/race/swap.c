/* SPDX-License-Identifier: Apache-2.0 */
/* swap: lets a place be something else, and itself again, all the time.
 * Takes:   COUNTER CPU DWELL PLACE WINGS REAL KIND..., run as the user whose place it is. COUNTER is a file of
 *          8 bytes in which each swap is counted, CPU what to run on (-1: any), DWELL the most microseconds that
 *          a state lasts. WINGS is a directory of ours on the same file system, in which what is not at PLACE
 *          waits. REAL says what PLACE is when it is itself: "file" or "directory", made again when somebody
 *          took it away, or "any", which others make.
 *          KIND is link=TARGET, directory or directory=PATH (trade places with that one), fifo, or nothing.
 * Gives:   after SIGTERM, with PLACE and PATH back, {"KIND": swaps, ...} on stdout.
 * Fails:   with 2 when it was called wrongly. Whatever others do to PLACE meanwhile fails nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SLEEP_NS = 200000, /* from here on a sleep is exact enough */
};

enum kind { KIND_LINK, KIND_DIRECTORY, KIND_FIFO, KIND_NOTHING };

/* Something that waits for its turn at the place. */
struct wing {
	enum kind kind;
	const char *word, *target;
	char path[4096];
	ino_t inode; /* of a directory of somebody else's, 0 for one of ours */
	int fifo;
	uint64_t swaps;
};

struct place {
	const char *path;
	mode_t real; /* S_IFREG, S_IFDIR, 0 for what others make */
	unsigned dwell;
	volatile uint64_t *counter;
};

static volatile sig_atomic_t over;

static void on_term(int number)
{
	(void)number;
	over = 1;
}

/* xorshift: how long each state lasts. */
static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Short times awake: a sleep would last longer than an act does. */
static void dwell(const struct place *place)
{
	const int64_t wait = (int64_t)(next_random() % (place->dwell + 1)) * 1000;
	const int64_t until = now_ns() + wait;

	if (wait >= SLEEP_NS)
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = wait }, NULL);
	while (now_ns() < until && !over)
		;
}

/* Takes a tree away, through no link. */
static void discard(int dir, const char *name)
{
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	DIR *const names = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (names == NULL) {
		(void)unlinkat(dir, name, 0);
		return;
	}
	while ((entry = readdir(names)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			discard(fd, entry->d_name);
	closedir(names);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
}

static void file_make(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	(void)!write(fd, "real", 4);
	close(fd);
}

/* With the names in it that the acts ask for. */
static void directory_make(const char *path)
{
	char below[8192];

	if (mkdir(path, 0755) != 0)
		return;
	snprintf(below, sizeof(below), "%s/file", path);
	file_make(below);
	snprintf(below, sizeof(below), "%s/d", path);
	if (mkdir(below, 0755) != 0)
		return;
	snprintf(below, sizeof(below), "%s/d/file", path);
	file_make(below);
}

static mode_t type_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_ino : 0;
}

static mode_t type_wanted(const struct wing *wing)
{
	static const mode_t types[] = { S_IFLNK, S_IFDIR, S_IFIFO, 0 };

	return types[wing->kind];
}

static void fifo_make(struct wing *wing)
{
	static char junk[4096];

	if (type_of(wing->path) != S_IFIFO && mkfifo(wing->path, 0644) == 0) {
		if (wing->fifo >= 0)
			close(wing->fifo);
		wing->fifo = open(wing->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (wing->fifo < 0)
		return;
	/* Open at both ends, never empty and never full: nobody must wait at it for ever. */
	while (read(wing->fifo, junk, sizeof(junk)) > 0)
		;
	(void)!write(wing->fifo, junk, sizeof(junk));
}

/* Whatever an act has done to it: there it is again. */
static void wing_make(struct wing *wing)
{
	const mode_t type = type_of(wing->path);

	if (type != 0 && type != type_wanted(wing) && wing->inode == 0)
		discard(AT_FDCWD, wing->path);
	if (wing->kind == KIND_LINK)
		(void)!symlink(wing->target, wing->path);
	else if (wing->kind == KIND_FIFO)
		fifo_make(wing);
	else if (wing->kind == KIND_DIRECTORY && wing->inode == 0)
		directory_make(wing->path);
}

static void place_make(const struct place *place)
{
	const mode_t type = type_of(place->path);

	if (type != 0 && (type == S_IFLNK || type == S_IFIFO || (place->real != 0 && type != place->real)))
		discard(AT_FDCWD, place->path);
	if (place->real == S_IFREG)
		file_make(place->path);
	else if (place->real == S_IFDIR)
		directory_make(place->path);
}

static int move(const struct place *place, struct wing *wing, const char *from, const char *to, unsigned flags)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) != 0)
		return -1;
	wing->swaps++;
	(*place->counter)++;
	return 0;
}

/* What is there gives way; where nothing is, it comes all the same. */
static int go_in(const struct place *place, struct wing *wing)
{
	if (wing->kind == KIND_NOTHING)
		return move(place, wing, place->path, wing->path, RENAME_NOREPLACE);
	if (move(place, wing, wing->path, place->path, RENAME_EXCHANGE) == 0)
		return 0;
	return move(place, wing, wing->path, place->path, RENAME_NOREPLACE);
}

/* An operation may have deleted the file, or replaced it. */
static void go_out(const struct place *place, struct wing *wing)
{
	if (wing->kind != KIND_NOTHING && type_of(wing->path) == 0) {
		(void)move(place, wing, place->path, wing->path, RENAME_NOREPLACE);
		return;
	}
	if (move(place, wing, wing->path, place->path, RENAME_NOREPLACE) != 0)
		(void)move(place, wing, wing->path, place->path, RENAME_EXCHANGE);
	if (wing->kind == KIND_NOTHING)
		discard(AT_FDCWD, wing->path);
	else if (wing->inode != 0 && inode_of(place->path) == wing->inode)
		(void)move(place, wing, place->path, wing->path, RENAME_EXCHANGE);
}

static void swap(const struct place *place, struct wing *wing)
{
	wing_make(wing);
	place_make(place);
	if (go_in(place, wing) != 0)
		return;
	dwell(place);
	go_out(place, wing);
	dwell(place);
}

static int wing_read(struct wing *out, char *word, const char *wings, int number)
{
	static const struct {
		const char *word;
		enum kind kind;
	} kinds[] = {
		{ "link", KIND_LINK },
		{ "directory", KIND_DIRECTORY },
		{ "fifo", KIND_FIFO },
		{ "nothing", KIND_NOTHING },
	};
	char *const target = strchr(word, '=');

	*out = (struct wing){ .word = word, .target = target != NULL ? target + 1 : NULL, .fifo = -1 };
	if (target != NULL)
		*target = '\0';
	snprintf(out->path, sizeof(out->path), "%s/%d", wings, number);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].word) != 0)
			continue;
		out->kind = kinds[i].kind;
		if (out->kind == KIND_DIRECTORY && target != NULL) {
			snprintf(out->path, sizeof(out->path), "%s", out->target);
			out->inode = inode_of(out->path);
		}
		return (out->kind == KIND_LINK) == (target != NULL) || out->inode != 0 ? 0 : -1;
	}
	return -1;
}

static void print(const struct wing *wings, int count)
{
	printf("{");
	for (int i = 0; i < count; i++)
		printf("%s\"%s%s%s\": %" PRIu64, i == 0 ? "" : ", ", wings[i].word, wings[i].target == NULL ? "" : "=",
			wings[i].target == NULL ? "" : wings[i].target, wings[i].swaps);
	printf("}\n");
}

static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	if (cpu < 0)
		return;
	CPU_SET((size_t)cpu, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char *argv[])
{
	enum {
		KINDS_AT = 7,
		KINDS_MAX = 16,
	};
	static struct wing wings[KINDS_MAX];
	const int count = argc - KINDS_AT;
	struct place place;
	int counter;

	if (count < 1 || count > KINDS_MAX)
		return 2;
	counter = open(argv[1], O_RDWR | O_CLOEXEC);
	place = (struct place){
		.path = argv[4],
		.real = strcmp(argv[6], "file") == 0	    ? S_IFREG
			: strcmp(argv[6], "directory") == 0 ? S_IFDIR
							    : 0,
		.dwell = (unsigned)strtoul(argv[3], NULL, 10),
		.counter = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, counter, 0),
	};
	if (counter < 0 || place.counter == MAP_FAILED)
		return 2;
	for (int i = 0; i < count; i++)
		if (wing_read(&wings[i], argv[KINDS_AT + i], argv[5], i) != 0)
			return 2;
	stay_on((int)strtol(argv[2], NULL, 10));
	signal(SIGTERM, on_term);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody else would end us */
	for (unsigned turn = 0; !over; turn++)
		swap(&place, &wings[turn % (unsigned)count]);
	place_make(&place);
	print(wings, count);
	return 0;
}
