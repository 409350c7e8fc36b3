/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "policy/attributes.h"
#include "sender/nova_path/nova_form.h"

enum { MOST = 10 };

struct row {
	enum nova_form_id id;
	const char *words[MOST];
};

static enum nova_form_id read_row(const struct row *row, struct nova_form *out)
{
	char *words[MOST + 1] = { NULL };
	int count = 0;

	for (; count < MOST && row->words[count] != NULL; count++)
		words[count] = (char *)(uintptr_t)row->words[count];
	*out = nova_form_read(row->words[0], count, words);
	return out->id;
}

static const struct row nova[] = {
	{ NOVA_SSH, { "ssh", "-o", "BatchMode=yes", "node2", "touch", "/i/u/p.tmp" } },
	{ NOVA_SSH, { "ssh", "-o", "BatchMode=yes", "::1", "rm", "/i/u/p.tmp" } },
	{ NOVA_SSH, { "ssh", "-o", "BatchMode=yes", "nova@node2", "mkdir", "-p", "/i/u" } },
	{ NOVA_SSH, { "ssh", "-o", "BatchMode=yes", "node2", "rm", "-rf", "/i/u" } },
	{ NOVA_PUSH, { "scp", "-C", "-r", "/i/u_resize/disk", "node2:/i/u/disk" } },
	{ NOVA_PUSH, { "scp", "-r", "/i/u_resize/disk", "[::1]:/i/u/disk" } },
	{ NOVA_PULL, { "scp", "-r", "node2:/i/_base/x", "/i/_base/x.part" } },
	{ NOVA_RSYNC, { "rsync", "--archive", "--relative", "--no-implied-dirs", "/tmp/x/./i/u", "node2:/" } },
	{ NOVA_RSYNC, { "rsync", "--archive", "--delete-excluded", "/tmp/x/", "node2:/i/u" } },
	{ NOVA_RSYNC, { "rsync", "--archive", "--delete", "--include", "u", "--exclude", "*", "/tmp/x/", "node2:/i" } },
	{ NOVA_RSYNC, { "rsync", "-r", "--sparse", "/i/u/disk", "node2:/i/u/disk" } },
	{ NOVA_RSYNC, { "rsync", "-r", "--sparse", "/i/u/disk", "node2:/i/u/disk", "--compress" } },
};

Test(nova_form, reads_what_nova_writes)
{
	struct nova_form form;

	for (size_t i = 0; i < N_ELEMENTS(nova); i++)
		cr_assert_eq(read_row(&nova[i], &form), nova[i].id, "row %zu", i);
}

Test(nova_form, reads_nothing_that_is_a_word_off)
{
	struct nova_form form;

	for (size_t i = 0; i < N_ELEMENTS(nova); i++)
		for (size_t at = 1; at < MOST && nova[i].words[at] != NULL; at++) {
			const bool option = nova[i].words[at][0] == '-' && nova[i].words[at + 1] != NULL;
			struct row row = nova[i];

			row.words[at] = option ? "-v" : "";
			/* Names that are rsync's alone to judge. */
			if (nova[i].id != NOVA_RSYNC || option)
				cr_assert_eq(read_row(&row, &form), NOVA_OTHER, "row %zu word %zu", i, at);
		}
}

Test(nova_form, reads_no_word_less_and_no_word_more)
{
	struct nova_form form;

	for (size_t i = 0; i < N_ELEMENTS(nova); i++) {
		struct row row = nova[i];
		size_t count = 0;

		while (row.words[count] != NULL)
			count++;
		row.words[count] = "-v";
		cr_assert_eq(read_row(&row, &form), NOVA_OTHER, "row %zu and a word", i);
		row.words[count] = row.words[count - 1] = NULL;
		/* Without --compress it is another of Nova's. */
		if (strcmp(nova[i].words[count - 1], "--compress") != 0)
			cr_assert_eq(read_row(&row, &form), NOVA_OTHER, "row %zu less a word", i);
	}
}

Test(nova_form, tells_the_parts_of_a_copy)
{
	struct nova_form form;

	(void)read_row(&nova[4], &form);
	cr_assert(form.compress);
	cr_assert_str_eq(form.local, "/i/u_resize/disk");
	cr_assert_str_eq(form.address.path, "/i/u/disk");
	cr_assert_str_eq(form.address.host.name, "node2");
	(void)read_row(&nova[6], &form);
	cr_assert(!form.compress);
	cr_assert_str_eq(form.local, "/i/_base/x.part");
}

Test(nova_form, goes_by_the_name)
{
	struct nova_form form;
	struct row row = nova[0];

	row.words[0] = "scp";
	cr_assert_eq(read_row(&row, &form), NOVA_OTHER);
	row.words[0] = "sshx";
	cr_assert_eq(read_row(&row, &form), NOVA_OTHER);
}
