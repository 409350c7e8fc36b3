/* SPDX-License-Identifier: Apache-2.0 */
#include "node/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/root.h"

enum {
	DEPTH_MAX = 64,
	ENTRIES_MAX = 20000, /* in an instance; one of Nova has some twenty */
};

/* Looks at one entry. Returns 1 to end the walk with that answer, 0 to go on, -1 and errno to fail. */
typedef int look_fn(int dir, const char *name, const struct stat *st);

int instance_open(int root, const char *uuid)
{
	return root_openat(root, uuid, O_RDONLY | O_DIRECTORY, 0);
}

struct walk {
	look_fn *look;
	unsigned depth, entries;
};

static int walk_directory(int fd, struct walk *walk);

static int walk_entry(int dir, const char *name, struct walk *walk)
{
	struct stat st;
	int answer;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	answer = walk->look(dir, name, &st);
	if (answer != 0 || !S_ISDIR(st.st_mode))
		return answer;
	OWN_FD int fd = instance_open(dir, name);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	walk->depth++;
	answer = walk_directory(fd, walk);
	walk->depth--;
	return answer;
}

static int walk_directory(int fd, struct walk *walk)
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	if (walk->depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1) {
		int answer;

		if (++walk->entries > ENTRIES_MAX) {
			errno = E2BIG;
			return -1;
		}
		answer = walk_entry(fd, entry->d_name, walk);
		if (answer != 0)
			return answer;
	}
	return more;
}

/* Looks at each entry below fd until look ends the walk. Returns as look, and -1 if there are too many entries. */
static int walk(int fd, look_fn *look)
{
	struct walk walk = { .look = look };
	/* Another process may read the same open directory: each would miss the names that the other got. */
	OWN_FD int own = instance_open(fd, ".");

	return own < 0 ? -1 : walk_directory(own, &walk);
}

static int is_linked(int dir, const char *name, const struct stat *st)
{
	(void)dir;
	(void)name;
	return S_ISREG(st->st_mode) && st->st_nlink > 1;
}

bool instance_has_hardlink(int fd)
{
	return walk(fd, is_linked) != 0;
}

/* Would a write lock meet a lock of another process? The question locks nothing. */
int instance_file_is_locked(int dir, const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	OWN_FD int fd = root_openat(dir, name, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) != 0)
		return errno == ENOENT ? 0 : -1;
	return lock.l_type != F_UNLCK;
}

static int lives_here(int dir, const char *name, const struct stat *st)
{
	if (st->st_uid != geteuid())
		return 1;
	return S_ISREG(st->st_mode) ? instance_file_is_locked(dir, name) : 0;
}

static bool is_own(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == geteuid();
}

int instance_life(int fd)
{
	return is_own(fd) ? walk(fd, lives_here) : 1;
}

bool instance_is_busy(int fd)
{
	return instance_life(fd) != 0;
}

static int has_writer(int dir, const char *name, const struct stat *st)
{
	OWN_FD int fd = S_ISREG(st->st_mode) ? root_openat(dir, name, O_RDONLY | O_NONBLOCK, 0) : -1;

	if (fd < 0)
		return S_ISREG(st->st_mode) && errno != ENOENT;
	return fcntl(fd, F_SETLEASE, F_RDLCK) != 0 || fcntl(fd, F_SETLEASE, F_UNLCK) != 0;
}

bool instance_has_writer(int fd)
{
	return walk(fd, has_writer) != 0;
}

int instance_file_of_running(int root, const char *rel)
{
	OWN_FD int file = root_openat(root, rel, O_PATH, 0);
	char uuid[UUID_LEN + 1] = "";
	OWN_FD int instance = -1;
	struct stat st;

	if (file < 0 || fstat(file, &st) != 0)
		return -1;
	memcpy(uuid, rel, UUID_LEN);
	instance = instance_open(root, uuid);
	if (instance < 0)
		return -1;
	errno = ENOENT;
	return S_ISREG(st.st_mode) && instance_is_busy(instance) ? fd_take(&file) : -1;
}

struct moment instance_now(void)
{
	struct timespec wall = { 0, 0 }, boot = { 0, 0 }; /* earlier than every claim, if a clock fails */

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct moment){ wall.tv_sec, boot.tv_sec };
}

bool instance_claim_read(struct claim *out, int fd)
{
	char text[CLAIM_TEXT_MAX];
	const ssize_t len = fgetxattr(fd, CLAIM_ATTRIBUTE, text, sizeof(text));

	if (len >= 0 && claim_parse(out, (struct bytes){ text, (size_t)len }))
		return true;
	if (len >= 0)
		errno = EBADMSG;
	else if (errno == EOPNOTSUPP)
		errno = ENODATA;
	return false;
}

enum claim_state instance_claim(int fd, const struct config *config, const struct request *request, bool deep)
{
	struct claim claim;
	enum claim_state state;

	if (!instance_claim_read(&claim, fd))
		return errno == ENODATA ? CLAIM_NONE : CLAIM_OTHER;
	state = claim_judge(
		&claim, config->claims_identity, request, config->claims_window, config->claims_grace, instance_now());
	if ((state == CLAIM_OWN || state == CLAIM_GRACE) && deep && instance_is_busy(fd))
		return CLAIM_BUSY;
	return state;
}

bool instance_is_empty(int fd)
{
	struct directory names;
	const struct dirent64 *entry;

	directory_begin(&names, fd);
	return directory_next(&names, &entry) == 0;
}

bool instance_is_stale(int fd, const struct config *config)
{
	const bool sooner = config->claims_empty_window < config->claims_window;
	const int64_t window = sooner ? config->claims_empty_window : config->claims_window;
	struct claim claim;

	return instance_claim_read(&claim, fd) && claim_is_over(&claim, window, instance_now()) && is_own(fd) &&
		instance_is_empty(fd);
}

bool instance_is_claimed(int root, const char *uuid, const struct config *config)
{
	OWN_FD int fd = instance_open(root, uuid);
	struct claim claim;

	return fd >= 0 && instance_claim_read(&claim, fd) &&
		!claim_is_over(&claim, config->claims_window, instance_now());
}

int instance_claim_text(char text[CLAIM_TEXT_MAX], const struct request *request, struct fault *fault)
{
	struct claim claim = { .made = instance_now() };

	strcpy(claim.peer, request_peer(request));
	strcpy(claim.key, request->key);
	if (claim_write(text, &claim) == 0)
		return fault_set(fault, REASON_INTERNAL, "cannot write the claim", 0, request->peer);
	return 0;
}
