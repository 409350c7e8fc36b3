#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/files.h"
#include "shell/root.h"

/* What a peer that swaps names at the right moment would need, without its luck. */

#define UUID "11111111-1111-4111-8111-111111111111"
#define PROBE "0123456789abcdef0123456789abcdef.tmp"

static char base[64];
static int root;
static struct place place;

static void set_up(void)
{
	strcpy(base, "/tmp/files.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	root = open(base, O_PATH | O_DIRECTORY);
	cr_assert_eq(mkdirat(root, UUID, 0755), 0);
	place = (struct place){
		.root = root,
		.instance = root_openat(root, UUID, O_RDONLY | O_DIRECTORY, 0),
		.rel = UUID,
		.shown = "/instances/" UUID,
		.ref = "0123456789abcdef",
	};
	cr_assert(root >= 0 && place.instance >= 0);
}

static void tear_down(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", base);
	cr_assert_eq(system(line), 0);
}

static bool is_there(const char *name)
{
	struct stat st;

	return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void file_make(const char *name, const char *content)
{
	const int fd = openat(root, name, O_WRONLY | O_CREAT, 0644);

	cr_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	close(fd);
}

Test(files, take_away_the_instance_that_was_judged, .init = set_up, .fini = tear_down)
{
	cr_expect_eq(files_rmdir(&place), 0);
	cr_expect_not(is_there(UUID));
}

/* Another took its name meanwhile: nobody has judged that one. */
Test(files, take_away_no_other_instance, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(renameat(root, UUID, root, "moved"), 0);
	cr_assert_eq(mkdirat(root, UUID, 0755), 0);
	cr_expect_eq(files_rmdir(&place), 1);
	cr_expect(is_there(UUID));
	cr_expect_eq(files_remove_tree(&place), 1);
	cr_expect(is_there(UUID));
}

Test(files, take_a_tree_away_as_deep_as_descriptors_last, .init = set_up, .fini = tear_down)
{
	int dir = dup(place.instance);

	for (unsigned depth = 0; depth < 250; depth++) {
		cr_assert_eq(mkdirat(dir, "d", 0755), 0);
		const int below = openat(dir, "d", O_RDONLY | O_DIRECTORY);

		close(dir);
		dir = below;
	}
	close(dir);
	cr_expect_eq(files_remove_tree(&place), 1);
	cr_expect(is_there(UUID "/d"));
}

/* The link goes, what it leads to stays. */
Test(files, take_a_tree_away_with_the_links_in_it, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(mkdirat(root, "other", 0755), 0);
	file_make("other/file", "x");
	cr_assert_eq(symlinkat("../other", root, UUID "/link"), 0);
	cr_expect_eq(files_remove_tree(&place), 0);
	cr_expect_not(is_there(UUID));
	cr_expect(is_there("other/file"));
}

/* What cannot be claimed is never there by its name, and nothing of it stays. */
Test(files, make_an_instance_with_its_claim_or_not_at_all, .init = set_up, .fini = tear_down)
{
	static char claim[200000];

	memset(claim, 'x', sizeof(claim) - 1);
	cr_assert_eq(unlinkat(root, UUID, AT_REMOVEDIR), 0);
	place.instance = -1;
	place.claim = claim;
	cr_expect_eq(files_mkdir(&place), 1);
	cr_expect_not(is_there(UUID));
	cr_expect_not(is_there(".rssh-nova.0123456789abcdef"));
}

static void expect_no_probe(void)
{
	cr_assert_eq(files_touch(&place), 1);
	cr_assert_eq(files_remove(&place), 1);
	cr_assert(is_there(UUID "/" PROBE));
}

/* The name of a probe stands for an empty file and nothing else, whoever put it there. */
Test(files, take_nothing_but_an_empty_file_for_a_probe, .init = set_up, .fini = tear_down)
{
	place.rel = UUID "/" PROBE;
	place.probe = true;
	cr_expect_eq(files_touch(&place), 0);
	cr_expect_eq(files_touch(&place), 0);
	cr_expect_eq(files_remove(&place), 0);
	file_make(UUID "/empty", "");
	cr_assert_eq(symlinkat("empty", root, UUID "/" PROBE), 0);
	expect_no_probe();
	cr_assert_eq(unlinkat(root, UUID "/" PROBE, 0), 0);
	file_make(UUID "/" PROBE, "full");
	expect_no_probe();
	cr_assert_eq(unlinkat(root, UUID "/" PROBE, 0), 0);
	cr_assert_eq(mkfifoat(root, UUID "/" PROBE, 0600), 0);
	expect_no_probe();
}
