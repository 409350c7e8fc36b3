/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/own.h"
#include "base/sha256.h"
#include "policy/claim.h"
#include "policy/peer.h"

static const char file[] = ".rssh-nova.sessions";

enum {
	REGION_BITS = 40,
	PEER_COUNT_MAX = sizeof("waiting ") + PEER_MAX,
};

int slot_file_open(const struct roots *roots)
{
	OWN_FD int fd = root_openat(roots->fd[0], file, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	/* Another user who can open this file could lock every slot. */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		errno = EPERM;
		return -1;
	}
	return fd_take(&fd);
}

/* The offset of the first slot of a count. No byte is ever written. */
static off_t region_of(const char *name)
{
	uint8_t digest[SHA256_SIZE];
	uint64_t number = 0;

	sha256(digest, (const uint8_t *)name, strlen(name));
	for (unsigned i = 0; i < REGION_BITS / 8; i++)
		number = number << 8 | digest[i];
	return (off_t)(number * SESSIONS_MAX);
}

/* Returns 1; 0 if every slot is taken; -1 and errno. */
static int place_take(int fd, const char *name, int64_t most)
{
	const off_t region = region_of(name);

	for (int64_t i = 0; i < most; i++) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = region + i, .l_len = 1 };

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 1;
		if (errno != EAGAIN && errno != EACCES)
			return -1;
	}
	return most == 0;
}

/* The name of a count of the peer: by its name or its network. */
static void peer_count(char out[PEER_COUNT_MAX], const char *what, const struct request *request)
{
	char *const name = stpcpy(out, what);

	if (request->peer_name[0] != '\0')
		(void)stpcpy(name, request->peer_name);
	else
		peer_network(name, request->peer);
}

off_t slot_of_waiting(const struct request *request)
{
	char name[PEER_COUNT_MAX];

	peer_count(name, "waiting ", request);
	return region_of(name);
}

/* Counts the peer by its name or its network, and by its key if keys identify peers. In most clouds all nodes share one
 * key: a count by that key would make the limit of a peer the limit of the cloud. */
static int peer_places_take(int fd, const struct config *config, const struct request *request)
{
	char name[PEER_COUNT_MAX];
	int taken;

	peer_count(name, "peer ", request);
	taken = place_take(fd, name, config->peer_sessions);
	if (taken != 1 || config->claims_identity == IDENTITY_ADDRESS || strcmp(request->key, "-") == 0)
		return taken;
	return place_take(fd, request->key, config->peer_sessions);
}

/* By the name of this node: the file may be on storage that all nodes share, and each has a libvirtd of its own. */
static int tunnel_place_take(int fd, const struct config *config)
{
	struct utsname node;
	char name[sizeof("tunnel ") + sizeof(node.nodename)];

	if (uname(&node) != 0)
		return -1;
	snprintf(name, sizeof(name), "tunnel %s", node.nodename);
	return place_take(fd, name, config->tunnels);
}

static int places_take(int fd, const struct config *config, const struct request *request, bool in_tunnel)
{
	char profile[sizeof("profile ") + PROFILE_MAX];
	int taken = place_take(fd, "user", config->sessions);

	if (taken == 1)
		taken = peer_places_take(fd, config, request);
	snprintf(profile, sizeof(profile), "profile %s", request->profile);
	if (taken == 1)
		taken = place_take(fd, profile, config->profile_sessions);
	return taken == 1 && in_tunnel ? tunnel_place_take(fd, config) : taken;
}

int slot_take(const struct config *config, const struct roots *roots, const struct request *request, bool in_tunnel,
	struct fault *fault)
{
	OWN_FD int fd = -1;
	int taken;

	if (config->sessions == 0 && config->peer_sessions == 0 && config->profile_sessions == 0 &&
		(!in_tunnel || config->tunnels == 0))
		return 1;
	fd = slot_file_open(roots);
	taken = fd < 0 ? -1 : places_take(fd, config, request, in_tunnel);
	if (taken < 0)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"cannot count the transfers: look at this file of instances_path, or set "
			"[limits] sessions and peer_sessions, and [libvirt] tunnels, to 0",
			errno, file);
	if (taken == 1)
		(void)fd_take(&fd); /* the lock ends with the process */
	return taken;
}
