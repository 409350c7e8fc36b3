/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "node/claim_index.h"
#include "node/instance.h"
#include "node/reserved.h"
#include "node/root.h"
#include "shell/builtin.h"
#include "shell/make_directory.h"
#include "shell/remove.h"
#include "shell/touch.h"
#include "shell/turn.h"

/* What a peer that swaps names at the right moment would need, without its luck. */

#define UUID "11111111-1111-4111-8111-111111111111"
#define PROBE "0123456789abcdef0123456789abcdef.tmp"

static char base[64];
static int root;
static struct place place;
static const struct config enforcing = { .claims_mode = CLAIMS_ENFORCE };

static void set_up(void)
{
	strcpy(base, "/tmp/builtin.XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	root = open(base, O_PATH | O_DIRECTORY);
	cr_assert_eq(mkdirat(root, UUID, 0755), 0);
	static const struct request peer = { .peer = "192.0.2.1", .key = "-" };

	place = (struct place){
		.request = &peer,
		.turn = turn_open(&(struct roots){ .count = 1, .fd = { root } }),
		.root = root,
		.instance = root_openat(root, UUID, O_RDONLY | O_DIRECTORY, 0),
		.rel = UUID,
		.shown = "/instances/" UUID,
		.config = &enforcing,
		.ref = "0123456789abcdef",
	};
	cr_assert(root >= 0 && place.instance >= 0 && place.turn >= 0);
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
	cr_expect_eq(builtin_rmdir(&place), 0);
	cr_expect_not(is_there(UUID));
}

/* Another took its name meanwhile: nobody has judged that one. */
Test(files, take_away_no_other_instance, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(renameat(root, UUID, root, "moved"), 0);
	cr_assert_eq(mkdirat(root, UUID, 0755), 0);
	cr_expect_eq(builtin_rmdir(&place), 1);
	cr_expect(is_there(UUID));
	cr_expect_eq(builtin_remove_tree(&place), 1);
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
	cr_expect_eq(builtin_remove_tree(&place), 1);
	cr_expect(is_there(UUID "/d"));
}

/* The link goes, what it leads to stays. */
Test(files, take_a_tree_away_with_the_links_in_it, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(mkdirat(root, "other", 0755), 0);
	file_make("other/file", "x");
	cr_assert_eq(symlinkat("../other", root, UUID "/link"), 0);
	cr_expect_eq(builtin_remove_tree(&place), 0);
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
	cr_expect_eq(builtin_mkdir(&place), 1);
	cr_expect_not(is_there(UUID));
	cr_expect_not(is_there(".rssh-nova.0123456789abcdef"));
}

/* A new instance that this peer may make, as the shell would. */
static void claim_put_on(const char *uuid, const struct request *holder, int64_t age)
{
	struct claim claim = { .made = instance_now() };
	char text[CLAIM_TEXT_MAX];
	const int fd = openat(root, uuid, O_RDONLY | O_DIRECTORY);

	claim.made.wall -= age;
	claim.made.boot = claim.made.boot > age ? claim.made.boot - age : 0;
	strcpy(claim.peer, holder->peer);
	strcpy(claim.key, holder->key);
	cr_assert_neq(claim_write(text, &claim), 0);
	cr_assert_eq(fsetxattr(fd, CLAIM_ATTRIBUTE, text, strlen(text), 0), 0);
	close(fd);
}

static void claim_put(const struct request *holder, int64_t age)
{
	claim_put_on(UUID, holder, age);
}

static bool is_claimed_by(const char *peer)
{
	const int fd = openat(root, UUID, O_RDONLY | O_DIRECTORY);
	struct claim claim = { .peer = "" };
	const bool claimed = instance_claim_read(&claim, fd) && strcmp(claim.peer, peer) == 0;

	close(fd);
	return claimed;
}

static void expect_made(const struct config *config, const struct request *request)
{
	static char claim[CLAIM_TEXT_MAX];
	struct fault fault;

	cr_assert_eq(instance_claim_text(claim, request, &fault), 0);
	place.instance = -1;
	place.claim = claim;
	place.config = config;
	place.request = request;
}

/* Another process made it since it was judged: it serves when it is this peer's, and else nobody may believe that it
 * does. */
Test(files, made_meanwhile_are_taken_or_their_peers, .init = set_up, .fini = tear_down)
{
	struct request own = { .peer = "192.0.2.1", .key = "-" }, other = { .peer = "192.0.2.2", .key = "-" };
	struct config config;

	config_default(&config);
	expect_made(&config, &own);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "without a claim");
	claim_put(&other, 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "of another peer");
	place.rel = UUID "/below";
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "below that of another peer");
	place.rel = UUID;
	config.claims_mode = CLAIMS_AUDIT;
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "nothing is refused for a claim");
	config.claims_mode = CLAIMS_ENFORCE;
	claim_put(&own, 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "of this peer");
	cr_expect_not(is_there(".rssh-nova.0123456789abcdef"));
}

/* The moment between the judgement and the act, which a race has to hit by luck. */
Test(files, that_are_stale_are_taken_over_only_if_they_still_are, .init = set_up, .fini = tear_down)
{
	struct request own = { .peer = "192.0.2.1", .key = "-" }, other = { .peer = "192.0.2.2", .key = "-" };
	struct config config;
	struct place judged;

	config_default(&config);
	claim_put(&other, 3600);
	judged = place;
	expect_made(&config, &own);
	place.instance = judged.instance;
	place.stale = true;

	file_make(UUID "/written", "x");
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "its owner has written meanwhile");
	cr_expect(is_claimed_by("192.0.2.2") && is_there(UUID "/written"));
	cr_assert_eq(unlinkat(root, UUID "/written", 0), 0);

	claim_put(&other, 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "the claim was made anew");
	cr_expect(is_claimed_by("192.0.2.2"));

	cr_assert_eq(fremovexattr(place.instance, CLAIM_ATTRIBUTE), 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "it was released: Nova's own");

	claim_put(&other, 3600);
	cr_assert_eq(renameat(root, UUID, root, "moved"), 0);
	cr_assert_eq(mkdirat(root, UUID, 0755), 0);
	claim_put(&other, 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TAKEN, "nobody has judged this one");
	cr_expect(is_claimed_by("192.0.2.2") && is_there("moved"));
	cr_expect_not(is_there(".rssh-nova.0123456789abcdef"));

	claim_put(&other, 3600);
	place.instance = root_openat(root, UUID, O_RDONLY | O_DIRECTORY, 0);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "it still is");
	cr_expect(!is_claimed_by("192.0.2.2") && is_claimed_by("192.0.2.1") && is_there(".rssh-nova/" UUID));
	cr_expect_eq(builtin_rmdir(&place), BUILTIN_FAILED, "the old one is gone, the new one is not its owner's");
	cr_expect(is_there(UUID));
}

static unsigned hints_count(void)
{
	const int fd = claim_index_open(root);
	DIR *const hints = fdopendir(fd);
	unsigned count = 0;

	cr_assert(fd >= 0 && hints != NULL);
	for (const struct dirent *entry = readdir(hints); entry != NULL; entry = readdir(hints))
		count += entry->d_name[0] != '.';
	closedir(hints);
	return count;
}

#define EACH "22222222-2222-4222-8222-22222222222"

/* Empty ones of this peer count, and nothing else does. */
Test(files, are_claimed_up_to_a_number, .init = set_up, .fini = tear_down)
{
	struct request own = { .peer = "192.0.2.1", .key = "-" }, other = { .peer = "192.0.2.2", .key = "-" };
	struct config config;

	config_default(&config);
	config.claims_empty_max = 2;
	for (unsigned i = 0; i < 6; i++) {
		char uuid[] = EACH "0";

		uuid[UUID_LEN - 1] = (char)('0' + i);
		cr_assert_eq(mkdirat(root, uuid, 0755), 0);
		claim_put_on(uuid, i < 3 ? &own : &other, 0);
		cr_assert_eq(claim_index_put(root, uuid), 0);
	}
	claim_put_on(EACH "0", &own, 2 * config.claims_window);
	file_make(EACH "1/disk", "x");
	cr_assert_eq(unlinkat(root, UUID, AT_REMOVEDIR), 0);
	expect_made(&config, &own);
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "there is one");
	cr_expect_not(is_there(".rssh-nova/" EACH "0"), "a hint of no claim is dropped");
	cr_expect(is_there(".rssh-nova/" EACH "1") && is_there(".rssh-nova/" EACH "2"));
	place.rel = EACH "6";
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_TOO_MANY_CLAIMS, "there are two");
	cr_expect_not(is_there(EACH "6") || is_there(".rssh-nova.0123456789abcdef"));
	config.claims_mode = CLAIMS_AUDIT;
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "nothing is refused for a claim");
	config.claims_mode = CLAIMS_ENFORCE;
	place.rel = EACH "7";
	config.claims_empty_max = 0;
	cr_expect_eq(builtin_mkdir(&place), BUILTIN_DONE, "no limit");
}

/* Whoever counts has the turn, and all other peers wait. */
Test(files, are_counted_with_little_work, .init = set_up, .fini = tear_down)
{
	struct request own = { .peer = "192.0.2.1", .key = "-" };
	const unsigned dead = 16 + 5;
	struct config config;

	config_default(&config);
	for (unsigned i = 0; i < 4 + dead; i++) {
		char uuid[UUID_LEN + 1];

		snprintf(uuid, sizeof(uuid), "22222222-2222-4222-8222-%012u", i);
		cr_assert_eq(claim_index_put(root, uuid), 0);
		if (i >= 4)
			continue;
		cr_assert_eq(mkdirat(root, uuid, 0755), 0);
		claim_put_on(uuid, &own, 0);
	}
	cr_expect_eq(reserved_count(root, UUID, &config, &own, 5), 4, "all that there are");
	cr_expect_eq(hints_count(), 4 + dead - 16, "few are dropped at a time");
	cr_expect_eq(reserved_count(root, UUID, &config, &own, 5), 4);
	cr_expect_eq(hints_count(), 4, "all are in the end");
	cr_expect_eq(reserved_count(root, UUID, &config, &own, 3), 3, "no further than it matters");
}

/* Whatever else lies beside them. */
Test(files, make_few_probes, .init = set_up, .fini = tear_down)
{
	static char rel[] = UUID "/" PROBE;
	struct config config;

	config_default(&config);
	place.config = &config;
	place.rel = rel;
	place.probe = true;
	file_make(UUID "/disk", "x");
	file_make(UUID "/0123456789abcdef0123456789abcdef.tm", "x");
	for (unsigned i = 0; i < PROBES_MAX; i++) {
		rel[UUID_LEN + 1] = (char)('1' + i);
		cr_expect_eq(builtin_touch(&place), BUILTIN_DONE, "%u", i);
	}
	cr_expect_eq(builtin_touch(&place), BUILTIN_DONE, "one that is there");
	rel[UUID_LEN + 1] = 'f';
	cr_expect_eq(builtin_touch(&place), BUILTIN_TOO_MANY_PROBES);
	cr_expect_not(is_there(rel));
	rel[UUID_LEN + 1] = '1';
	cr_expect_eq(builtin_remove(&place), BUILTIN_DONE);
	rel[UUID_LEN + 1] = 'f';
	cr_expect_eq(builtin_touch(&place), BUILTIN_DONE);
}

/* In a process of its own, whose lock is its own. */
static pid_t start(builtin_fn *operation)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	place.turn = turn_open(&(struct roots){ .count = 1, .fd = { root } });
	_exit(operation(&place));
}

static void expect_to_wait(builtin_fn *operation, const char *what)
{
	int status = -1;
	pid_t pid;

	cr_assert_eq(turn_take(place.turn, place.request), 0);
	pid = start(operation);
	for (unsigned i = 0; i < 300; i++) { /* one that does not wait has ended by then */
		cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "%s did not wait", what);
		(void)poll(NULL, 0, 1);
	}
	turn_give(place.turn);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == BUILTIN_DONE, "%s: %d", what, status);
}

Test(files, wait_for_their_turn, .init = set_up, .fini = tear_down)
{
	struct request own = { .peer = "192.0.2.1", .key = "-" };
	struct config config;
	const int instance = place.instance;

	config_default(&config);
	place.config = &config;
	place.rel = UUID "/" PROBE;
	place.probe = true;
	expect_to_wait(builtin_touch, "a probe");
	expect_to_wait(builtin_touch, "a probe that is there");
	place.probe = false;
	place.rel = UUID;
	expect_to_wait(builtin_remove_tree, "the end of rm -rf");
	expect_made(&config, &own);
	expect_to_wait(builtin_mkdir, "an instance that is made");
	place.instance = root_openat(root, UUID, O_RDONLY | O_DIRECTORY, 0);
	expect_to_wait(builtin_rmdir, "rmdir");
	close(instance);
}

static void expect_no_probe(void)
{
	cr_assert_eq(builtin_touch(&place), 1);
	cr_assert_eq(builtin_remove(&place), 1);
	cr_assert(is_there(UUID "/" PROBE));
}

/* The name of a probe stands for an empty file and nothing else, whoever put it there. */
Test(files, take_nothing_but_an_empty_file_for_a_probe, .init = set_up, .fini = tear_down)
{
	struct config config;

	config_default(&config);
	place.config = &config;
	place.rel = UUID "/" PROBE;
	place.probe = true;
	cr_expect_eq(builtin_touch(&place), 0);
	cr_expect_eq(builtin_touch(&place), 0);
	cr_expect_eq(builtin_remove(&place), 0);
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

Test(builtin, has_a_function_for_each_builtin_operation_and_no_other)
{
	for (enum op op = OP_NONE; op < OP_COUNT; op++)
		cr_expect_eq(builtin_of(op) != NULL, op_row(op)->by == OP_BY_BUILTIN, "%s", op_word(op));
	cr_expect_null(builtin_of(OP_COUNT));
	cr_expect_null(builtin_of((enum op) - 1));
}
