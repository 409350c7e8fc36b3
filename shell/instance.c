#include "shell/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "shell/directory.h"
#include "shell/own.h"
#include "shell/root.h"

enum {
	DEPTH_MAX = 64,
};

/* Looks at one entry: 1 ends the walk with that answer, 0 goes on, -1 and errno fails it. */
typedef int look_fn(int dir, const char *name, const struct stat *st);

int instance_open(int root, const char *uuid)
{
	return root_openat(root, uuid, O_RDONLY | O_DIRECTORY, 0);
}

static int walk(int fd, look_fn *look, unsigned depth);

static int walk_entry(int dir, const char *name, look_fn *look, unsigned depth)
{
	struct stat st;
	int answer;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	answer = look(dir, name, &st);
	if (answer != 0 || !S_ISDIR(st.st_mode))
		return answer;
	OWN_FD int fd = instance_open(dir, name);

	return fd < 0 ? -1 : walk(fd, look, depth + 1);
}

static int walk(int fd, look_fn *look, unsigned depth)
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1) {
		const int answer = walk_entry(fd, entry->d_name, look, depth);

		if (answer != 0)
			return answer;
	}
	return more;
}

static int is_linked(int dir, const char *name, const struct stat *st)
{
	(void)dir;
	(void)name;
	return S_ISREG(st->st_mode) && st->st_nlink > 1;
}

bool instance_has_hardlink(int fd)
{
	return walk(fd, is_linked, 0) != 0;
}

/* Would a write lock meet any lock that another holds? Nothing is locked by asking. */
static int is_locked(int dir, const char *name)
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
	return S_ISREG(st->st_mode) ? is_locked(dir, name) : 0;
}

bool instance_is_busy(int fd)
{
	return walk(fd, lives_here, 0) != 0;
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
	struct timespec wall = { 0, 0 }, boot = { 0, 0 }; /* before every claim, should a clock fail */

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct moment){ wall.tv_sec, boot.tv_sec };
}

enum claim_state instance_claim_read(struct claim *out, int fd)
{
	char text[CLAIM_TEXT_MAX];
	const ssize_t len = fgetxattr(fd, CLAIM_ATTRIBUTE, text, sizeof(text));

	if (len < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? CLAIM_NONE : CLAIM_OTHER;
	return claim_parse(out, (struct bytes){ text, (size_t)len }) ? CLAIM_OWN : CLAIM_OTHER;
}

enum claim_state instance_claim(int fd, const struct config *config, const struct request *request,
	bool deep)
{
	struct claim claim;
	enum claim_state state = instance_claim_read(&claim, fd);

	if (state != CLAIM_OWN)
		return state;
	state = claim_judge(&claim, config->claims_identity, request, config->claims_window, instance_now());
	if (state == CLAIM_OWN && deep && instance_is_busy(fd))
		return CLAIM_BUSY;
	return state;
}

bool instance_is_claimed(int root, const char *uuid, const struct config *config)
{
	OWN_FD int fd = instance_open(root, uuid);
	struct claim claim;

	return fd >= 0 && instance_claim_read(&claim, fd) == CLAIM_OWN &&
		!claim_is_over(&claim, config->claims_window, instance_now());
}

int instance_claim_text(char text[CLAIM_TEXT_MAX], const struct request *request, struct fault *fault)
{
	struct claim claim = { .made = instance_now() };

	strcpy(claim.peer, request->peer);
	strcpy(claim.key, request->key);
	if (claim_write(text, &claim) == 0)
		return fault_set(fault, REASON_INTERNAL, "cannot write the claim", 0, request->peer);
	return 0;
}
