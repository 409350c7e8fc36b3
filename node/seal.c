/* SPDX-License-Identifier: Apache-2.0 */
#include "node/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
	TEXT_MAX = 64,
	TRIES_MAX = 16,
};

/* Writes the seal of a directory as it is now. Returns its length, or 0 and errno. */
static size_t seal_text(char text[TEXT_MAX], int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	return (size_t)snprintf(text, TEXT_MAX, "1 %lld %ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Another of our processes may change the directory between the look and the write: then writes the new time. */
int seal_set(int fd)
{
	char text[TEXT_MAX], now[TEXT_MAX];
	size_t len = seal_text(text, fd);

	for (unsigned i = 0; len != 0 && i < TRIES_MAX; i++) {
		if (fsetxattr(fd, SEAL_ATTRIBUTE, text, len, 0) != 0)
			return -1;
		len = seal_text(now, fd);
		if (len == 0 || strcmp(text, now) == 0)
			break;
		strcpy(text, now);
	}
	return len == 0 ? -1 : 0;
}

struct look {
	ssize_t sealed_len;
	char sealed[TEXT_MAX], now[TEXT_MAX];
};

/* Does the seal differ? True if it cannot look: that counts against the peer. */
static bool differs(struct look *out, int fd)
{
	memset(out, 0, sizeof(*out));
	out->sealed_len = fgetxattr(fd, SEAL_ATTRIBUTE, out->sealed, sizeof(out->sealed) - 1);
	if (out->sealed_len < 0)
		return errno != ENODATA && errno != EOPNOTSUPP;
	return seal_text(out->now, fd) != (size_t)out->sealed_len ||
		memcmp(out->sealed, out->now, (size_t)out->sealed_len) != 0;
}

static bool is_claimed(int fd)
{
	return fgetxattr(fd, CLAIM_ATTRIBUTE, NULL, 0) > 0;
}

/* If there is no room for a seal, a peer must still be able to remove its files. */
static int time_restore(int fd, const struct look *look)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 0 } };
	long long seconds;

	if (sscanf(look->sealed, "1 %lld %ld", &seconds, &times[1].tv_nsec) != 2)
		return -1;
	times[1].tv_sec = seconds;
	return futimens(fd, times);
}

void seal_renew(int fd)
{
	struct look look;

	if (is_claimed(fd) && differs(&look, fd) && look.sealed_len >= 0 && seal_set(fd) != 0)
		(void)!time_restore(fd, &look);
}

static void lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

void seal_hold(int fd)
{
	lock(fd, F_RDLCK);
}

/* The question locks nothing, so two processes that judge at once do not see each other as holders. */
static bool is_held(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/* A process that holds the directory judged it, and will seal it. If it ended before the question, the seal is another
 * after it. */
static bool is_broken(int fd)
{
	struct look before, after;

	for (unsigned i = 0; i < TRIES_MAX; i++) {
		if (!differs(&before, fd) || is_held(fd))
			return false;
		if (differs(&after, fd) && memcmp(&before, &after, sizeof(before)) == 0)
			return true;
	}
	return true;
}

enum claim_state seal_judge(int fd, enum claim_state state)
{
	return (state == CLAIM_OWN || state == CLAIM_GRACE) && is_broken(fd) ? CLAIM_CHANGED : state;
}

void seal_begin(struct sealing *out, int fd, bool held)
{
	*out = (struct sealing){ .fd = fd, .seals = fd >= 0 && is_claimed(fd) };
	if (held || !out->seals)
		return;
	out->holds = out->seals = !is_broken(fd);
	if (out->holds)
		seal_hold(fd);
}

void seal_end(const struct sealing *sealing)
{
	const int err = errno;

	if (sealing->seals)
		seal_renew(sealing->fd);
	if (sealing->holds)
		lock(sealing->fd, F_UNLCK);
	errno = err;
}
