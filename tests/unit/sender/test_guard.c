/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sender/nova_path/guard.h"

enum { MOST = 32 };

static struct guard_files files;

static bool find(const char *const *row)
{
	char *words[MOST + 1] = { NULL };
	int count = 0;

	for (; count < MOST && row[count] != NULL; count++)
		words[count] = (char *)(uintptr_t)row[count];
	return guard_files_find(&files, count, words);
}

#define FINDS(...) \
	static const char *const row[MOST + 1] = { "qemu-img", __VA_ARGS__ }; \
	cr_assert(find(row))

Test(guard, finds_the_file_of_each_command_of_nova)
{
	{
		FINDS("info", "/i/u/disk", "--force-share", "--output=json", "-f", "qcow2");
		cr_expect_eq(files.count, 1u);
		cr_expect_str_eq(files.at[0], "/i/u/disk");
	}
	{
		FINDS("resize", "-f", "qcow2", "/i/u/disk", "1073741824");
		cr_expect_eq(files.count, 1u);
	}
	{
		FINDS("create", "-f", "qcow2", "-o", "backing_file=/i/_base/x,backing_fmt=raw,size=1", "/i/u/disk");
		cr_expect_eq(files.count, 2u);
		cr_expect_str_eq(files.at[0], "/i/_base/x");
		cr_expect_str_eq(files.at[1], "/i/u/disk");
	}
	{
		FINDS("convert", "-t", "none", "-O", "raw", "-f", "qcow2", "/i/u/disk", "/i/u/disk.part");
		cr_expect_eq(files.count, 2u);
		cr_expect_str_eq(files.at[1], "/i/u/disk.part");
	}
	{
		FINDS("rebase", "-b", "", "/i/u/disk");
		cr_expect_eq(files.count, 1u);
	}
}

Test(guard, finds_every_value_of_a_word)
{
	FINDS("convert", "--image-opts", "driver=luks,key-secret=s,file.driver=file,file.filename=/i/u/disk,x=/y");
	cr_expect_eq(files.count, 2u);
	cr_expect_str_eq(files.at[0], "/i/u/disk");
	cr_expect_str_eq(files.at[1], "/y");
}

Test(guard, keeps_a_comma_and_an_equals_sign_in_a_path)
{
	FINDS("info", "/i/u/a,b=/c");
	cr_expect_eq(files.count, 1u);
	cr_expect_str_eq(files.at[0], "/i/u/a,b=/c");
}

Test(guard, finds_none_in_other_words)
{
	FINDS("--version", "-o", "size=1", "=", "a=b/c", "relative/disk", "");
	cr_expect_eq(files.count, 0u);
}

Test(guard, refuses_what_it_cannot_hold)
{
	const char *row[MOST + 1] = { "qemu-img" };
	char *const text = malloc(GUARD_TEXT_MAX + 1);

	for (int i = 1; i <= GUARD_FILES_MAX; i++)
		row[i] = "/x";
	cr_expect(find(row));
	row[GUARD_FILES_MAX + 1] = "/x";
	cr_expect_not(find(row));
	row[GUARD_FILES_MAX + 1] = "o=/x";
	cr_expect_not(find(row));
	memset(text, '/', GUARD_TEXT_MAX);
	text[GUARD_TEXT_MAX] = '\0';
	memset(row, 0, sizeof(row));
	row[0] = "qemu-img";
	row[1] = text;
	cr_expect_not(find(row));
	text[GUARD_TEXT_MAX - 1] = '\0';
	cr_expect(find(row));
	free(text);
}
