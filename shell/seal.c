#include "shell/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
	TEXT_MAX = 64,
	TRIES_MAX = 16,
};

/* The value of the seal of a directory as it is now. Returns its length, 0 and errno if it cannot be told. */
static size_t seal_text(char text[TEXT_MAX], int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	return (size_t)snprintf(text, TEXT_MAX, "1 %lld %ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Another of our processes may change the directory between the look and the write: then its time is written. */
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

/* What cannot be told counts against the peer. */
static bool differs(int fd)
{
	char sealed[TEXT_MAX], now[TEXT_MAX];
	const ssize_t len = fgetxattr(fd, SEAL_ATTRIBUTE, sealed, sizeof(sealed));

	if (len < 0)
		return errno != ENODATA && errno != EOPNOTSUPP;
	return seal_text(now, fd) != (size_t)len || memcmp(sealed, now, (size_t)len) != 0;
}

static bool is_claimed(int fd)
{
	return fgetxattr(fd, CLAIM_ATTRIBUTE, NULL, 0) > 0;
}

static bool is_sealed(int fd)
{
	return fgetxattr(fd, SEAL_ATTRIBUTE, NULL, 0) > 0;
}

void seal_renew(int fd)
{
	if (is_claimed(fd) && (differs(fd) || !is_sealed(fd)))
		(void)!seal_set(fd);
}

/* Whoever holds the directory has judged it, and will seal it. The lock is tried only where the seal differs: it would
 * turn away a session that begins at the same moment. */
static bool is_broken(int fd)
{
	bool broken;

	if (!differs(fd) || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	broken = differs(fd);
	(void)flock(fd, LOCK_UN);
	return broken;
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
	out->unlocks = !is_broken(fd) && flock(fd, LOCK_SH | LOCK_NB) == 0;
	out->seals = out->unlocks;
}

void seal_end(const struct sealing *sealing)
{
	const int err = errno;

	if (sealing->seals)
		seal_renew(sealing->fd);
	if (sealing->unlocks)
		(void)flock(sealing->fd, LOCK_UN);
	errno = err;
}
