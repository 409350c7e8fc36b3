/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "policy/attributes.h"
#include "policy/disk_chain.h"

enum {
	DEPTH = 3, /* of <disk> */
};

#define BACKING DISK_ELEMENT "/backingStore"

static struct disk_chain chain;

static void begin(void)
{
	memset(&chain, 0, sizeof(chain));
}

static const char *start(const char *path, unsigned depth, const char *name, const char *value)
{
	const char *const attributes[] = { value == NULL ? NULL : name, value, NULL };

	return disk_chain_start(&chain, path, depth, attributes);
}

static void expect_good(const char *wrong)
{
	cr_expect_null(wrong, "%s", wrong);
}

static void expect_wrong(const char *wrong, const char *expected)
{
	cr_assert_not_null(wrong);
	cr_expect(strstr(wrong, expected) == wrong, "%s", wrong);
}

static void file_disk(const char *format, const char *path)
{
	expect_good(start(DISK_ELEMENT, DEPTH, "type", "file"));
	expect_good(start(DISK_ELEMENT "/driver", DEPTH + 1, "type", format));
	expect_good(start(DISK_ELEMENT "/source", DEPTH + 1, "file", path));
}

static void backing(unsigned depth, const char *format, const char *path)
{
	expect_good(start(BACKING, depth, "type", "file"));
	expect_good(start(BACKING "/format", depth + 1, "type", format));
	expect_good(start(BACKING "/source", depth + 1, "file", path));
}

static void expect_image(unsigned number, const char *path, const char *format, bool is_backing)
{
	cr_expect_str_eq(chain.at[number].path, path);
	cr_expect_str_eq(chain.at[number].format, format);
	cr_expect_eq(chain.at[number].is_backing, is_backing);
}

Test(disk_chain, lists_a_disk_and_its_backing_files, .init = begin)
{
	file_disk("qcow2", "/a");
	backing(DEPTH + 1, "qcow2", "/b");
	backing(DEPTH + 2, "raw", "/c");
	expect_good(start(BACKING, DEPTH + 3, "type", NULL));
	expect_good(disk_chain_end(&chain, DEPTH + 1));
	expect_good(disk_chain_end(&chain, DEPTH));
	cr_assert_eq(chain.count, 3);
	expect_image(0, "/b", "qcow2", true);
	expect_image(1, "/c", "raw", true);
	expect_image(2, "/a", "qcow2", false);
}

/* libvirt takes raw for a disk without a format, and looks for no backing file of it. */
Test(disk_chain, takes_a_disk_without_a_format_for_raw, .init = begin)
{
	expect_good(start(DISK_ELEMENT, DEPTH, "type", "file"));
	expect_good(start(DISK_ELEMENT "/driver", DEPTH + 1, "name", "qemu"));
	expect_good(start(DISK_ELEMENT "/source", DEPTH + 1, "file", "/a"));
	expect_good(disk_chain_end(&chain, DEPTH));
	cr_assert_eq(chain.count, 1);
	expect_image(0, "/a", "raw", false);
}

/* An empty drive, a device and an image of Ceph have no file of this node. */
Test(disk_chain, lists_no_disk_without_a_file, .init = begin)
{
	static const char *const types[] = { "block", "network", NULL };

	expect_good(start(DISK_ELEMENT, DEPTH, "type", "file"));
	expect_good(disk_chain_end(&chain, DEPTH));
	for (size_t i = 0; i < N_ELEMENTS(types); i++) {
		expect_good(start(DISK_ELEMENT, DEPTH, "type", types[i]));
		expect_good(start(DISK_ELEMENT "/source", DEPTH + 1, "file", "/a"));
		expect_good(disk_chain_end(&chain, DEPTH));
	}
	cr_expect_eq(chain.count, 0);
}

Test(disk_chain, refuses_a_chain_without_an_end, .init = begin)
{
	file_disk("qcow2", "/a");
	backing(DEPTH + 1, "qcow2", "/b");
	expect_wrong(disk_chain_end(&chain, DEPTH), "a chain without an end");
}

Test(disk_chain, refuses_what_comes_twice, .init = begin)
{
	file_disk("qcow2", "/a");
	expect_wrong(start(DISK_ELEMENT "/driver", DEPTH + 1, "type", "raw"), "more than one");
	expect_wrong(start(DISK_ELEMENT "/source", DEPTH + 1, "file", "/b"), "more than one");
	backing(DEPTH + 1, "qcow2", "/b");
	expect_wrong(start(BACKING "/format", DEPTH + 2, "type", "raw"), "twice");
	expect_wrong(start(BACKING "/source", DEPTH + 2, "file", "/c"), "twice");
	expect_wrong(start(BACKING, DEPTH + 1, "type", "file"), "more than one");
	expect_good(start(BACKING, DEPTH + 2, "type", NULL));
	expect_wrong(start(BACKING, DEPTH + 2, "type", NULL), "more than one");
	expect_wrong(start(BACKING "/format", DEPTH + 2, "type", "raw"), "twice, or behind");
}

/* Of the disk's own, libvirt knows the format and the file; of a backing file it would guess them. */
Test(disk_chain, refuses_a_backing_file_that_libvirt_would_guess, .init = begin)
{
	file_disk("qcow2", "/a");
	expect_good(start(BACKING, DEPTH + 1, "type", "file"));
	expect_good(start(BACKING "/source", DEPTH + 2, "file", "/b"));
	expect_wrong(start(BACKING, DEPTH + 2, "type", NULL), "no format or no file");
	begin();
	file_disk("qcow2", "/a");
	expect_good(start(BACKING, DEPTH + 1, "type", "file"));
	expect_good(start(BACKING "/format", DEPTH + 2, "type", "raw"));
	expect_wrong(start(BACKING, DEPTH + 2, "type", NULL), "no format or no file");
}

Test(disk_chain, refuses_a_device_that_has_a_header, .init = begin)
{
	expect_good(start(DISK_ELEMENT, DEPTH, "type", "block"));
	expect_good(start(DISK_ELEMENT "/driver", DEPTH + 1, "type", "qcow2"));
	expect_wrong(disk_chain_end(&chain, DEPTH), "a device that is not raw");
}

Test(disk_chain, refuses_what_is_too_long, .init = begin)
{
	char path[DISK_PATH_MAX + 1];

	memset(path, 'x', sizeof(path));
	path[DISK_PATH_MAX] = '\0';
	expect_wrong(disk_chain_add(&chain, path), "too long");
	path[DISK_PATH_MAX - 1] = '\0';
	expect_good(disk_chain_add(&chain, path));
	expect_good(start(DISK_ELEMENT, DEPTH, "type", "file"));
	expect_wrong(start(DISK_ELEMENT "/driver", DEPTH + 1, "type", "eightlet"), "too long");
	expect_good(start(BACKING, DEPTH + 1, "type", "file"));
	expect_good(start(BACKING "/format", DEPTH + 2, "type", "sevenlt"));
}

/* The log of a console is named twice in each domain. */
Test(disk_chain, lists_a_file_that_is_no_image_once, .init = begin)
{
	file_disk("raw", "/a");
	expect_good(disk_chain_end(&chain, DEPTH));
	expect_good(disk_chain_add(&chain, "/log"));
	expect_good(disk_chain_add(&chain, "/log"));
	expect_good(disk_chain_add(&chain, "/kernel"));
	expect_good(disk_chain_add(&chain, "/a"));
	cr_assert_eq(chain.count, 4);
	expect_image(1, "/log", "", false);
	expect_image(2, "/kernel", "", false);
	expect_image(3, "/a", "", false);
}

Test(disk_chain, refuses_more_files_than_it_holds, .init = begin)
{
	char path[] = "/x";

	for (unsigned i = 0; i < DISK_IMAGES_MAX; i++) {
		path[1] = (char)('0' + i);
		expect_good(disk_chain_add(&chain, path));
	}
	expect_wrong(disk_chain_add(&chain, "/more"), "too many files");
	file_disk("qcow2", "/a");
	backing(DEPTH + 1, "qcow2", "/b");
	expect_wrong(start(BACKING, DEPTH + 2, "type", NULL), "too many files");
	file_disk("raw", "/a");
	expect_wrong(disk_chain_end(&chain, DEPTH), "too many files");
	cr_expect_eq(chain.count, DISK_IMAGES_MAX);
}
