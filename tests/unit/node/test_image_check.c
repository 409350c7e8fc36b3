/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/image_check.h"

enum {
	NOBODY = 65534,
};

/* A root with a backing file and an instance, of a user who is not root. */
static char base[64];
static int root, instance;
static struct config config;
static struct image_report found;

static void write_at(int dir, const char *name, const void *bytes, size_t len)
{
	const int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	cr_assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

static void raw(int dir, const char *name)
{
	static const char bytes[4096] = { '\xeb' };

	write_at(dir, name, bytes, sizeof(bytes));
}

/* A qcow2 header, version 2, that names a backing file; NULL for none. */
static void qcow2(int dir, const char *name, const char *backing)
{
	char bytes[1024] = "QFI\xfb\0\0\0\2";

	bytes[23] = 16;
	if (backing != NULL) {
		bytes[15] = 88;
		bytes[18] = (char)(strlen(backing) >> 8);
		bytes[19] = (char)strlen(backing);
		memcpy(bytes + 88, backing, strlen(backing));
	}
	write_at(dir, name, bytes, sizeof(bytes));
}

static const char *below(const char *rel)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", base, rel);
	return path;
}

static void set_up(void)
{
	if (geteuid() == 0)
		cr_assert(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
	config_default(&config);
	strcpy(base, "/var/tmp/image-check.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	root = open(base, O_RDONLY | O_DIRECTORY);
	cr_assert(
		mkdirat(root, "i", 0755) == 0 && mkdirat(root, "i/d", 0755) == 0 && mkdirat(root, "_base", 0755) == 0);
	raw(root, "_base/b");
	instance = openat(root, "i", O_RDONLY | O_DIRECTORY);
	cr_assert(root >= 0 && instance >= 0);
}

static void tear_down(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", base);
	cr_assert_eq(system(line), 0);
}

TestSuite(image_check, .init = set_up, .fini = tear_down);

static enum image_finding check(const char *rel, const char *declared)
{
	const struct image_rules rules = { &config, base, declared, false };

	image_check_file(&found, root, rel, rel, root, &rules);
	return found.finding;
}

static int check_instance(void)
{
	const struct image_rules rules = { &config, base, NULL, false };

	return image_check_instance(&found, instance, -1, &rules, true);
}

static bool exists(const char *rel)
{
	return faccessat(root, rel, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Test(image_check, reads_a_file_and_its_backing_file)
{
	raw(root, "i/disk");
	cr_assert_eq(check("i/disk", "raw"), IMAGE_GOOD);
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_MISMATCH);
	cr_assert_str_eq(found.detail, "raw");
	qcow2(root, "i/disk", below("_base/b"));
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_GOOD);
	qcow2(root, "i/disk", below("i/other"));
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_BACKING);
	cr_assert_str_eq(found.file, "i/disk");
	cr_assert_str_eq(found.detail, below("i/other"));
	cr_assert_eq(check("i/none", "qcow2"), IMAGE_GOOD);
	write_at(root, "i/empty", "", 0);
	cr_assert_eq(check("i/empty", "raw"), IMAGE_GOOD);
}

Test(image_check, refuses_a_chain_that_is_deeper_than_two)
{
	qcow2(root, "_base/b", NULL);
	qcow2(root, "i/disk", below("_base/b"));
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_GOOD);
	qcow2(root, "_base/b", below("_base/c"));
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_DEPTH);
	cr_assert_str_eq(found.file, "_base/b");
	cr_assert_eq(unlinkat(root, "_base/b", 0), 0);
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_GOOD);
	cr_assert_eq(symlinkat("/etc/passwd", root, "_base/b"), 0);
	cr_assert_eq(check("i/disk", "qcow2"), IMAGE_LINK);
}

Test(image_check, follows_no_link_and_waits_for_no_fifo)
{
	cr_assert_eq(symlinkat("/etc/passwd", root, "i/disk"), 0);
	cr_assert_eq(check("i/disk", "raw"), IMAGE_LINK);
	cr_assert_eq(symlinkat("..", root, "i/up"), 0);
	cr_assert_eq(check("i/up/_base/b", "raw"), IMAGE_LINK);
	cr_assert_eq(mkfifoat(root, "i/fifo", 0600), 0);
	cr_assert_eq(check("i/fifo", "raw"), IMAGE_LINK);
	cr_assert_eq(check("i/d", "raw"), IMAGE_LINK);
	cr_assert_neq(check("../etc/passwd", "raw"), IMAGE_GOOD);
}

Test(image_check, refuses_what_it_cannot_read)
{
	raw(root, "i/disk");
	cr_assert_eq(fchmodat(root, "i/disk", 0, 0), 0);
	cr_assert_eq(check("i/disk", "raw"), IMAGE_UNREAD);
}

Test(image_check, leaves_what_is_good)
{
	raw(root, "i/disk");
	qcow2(root, "i/disk.eph0", below("_base/b"));
	write_at(root, "i/disk.info", "{}", 2);
	raw(root, "i/d/disk");
	cr_assert_eq(check_instance(), 0);
	cr_assert_eq(found.finding, IMAGE_GOOD);
	cr_assert(exists("i/disk") && exists("i/disk.eph0") && exists("i/disk.info") && exists("i/d/disk"));
}

Test(image_check, deletes_what_is_refused_wherever_it_is)
{
	raw(root, "i/disk");
	qcow2(root, "i/d/disk", "/etc/shadow");
	cr_assert_eq(check_instance(), 1);
	cr_assert_eq(found.finding, IMAGE_BACKING);
	cr_assert_str_eq(found.file, "d/disk");
	cr_assert_str_eq(found.detail, "/etc/shadow");
	cr_assert(exists("i/disk") && !exists("i/d/disk"));
	raw(root, "i/locked");
	cr_assert_eq(fchmodat(root, "i/locked", 0, 0), 0);
	cr_assert_eq(check_instance(), 1);
	cr_assert_eq(found.finding, IMAGE_UNREAD);
	cr_assert(!exists("i/locked"), "no transfer of Nova's makes such a file");
}

Test(image_check, deletes_many)
{
	char name[32];

	for (unsigned i = 0; i < IMAGE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "i/%u", i);
		qcow2(root, name, "/etc/shadow");
	}
	cr_assert_eq(check_instance(), IMAGE_FILES_MAX);
	cr_assert_eq(check_instance(), 0);
}

Test(image_check, deletes_nothing_in_audit_mode)
{
	config.images_mode = IMAGES_AUDIT;
	qcow2(root, "i/disk", "/etc/shadow");
	cr_assert_eq(check_instance(), 1);
	cr_assert_eq(found.finding, IMAGE_BACKING);
	cr_assert(exists("i/disk"));
}

Test(image_check, fails_where_there_is_too_much_to_look_at)
{
	char name[32];
	int dir = dup(instance);

	for (unsigned i = 0; i <= IMAGE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "i/%u", i);
		write_at(root, name, "", 0);
	}
	cr_assert_eq(check_instance(), -1);
	cr_assert_eq(found.finding, IMAGE_TOO_MANY);
	for (unsigned i = 0; i <= IMAGE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "i/%u", i);
		cr_assert_eq(unlinkat(root, name, 0), 0);
	}
	for (unsigned i = 0; i <= IMAGE_DEPTH_MAX; i++) {
		cr_assert_eq(mkdirat(dir, "deep", 0755), 0);
		const int deeper = openat(dir, "deep", O_RDONLY | O_DIRECTORY);

		close(dir);
		dir = deeper;
	}
	close(dir);
	cr_assert_eq(check_instance(), -1);
	cr_assert_eq(errno, ELOOP);
	cr_assert_eq(found.finding, IMAGE_UNREAD);
}

static int check_beside_others(void)
{
	const struct image_rules rules = { &config, base, NULL, false };

	return image_check_instance(&found, instance, -1, &rules, false);
}

/* Another transfer of the same peer may be half-way through a good file. */
Test(image_check, leaves_what_another_may_be_writing)
{
	char bytes[512];
	int fd;

	qcow2(root, "i/disk", below("_base/b"));
	fd = openat(root, "i/disk", O_RDONLY);
	cr_assert_eq(read(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
	close(fd);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		write_at(root, "i/disk", bytes, len);
		cr_assert_eq(check_beside_others(), 0, "%zu", len);
	}
	write_at(root, "i/disk", bytes, 80);
	cr_assert_eq(truncate(below("i/disk"), IMAGE_WINDOW), 0);
	cr_assert_eq(check_beside_others(), 1, "a file with all of its window is not cut");
	cr_assert_not(exists("i/disk"));
	write_at(root, "i/disk", bytes, 100);
	cr_assert_eq(check_instance(), 1, "alone, nobody completes it");
	cr_assert_not(exists("i/disk"));
	qcow2(root, "i/disk", "/etc/shadow");
	cr_assert_eq(check_beside_others(), 1);
	cr_assert_not(exists("i/disk"));
}

static void mode(const char *rel, mode_t to)
{
	cr_assert_eq(fchmodat(root, rel, to, 0), 0);
}

/* Whatever stands beside it. */
Test(image_check, deletes_what_is_refused_behind_each_obstacle)
{
	int dir = dup(instance);

	for (unsigned i = 0; i <= IMAGE_DEPTH_MAX; i++) {
		cr_assert_eq(mkdirat(dir, "deep", 0755), 0);
		const int deeper = openat(dir, "deep", O_RDONLY | O_DIRECTORY);

		close(dir);
		dir = deeper;
	}
	close(dir);
	cr_assert_eq(mkdirat(root, "i/a", 0), 0);
	qcow2(root, "i/d/disk", "/etc/shadow");
	cr_assert_eq(check_instance(), -1);
	cr_assert_not(exists("i/d/disk"));
	mode("i/a", 0755);
}

static void qcow2_named(char kind, unsigned number)
{
	char name[32];

	snprintf(name, sizeof(name), "i/%c%u", kind, number);
	qcow2(root, name, "/etc/shadow");
}

/* In whatever order a directory lists its names, some of the hostile ones come behind the good ones. */
Test(image_check, deletes_what_is_refused_among_many)
{
	char name[32];

	for (unsigned i = 0; i < 32; i++)
		qcow2_named('a', i);
	for (unsigned i = 0; i < 2 * IMAGE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "i/%u", i);
		write_at(root, name, "", 0);
	}
	for (unsigned i = 0; i < 32; i++)
		qcow2_named('b', i);
	cr_assert_eq(check_instance(), -1);
	for (unsigned i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "i/a%u", i);
		cr_assert_not(exists(name));
		snprintf(name, sizeof(name), "i/b%u", i);
		cr_assert_not(exists(name));
	}
}

Test(image_check, says_what_it_could_not_delete)
{
	qcow2(root, "i/d/disk", "/etc/shadow");
	mode("i/d", 0555);
	cr_assert_eq(check_instance(), -1);
	cr_assert_eq(errno, EACCES);
	cr_assert_eq(found.finding, IMAGE_BACKING);
	mode("i/d", 0755);
	cr_assert_eq(check_instance(), 1);
}

Test(image_check, leaves_what_somebody_has_locked)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1 };
	int fd;

	qcow2(root, "i/disk", "/etc/shadow");
	fd = openat(root, "i/disk", O_RDONLY);
	cr_assert(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0);
	cr_assert_eq(check_instance(), 1);
	cr_assert(exists("i/disk"));
	close(fd);
	cr_assert_eq(check_instance(), 1);
	cr_assert_not(exists("i/disk"));
}
