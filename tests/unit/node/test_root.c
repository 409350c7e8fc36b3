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

/* A throw-away directory with a root in it, and something beside the root that must not be reached. */
static char base[64], path[128];
static int root;

static const char *in_base(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void file_make(const char *name)
{
	const int fd = open(in_base(name), O_WRONLY | O_CREAT, 0600);

	cr_assert(fd >= 0);
	close(fd);
}

static void set_up(void)
{
	strcpy(base, "/tmp/root.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	cr_assert_eq(mkdir(in_base("instances"), 0700), 0);
	cr_assert_eq(mkdir(in_base("instances/below"), 0700), 0);
	cr_assert_eq(mkdir(in_base("other"), 0700), 0);
	file_make("instances/file");
	file_make("other/secret");
	cr_assert_eq(symlink("../other", in_base("instances/out")), 0);
	cr_assert_eq(symlink("file", in_base("instances/in")), 0);
	cr_assert_eq(symlink("instances", in_base("link")), 0);
	root = open(in_base("instances"), O_PATH | O_DIRECTORY);
	cr_assert(root >= 0);
}

static void tear_down(void)
{
	static const char *const files[] = {
		"instances/file",
		"instances/out",
		"instances/in",
		"other/secret",
		"link",
		"instances/.ssh",
	};
	static const char *const directories[] = { "instances/below", "instances", "other", "" };

	for (size_t i = 0; i < N_ELEMENTS(files); i++)
		(void)unlink(in_base(files[i]));
	for (size_t i = 0; i < N_ELEMENTS(directories); i++)
		(void)rmdir(in_base(directories[i]));
}

static void expect_refused(int dir, const char *rel, int err)
{
	errno = 0;
	cr_expect_eq(root_openat(dir, rel, O_RDONLY, 0), -1, "%s", rel);
	cr_expect_eq(errno, err, "%s: %s", rel, strerror(errno));
}

Test(root, opens_what_is_below_it, .init = set_up, .fini = tear_down)
{
	static const char *const names[] = { ".", "file", "below", "below/../file" };

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		const int fd = root_openat(root, names[i], O_RDONLY, 0);

		cr_assert(fd >= 0, "%s", names[i]);
		cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
}

Test(root, is_never_left, .init = set_up, .fini = tear_down)
{
	expect_refused(root, "..", EXDEV);
	expect_refused(root, "../other/secret", EXDEV);
	expect_refused(root, "below/../../other/secret", EXDEV);
	expect_refused(root, "/etc/passwd", EXDEV);
	expect_refused(root, in_base("other/secret"), EXDEV);
}

Test(root, follows_no_link, .init = set_up, .fini = tear_down)
{
	expect_refused(root, "out", ELOOP);
	expect_refused(root, "out/secret", ELOOP);
	expect_refused(root, "in", ELOOP);
}

/* Those of /proc lead anywhere without a path: they count as links only where that is asked for. */
Test(root, follows_no_magic_link, .init = set_up, .fini = tear_down)
{
	const int proc = open("/proc/self", O_PATH | O_DIRECTORY);
	char name[32];

	cr_assert(proc >= 0);
	snprintf(name, sizeof(name), "fd/%d", root);
	expect_refused(proc, name, ELOOP);
	expect_refused(proc, "cwd", ELOOP);
	expect_refused(proc, "root", ELOOP);
	close(proc);
}

static int roots_open_at(const char *at, const char *home, struct fault *fault)
{
	static struct config config;
	struct roots roots;
	int rc;

	config.roots.count = 1;
	config.roots.start[0] = 0;
	snprintf(config.roots.store, sizeof(config.roots.store), "%s", at);
	rc = roots_open(&roots, &config, home, fault);
	if (rc == 0)
		close(roots.fd[0]);
	return rc;
}

static void expect_no_root(const char *name, const char *home, const char *what)
{
	struct fault fault = { .what = "nothing" };

	cr_expect_eq(roots_open_at(in_base(name), home, &fault), -1, "%s", name);
	cr_expect_eq(fault.reason, REASON_NOT_CONFIGURED);
	cr_expect_str_eq(fault.what, what);
}

Test(root, is_a_directory_by_its_own_name, .init = set_up, .fini = tear_down)
{
	static const char link[] = "instances_path leads through a symlink: mount what it points to there instead";
	struct fault fault;

	cr_expect_eq(roots_open_at(in_base("instances"), "", &fault), 0);
	expect_no_root("link", "", link);
	expect_no_root("link/below", "", link);
	expect_no_root("instances/file", "", "cannot open instances_path");
	expect_no_root("nothing", "", "cannot open instances_path");
}

/* Whoever may write a home directory may log in as its user. */
Test(root, holds_no_home, .init = set_up, .fini = tear_down)
{
	static const char held[] = "instances_path holds the home directory of the running user";
	char home[128];
	struct fault fault;

	snprintf(home, sizeof(home), "%s/instances", base);
	expect_no_root("instances", home, held);
	snprintf(home, sizeof(home), "%s/instances/below", base);
	expect_no_root("instances", home, held);
	cr_expect_eq(roots_open_at(in_base("instances"), base, &fault), 0);
	cr_assert_eq(symlink("nowhere", in_base("instances/.ssh")), 0);
	expect_no_root("instances", "", "instances_path holds .ssh");
}
