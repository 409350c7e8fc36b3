/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/root.h"

/* What a process that is still in the mirror would need, without its luck: it swaps a directory for a link to one
 * outside, right before the call that is about to change or open it. */
static int swapping_fchmodat(int dir, const char *name, mode_t mode, int flags);
static int swapping_openat(int dir, const char *rel, int flags, mode_t mode);

#define fchmodat swapping_fchmodat
#define root_openat swapping_openat
#include "shell/mirror.c"
#undef fchmodat
#undef root_openat

static char base[64], outside[96];
static bool swap_at_chmod, swap_at_open;
static unsigned swaps, modes;
static struct mirror mirror;

static void swap(void)
{
	if (swaps++ != 0)
		return;
	cr_assert_eq(renameat(mirror.fd, "shut", mirror.fd, "aside"), 0);
	cr_assert_eq(symlinkat(outside, mirror.fd, "shut"), 0);
}

static int swapping_fchmodat(int dir, const char *name, mode_t mode, int flags)
{
	if (swap_at_chmod && ++modes == 2) /* the first is the mirror's own */
		swap();
	return fchmodat(dir, name, mode, flags);
}

static int swapping_openat(int dir, const char *rel, int flags, mode_t mode)
{
	if (swap_at_open && strcmp(rel, "shut") == 0)
		swap();
	return root_openat(dir, rel, flags, mode);
}

static void set_up(void)
{
	struct fault fault;
	char path[128];

	swaps = modes = 0;
	swap_at_chmod = swap_at_open = false;
	strcpy(base, "/tmp/mirror.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	snprintf(outside, sizeof(outside), "%s/outside", base);
	cr_assert_eq(mkdir(outside, 0550), 0);
	snprintf(path, sizeof(path), "%s/outside/canary", base);
	cr_assert_eq(chmod(outside, 0750), 0);
	cr_assert_eq(mkdir(path, 0500), 0);
	cr_assert_eq(chmod(outside, 0550), 0);
	cr_assert_eq(mirror_make(&mirror, -1, &fault), 0);
	cr_assert_eq(mkdirat(mirror.fd, "shut", 0700), 0);
	cr_assert_eq(mkdirat(mirror.fd, "shut/in", 0700), 0);
	cr_assert_eq(fchmodat(mirror.fd, "shut", 0, 0), 0);
}

static void tear_down(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", base);
	cr_assert_eq(chmod(outside, 0700), 0);
	cr_assert_eq(system(line), 0);
}

static void expect_outside_untouched(void)
{
	char path[128];
	struct stat st;

	cr_assert_eq(lstat(outside, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0550);
	snprintf(path, sizeof(path), "%s/canary", outside);
	cr_assert_eq(lstat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0500);
}

static void expect_cleared(const char *path)
{
	struct stat st;

	cr_expect(lstat(path, &st) != 0 && errno == ENOENT, "%s is left", path);
}

static void clear(void)
{
	char path[MIRROR_PATH_MAX];

	strcpy(path, mirror.path);
	mirror_clear(&mirror);
	expect_cleared(path);
	expect_outside_untouched();
}

Test(mirror, clears_what_is_shut, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(fchmodat(mirror.parent, mirror.name, 0, 0), 0);
	clear();
}

Test(mirror, follows_no_link_when_it_sets_a_mode, .init = set_up, .fini = tear_down)
{
	swap_at_chmod = true;
	clear();
	cr_expect_gt(swaps, 0);
}

Test(mirror, follows_no_link_when_it_opens, .init = set_up, .fini = tear_down)
{
	swap_at_open = true;
	clear();
	cr_expect_gt(swaps, 0);
}

/* The mirror's own directory: moved aside, and a link where it was. */
Test(mirror, follows_no_link_in_its_own_place, .init = set_up, .fini = tear_down)
{
	char aside[128];
	struct stat st;

	snprintf(aside, sizeof(aside), "%s/aside", base);
	cr_assert_eq(fchmodat(mirror.fd, "shut", 0700, 0), 0);
	cr_assert_eq(unlinkat(mirror.fd, "shut/in", AT_REMOVEDIR), 0);
	cr_assert_eq(unlinkat(mirror.fd, "shut", AT_REMOVEDIR), 0);
	cr_assert_eq(renameat(mirror.parent, mirror.name, AT_FDCWD, aside), 0);
	cr_assert_eq(symlinkat(outside, mirror.parent, mirror.name), 0);
	mirror_clear(&mirror);
	expect_outside_untouched();
	cr_expect_eq(lstat(mirror.path, &st), 0); /* not a directory: nobody's to remove */
	cr_expect_eq(unlink(mirror.path), 0);
}

Test(mirror, takes_so_many_placeholders, .init = set_up, .fini = tear_down)
{
	struct fault fault;
	char name[16];

	cr_assert_eq(mirror_stand_for(&mirror, "/origin", &fault), 0);
	for (unsigned i = 0; i < MIRROR_PLACEHOLDERS_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		cr_assert_eq(mirror_put(&mirror, name, i % 2 == 0), 0);
	}
	cr_expect_eq(mirror_put(&mirror, "more", true), -1);
	cr_expect_eq(errno, E2BIG);
	clear();
}
