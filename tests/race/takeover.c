/* SPDX-License-Identifier: Apache-2.0 */
/* takeover: many peers take over one empty directory at the moment in which its owner writes into it, or removes it.
 * Takes:   ROUNDS PEERS SHELL PATH, as the user of the node. Before each round PATH is empty and carries a claim of
 *          OWNER that is an hour old. Then each peer makes PATH, and OWNER touches a file in it or, in every other
 *          round, removes it, all at once.
 * Gives:   one JSON object on stdout: in how many rounds a peer has it ("taken"), the owner kept it with the file
 *          ("kept"), the owner removed it before it was made anew ("removed"); and in how many anything else came out
 *          ("wrong"): no peer or more than one was told yes, a file or a claim was lost, the owner was told yes
 *          for nothing.
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
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum {
	PEERS_MAX = 64,
	OWNER = 100,
	AGE = 3600,
	NOBODY = -1,
};

struct takeover {
	const char *shell, *path;
	int peers;
	unsigned long rounds, taken, kept, removed, wrong;
};

static int64_t seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec;
}

static int prepare(const struct takeover *all)
{
	const int64_t boot = seconds(CLOCK_BOOTTIME);
	char claim[128];
	const int len = snprintf(claim, sizeof(claim), "1 %lld %lld 192.0.2.%d -",
		(long long)seconds(CLOCK_REALTIME) - AGE, (long long)(boot > AGE ? boot - AGE : 0), OWNER);

	if (mkdir(all->path, 0755) != 0)
		return -1;
	return setxattr(all->path, "user.rssh-nova.claim", claim, (size_t)len, 0);
}

/* Who has the directory, and whether the claim was made now. NOBODY when it is not there or not claimed. */
static int holder_of(const struct takeover *all, bool *fresh)
{
	char text[256];
	const ssize_t len = getxattr(all->path, "user.rssh-nova.claim", text, sizeof(text) - 1);
	long long wall;
	int peer;

	*fresh = false;
	if (len < 0)
		return NOBODY;
	text[len] = '\0';
	if (sscanf(text, "1 %lld %*s 192.0.2.%d ", &wall, &peer) != 2)
		return NOBODY;
	*fresh = seconds(CLOCK_REALTIME) - wall < AGE / 2;
	return peer;
}

static unsigned entries(const struct takeover *all)
{
	DIR *const names = opendir(all->path);
	unsigned count = 0;

	while (names != NULL && readdir(names) != NULL)
		count++;
	if (names != NULL)
		closedir(names);
	return count > 2 ? count - 2 : 0;
}

/* All at once, the owner behind so many peers. Gives the only peer that was told yes, NOBODY when there is none or more
 * than one (*many). */
static int compete(const struct takeover *all, const char *owners, int behind, bool *owner_done, bool *many)
{
	pid_t pids[PEERS_MAX + 1];
	char line[512];
	int winner = NOBODY;

	snprintf(line, sizeof(line), "mkdir -p %s", all->path);
	for (int i = 0; i <= all->peers; i++) {
		if (i == behind)
			pids[all->peers] = peer_start(all->shell, owners, OWNER);
		if (i < all->peers)
			pids[i] = peer_start(all->shell, line, (unsigned)i + 1);
	}
	*many = false;
	for (int i = 0; i < all->peers; i++) {
		if (pids[i] < 0)
			exit(2);
		if (peer_wait(pids[i]) != 0)
			continue;
		*many = *many || winner != NOBODY;
		winner = i + 1;
	}
	*owner_done = peer_wait(pids[all->peers]) == 0;
	return winner;
}

static void count(struct takeover *all, bool removes, int winner, bool many, bool owner_done)
{
	bool fresh;
	const int holder = holder_of(all, &fresh);
	const unsigned files = entries(all);

	if (!many && winner != NOBODY && holder == winner && fresh && files == 0 && (removes || !owner_done)) {
		all->taken++;
		all->removed += owner_done;
	} else if (!many && winner == NOBODY && !removes && owner_done && holder == OWNER && files == 1) {
		all->kept++;
	} else {
		all->wrong++;
	}
}

static int run(struct takeover *all, bool removes, int behind)
{
	char owners[1024], file[512];
	bool owner_done, many;
	int winner;

	snprintf(file, sizeof(file), "%s/file", all->path);
	snprintf(owners, sizeof(owners), "%s %s", removes ? "rm -rf" : "touch", removes ? all->path : file);
	if (prepare(all) != 0)
		return -1;
	winner = compete(all, owners, behind, &owner_done, &many);
	count(all, removes, winner, many, owner_done);
	(void)unlink(file);
	return rmdir(all->path);
}

int main(int argc, char *argv[])
{
	static struct takeover all;

	if (argc != 5)
		return 2;
	all.rounds = strtoul(argv[1], NULL, 10);
	all.peers = atoi(argv[2]);
	all.shell = argv[3];
	all.path = argv[4];
	if (all.peers < 2 || all.peers > PEERS_MAX)
		return 2;
	for (unsigned long i = 0; i < all.rounds; i++)
		if (run(&all, i % 2 == 1, (int)(i / 2) % (all.peers + 1)) != 0)
			return 2;
	printf("{\"rounds\": %lu, \"taken\": %lu, \"kept\": %lu, \"removed\": %lu, \"wrong\": %lu}\n", all.rounds,
		all.taken, all.kept, all.removed, all.wrong);
	return 0;
}
