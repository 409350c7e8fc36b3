/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "node/instance.h"
#include "tests/unit/skip.h"

enum {
	NOBODY = 65534,
};

/* An instance directory with a file and a directory in it, of a user who is not root. */
static char base[64];
static int root, instance;

static int file_make(int dir, const char *name)
{
	const int fd = openat(dir, name, O_RDWR | O_CREAT, 0644);

	cr_assert(fd >= 0);
	return fd;
}

static void set_up(void)
{
	if (geteuid() == 0)
		cr_assert(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	strcpy(base, "/var/tmp/instance.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	root = open(base, O_RDONLY | O_DIRECTORY);
	cr_assert_eq(mkdirat(root, "i", 0755), 0);
	cr_assert_eq(mkdirat(root, "i/d", 0755), 0);
	close(file_make(root, "outside"));
	close(file_make(root, "i/disk"));
	close(file_make(root, "i/d/disk"));
	instance = instance_open(root, "i");
	cr_assert(instance >= 0);
}

static void tear_down(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", base);
	cr_assert_eq(system(line), 0);
}

/* As QEMU does: a lock that belongs to an open file, here to one of ours. */
static int lock(const char *name, short type)
{
	const int fd = file_make(root, name);
	struct flock region = { .l_type = type, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };

	cr_assert_eq(fcntl(fd, F_OFD_SETLK, &region), 0);
	return fd;
}

Test(instance, at_rest_is_not_busy, .init = set_up, .fini = tear_down)
{
	cr_expect_not(instance_is_busy(instance));
	cr_expect_not(instance_has_hardlink(instance));
}

Test(instance, is_busy_while_any_file_in_it_is_locked, .init = set_up, .fini = tear_down)
{
	static const char *const names[] = { "i/disk", "i/d/disk" };
	static const short types[] = { F_RDLCK, F_WRLCK };

	for (size_t i = 0; i < 4; i++) {
		const int fd = lock(names[i / 2], types[i % 2]);

		cr_expect(instance_is_busy(instance), "%s", names[i / 2]);
		close(fd);
		cr_expect_not(instance_is_busy(instance));
	}
}

/* What cannot be looked at may be anything. */
Test(instance, is_busy_where_it_cannot_be_looked_at, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(fchmodat(root, "i/d/disk", 0, 0), 0);
	cr_expect(instance_is_busy(instance));
	cr_assert_eq(fchmodat(root, "i/d/disk", 0644, 0), 0);
	cr_expect_not(instance_is_busy(instance));
	cr_assert_eq(fchmodat(root, "i/d", 0, 0), 0);
	cr_expect(instance_is_busy(instance));
	cr_expect(instance_has_hardlink(instance));
	cr_assert_eq(fchmodat(root, "i/d", 0755, 0), 0);
}

Test(instance, is_busy_where_it_is_too_deep_to_look_at, .init = set_up, .fini = tear_down)
{
	int dir = dup(instance);

	for (unsigned depth = 0; depth < 100; depth++) {
		cr_assert(mkdirat(dir, "deep", 0755) == 0);
		const int below = openat(dir, "deep", O_RDONLY | O_DIRECTORY);

		close(dir);
		dir = below;
	}
	close(dir);
	cr_expect(instance_is_busy(instance));
	cr_expect(instance_has_hardlink(instance));
}

/* So many that it takes long to look at them: no instance of Nova's is like that. */
Test(instance, is_busy_where_it_is_too_large_to_look_at, .init = set_up, .fini = tear_down)
{
	enum {
		THERE = 3,
		MOST = 20000,
	};
	char name[32];

	cr_assert_eq(mkdirat(root, "i/many", 0755), 0);
	for (unsigned i = 0; i < MOST - THERE - 1; i++) {
		snprintf(name, sizeof(name), "i/many/%u", i);
		cr_assert_eq(mknodat(root, name, S_IFREG | 0644, 0), 0);
	}
	cr_expect_not(instance_is_busy(instance));
	cr_expect_not(instance_has_hardlink(instance));
	close(file_make(root, "i/d/one-more"));
	close(file_make(root, "i/two-more"));
	cr_expect(instance_is_busy(instance));
	cr_expect(instance_has_hardlink(instance));
}

Test(instance, has_a_hard_link_wherever_it_lies, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(linkat(root, "outside", root, "i/d/link", 0), 0);
	cr_expect(instance_has_hardlink(instance));
}

/* A link is nothing that is in the instance: what it leads to is neither looked at nor counted. */
Test(instance, is_not_what_a_link_in_it_leads_to, .init = set_up, .fini = tear_down)
{
	int fd;

	cr_assert_eq(linkat(root, "outside", root, "outside2", 0), 0);
	cr_assert_eq(symlinkat("../outside", root, "i/link"), 0);
	cr_assert_eq(symlinkat("..", root, "i/up"), 0);
	fd = lock("outside", F_WRLCK);
	cr_expect_not(instance_is_busy(instance));
	cr_expect_not(instance_has_hardlink(instance));
	close(fd);
}

/* 0 if the claim is read, else errno; what it means to a peer goes along. */
static int read_back(const void *text, size_t len, enum claim_state *state)
{
	const struct request other = { .peer = "192.0.2.8", .key = "-" };
	struct config config;
	struct claim claim;

	config_default(&config);
	cr_assert_eq(fsetxattr(instance, CLAIM_ATTRIBUTE, text, len, 0), 0);
	*state = instance_claim(instance, &config, &other, false);
	return instance_claim_read(&claim, instance) ? 0 : errno;
}

/* What is there and is no claim is somebody else's, never nobody's. */
Test(instance, is_another_s_where_its_claim_cannot_be_read, .init = set_up, .fini = tear_down)
{
	static const char long_one[2 * CLAIM_TEXT_MAX];
	const struct request request = { .peer = "192.0.2.7", .key = "-" };
	char text[CLAIM_TEXT_MAX];
	enum claim_state state;
	struct config config;
	struct fault fault;
	struct claim claim;

	config_default(&config);
	if (fsetxattr(instance, CLAIM_ATTRIBUTE, "x", 1, 0) != 0)
		SKIP_HERE("this file system keeps no user attributes");
	cr_assert_eq(instance_claim_text(text, &request, &fault), 0);
	cr_expect_eq(read_back(text, strlen(text), &state), 0);
	cr_expect_eq(state, CLAIM_OTHER);
	cr_expect_eq(read_back(text, strlen(text) - 3, &state), EBADMSG);
	cr_expect_eq(state, CLAIM_OTHER);
	cr_expect_eq(read_back("x", 1, &state), EBADMSG);
	cr_expect_eq(state, CLAIM_OTHER);
	cr_expect_eq(read_back("", 0, &state), EBADMSG);
	cr_expect_eq(state, CLAIM_OTHER);
	cr_expect_eq(read_back(long_one, sizeof(long_one), &state), ERANGE);
	cr_expect_eq(state, CLAIM_OTHER);
	cr_assert_eq(fremovexattr(instance, CLAIM_ATTRIBUTE), 0);
	cr_expect_not(instance_claim_read(&claim, instance));
	cr_expect_eq(errno, ENODATA);
	cr_expect_eq(instance_claim(instance, &config, &request, false), CLAIM_NONE);
}

/* Of an age, and empty. */
Test(instance, is_stale_when_it_is_empty_and_its_claim_is_old, .init = set_up, .fini = tear_down)
{
	static const char *const inside[] = { "e/.x", "e/x" };
	struct claim claim = { .made = instance_now(), .peer = "192.0.2.7", .key = "-" };
	struct config config;
	char text[CLAIM_TEXT_MAX];

	config_default(&config);
	cr_assert_eq(mkdirat(root, "e", 0755), 0);
	const int fd = instance_open(root, "e");

	cr_expect_not(instance_is_stale(fd, &config), "nobody claimed it");
	for (int64_t age = 0; age < 2 * config.claims_window; age += 299) {
		struct claim old = claim;

		old.made.wall -= age;
		cr_assert_neq(claim_write(text, &old), 0);
		if (fsetxattr(fd, CLAIM_ATTRIBUTE, text, strlen(text), 0) != 0)
			SKIP_HERE("this file system keeps no user attributes");
		cr_assert_eq(instance_is_stale(fd, &config), age > config.claims_empty_window, "%d s", (int)age);
	}
	for (size_t i = 0; i < N_ELEMENTS(inside); i++) {
		close(file_make(root, inside[i]));
		cr_expect_not(instance_is_stale(fd, &config), "%s", inside[i]);
		cr_assert_eq(unlinkat(root, inside[i], 0), 0);
	}
	cr_expect(instance_is_stale(fd, &config));
	cr_assert_eq(fsetxattr(fd, CLAIM_ATTRIBUTE, "1 1", 3, 0), 0);
	cr_expect_not(instance_is_stale(fd, &config), "no claim");
	close(fd);
}

/* By both clocks: one can be set, the other begins anew with each boot. */
Test(instance, is_claimed_now)
{
	struct timespec wall, boot;
	const struct moment now = instance_now();

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	cr_expect(now.wall <= wall.tv_sec && now.wall >= wall.tv_sec - 5);
	cr_expect(now.boot <= boot.tv_sec && now.boot >= boot.tv_sec - 5);
	cr_expect(boot.tv_sec > 5);
}
