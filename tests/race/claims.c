/* SPDX-License-Identifier: Apache-2.0 */
/* claims: many peers want one instance at the same moment, round after round.
 * Takes:   ROUNDS PEERS SHELL PATH, as the user of the node. In each round every peer makes PATH at once, then
 *          touches a file of its own in it, then removes it.
 * Gives:   one JSON object on stdout: how often each of the three was done, by how many in one round at most; how
 *          often each peer had the claim; in how many rounds a file was seen that is not the claim's owner's
 *          ("strange"), and in how many all of it was as it is when nobody disturbs ("clean").
 * Fails:   with 2 when it was called wrongly or the shell cannot be started. */
#include "peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	PEERS_MAX = 64,
	STEPS = 3,
};

struct claims {
	const char *shell, *path;
	unsigned peers;
	unsigned long rounds, done[STEPS], strange, clean, won[PEERS_MAX];
	unsigned most[STEPS];
};

/* All peers at once. Gives how many came through, -1 when one could not be started. */
static int all_at_once(const struct claims *claims, const char *format)
{
	pid_t pids[PEERS_MAX];
	int done = 0;

	for (unsigned i = 0; i < claims->peers; i++) {
		char line[512];
		const int len = snprintf(line, sizeof(line), "%s %s", format, claims->path);

		if (strcmp(format, "touch") == 0)
			snprintf(line + len, sizeof(line) - (size_t)len, "/of-%u", i + 1);
		pids[i] = peer_start(claims->shell, line, i + 1);
		if (pids[i] < 0)
			return -1;
	}
	for (unsigned i = 0; i < claims->peers; i++)
		done += peer_wait(pids[i]) == 0;
	return done;
}

/* The peer in the claim "1 WALL BOOT 192.0.2.PEER KEY"; 0 for none. */
static unsigned owner_of(int fd)
{
	char text[256];
	const ssize_t len = fgetxattr(fd, "user.rssh-nova.claim", text, sizeof(text) - 1);
	unsigned peer;

	if (len < 0)
		return 0;
	text[len] = '\0';
	return sscanf(text, "%*s %*s %*s 192.0.2.%u ", &peer) == 1 ? peer : 0;
}

/* Looks at one and the same directory for its claim and its files. Gives the owner. */
static unsigned look(const char *path, bool *strange)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *const names = fd < 0 ? NULL : fdopendir(fd);
	const unsigned owner = fd < 0 ? 0 : owner_of(fd);
	const struct dirent *entry;
	unsigned peer;

	*strange = false;
	while (names != NULL && (entry = readdir(names)) != NULL)
		if (sscanf(entry->d_name, "of-%u", &peer) == 1 && peer != owner)
			*strange = true;
	if (names != NULL)
		closedir(names);
	return owner;
}

static int run(struct claims *claims)
{
	static const char *const steps[STEPS] = { "mkdir -p", "touch", "rm -rf" };
	unsigned owner = 0;
	int done[STEPS];
	bool strange = false;

	for (unsigned i = 0; i < STEPS; i++) {
		if (i == STEPS - 1)
			owner = look(claims->path, &strange);
		done[i] = all_at_once(claims, steps[i]);
		if (done[i] < 0)
			return -1;
		claims->done[i] += (unsigned)done[i];
		if ((unsigned)done[i] > claims->most[i])
			claims->most[i] = (unsigned)done[i];
	}
	if (owner >= 1 && owner <= claims->peers)
		claims->won[owner - 1]++;
	claims->strange += strange;
	claims->clean += owner != 0 && done[0] == 1 && done[1] == 1 && done[2] >= 1 && access(claims->path, F_OK) != 0;
	return 0;
}

static void print(const struct claims *claims)
{
	printf("{\"rounds\": %lu, \"strange\": %lu, \"clean\": %lu, \"made\": %lu, \"touched\": %lu, \"removed\": %lu, "
	       "\"most\": [%u, %u, %u], \"won\": [",
		claims->rounds, claims->strange, claims->clean, claims->done[0], claims->done[1], claims->done[2],
		claims->most[0], claims->most[1], claims->most[2]);
	for (unsigned i = 0; i < claims->peers; i++)
		printf("%s%lu", i == 0 ? "" : ", ", claims->won[i]);
	printf("]}\n");
}

int main(int argc, char *argv[])
{
	static struct claims claims;

	if (argc != 5)
		return 2;
	claims.rounds = strtoul(argv[1], NULL, 10);
	claims.peers = (unsigned)strtoul(argv[2], NULL, 10);
	claims.shell = argv[3];
	claims.path = argv[4];
	if (claims.peers < 2 || claims.peers > PEERS_MAX)
		return 2;
	for (unsigned long i = 0; i < claims.rounds; i++)
		if (run(&claims) != 0)
			return 2;
	print(&claims);
	return 0;
}
