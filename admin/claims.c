/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "admin/account.h"
#include "admin/claims_table.h"
#include "admin/exit_code.h"
#include "admin/identity.h"
#include "admin/leftover.h"
#include "base/directory.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/config_open.h"
#include "node/instance.h"
#include "node/peers_open.h"
#include "node/root.h"
#include "node/seal.h"
#include "policy/path.h"

struct node {
	struct config config;
	struct roots roots;
	struct domains domains;
	const char *user;
};

/* One instance directory, as the operator sees it. */
struct holding {
	const char *root, *uuid;
	const char *state;
	bool busy;
	bool dated; /* peer, key, age and left are known */
	struct claim claim;
	int64_t age;  /* seconds, by the clock that shows the larger age */
	int64_t left; /* seconds until it expires; 0 if it has expired */
	bool leftover;
	char clear[LEFTOVER_COMMAND_MAX]; /* the command that clears it; "" if we do not know that it is safe */
};

static int complain(const char *what, const char *detail)
{
	fprintf(stderr, "rssh-nova-admin claims: %s%s%s\n", what, detail[0] != '\0' ? ": " : "", detail);
	return ADMIN_FOUND;
}

static int usage(const char *what, const char *word)
{
	(void)complain(what, word);
	return ADMIN_CANNOT;
}

/* To another user, who cannot open the directories, each would look busy. */
static int owner_check(const struct node *node)
{
	for (unsigned i = 0; i < node->roots.count; i++) {
		struct stat st;

		if (fstat(node->roots.fd[i], &st) == 0 && st.st_uid != geteuid()) {
			(void)complain(
				"run it as root, or as the owner of this directory", text_at(&node->config.roots, i));
			return -1;
		}
	}
	return 0;
}

static int node_open(struct node *out, const struct options *options)
{
	const char *const path = options->config != NULL ? options->config : CONFIG_PATH;
	const bool is_root = geteuid() == 0;
	struct fault fault;
	char text[512];

	domains_read(&out->domains); /* while we are still root */
	out->user = options->user != NULL ? options->user : ACCOUNT_DEFAULT;
	if (account_become(options->user, false) != 0)
		return -1;
	if (config_open(&out->config, path, false, "", &fault) == 0 &&
		roots_open(&out->roots, &out->config, "", &fault) == 0)
		return is_root ? 0 : owner_check(out);
	fault_text_at(text, sizeof(text), &fault);
	(void)complain(text, "");
	return -1;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The state of the claim for the peer that it names. */
static const char *state_of(struct holding *out, const struct config *config, struct moment now)
{
	struct request holder = { .present = false };

	strcpy(holder.peer, out->claim.peer);
	strcpy(holder.key, out->claim.key);
	out->dated = true;
	out->age = larger(now.wall - out->claim.made.wall, now.boot - out->claim.made.boot);
	switch (claim_judge(&out->claim, config->claims_identity, &holder, config->claims_window, 0, now)) {
	case CLAIM_OWN:
		out->left = config->claims_window - out->age;
		return "claimed";
	case CLAIM_EXPIRED:
		return "expired";
	case CLAIM_OTHER: /* [claims] identity needs a key, and the claim has none */
	case CLAIM_NONE:
	case CLAIM_BUSY:
	case CLAIM_GRACE:
	case CLAIM_STALE:
	case CLAIM_CHANGED:
	case CLAIM_PROBE:
	case CLAIM_OFF:
	case CLAIM_COUNT:
		break;
	}
	return "void";
}

static void holding_read(struct holding *out, const struct config *config, int fd)
{
	const bool readable = instance_claim_read(&out->claim, fd);

	if (readable)
		out->state = state_of(out, config, instance_now());
	else
		out->state = errno == ENODATA ? "none" : "void";
	out->busy = instance_is_busy(fd);
	if (readable && seal_judge(fd, CLAIM_OWN) == CLAIM_CHANGED)
		out->state = claim_word(CLAIM_CHANGED);
}

static json_t *holding_json(const struct holding *holding)
{
	json_t *const object = json_pack("{s:s,s:s,s:s,s:b}", "root", holding->root, "instance", holding->uuid, "state",
		holding->state, "busy", (int)holding->busy);

	if (object == NULL || !holding->dated)
		return object;
	json_object_set_new(object, "peer", json_string(holding->claim.peer));
	json_object_set_new(object, "key", json_string(holding->claim.key));
	json_object_set_new(object, "age", json_integer(holding->age));
	json_object_set_new(object, "expires_in", json_integer(holding->left));
	json_object_set_new(object, "leftover", json_boolean(holding->leftover));
	if (holding->clear[0] != '\0')
		json_object_set_new(object, "clear", json_string(holding->clear));
	return object;
}

static int holding_list(const struct node *node, unsigned root, const char *uuid, json_t *array)
{
	struct holding holding = { .root = text_at(&node->config.roots, root), .uuid = uuid };
	OWN_FD int fd = instance_open(node->roots.fd[root], uuid);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0; /* deleted meanwhile, or no directory */
	if (fd < 0)
		return -1;
	holding_read(&holding, &node->config, fd);
	holding.leftover = leftover_is(fd, uuid, &node->config, &node->domains);
	if (holding.leftover)
		leftover_command(holding.clear, &node->domains, node->user, holding.root, uuid);
	return json_array_append_new(array, holding_json(&holding));
}

static int root_list(const struct node *node, unsigned root, json_t *array)
{
	OWN_FD int dir = root_openat(node->roots.fd[root], ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent64 *entry;
	struct directory names;
	int more, rc = 0;

	if (dir < 0)
		return -1;
	directory_begin(&names, dir);
	while ((more = directory_next(&names, &entry)) == 1) {
		if (!path_is_uuid(entry->d_name, strlen(entry->d_name)))
			continue;
		if (holding_list(node, root, entry->d_name, array) == 0)
			continue;
		rc = -1;
		(void)complain(entry->d_name, strerror(errno));
	}
	return more != 0 ? -1 : rc;
}

static int list(const struct node *node, const struct options *options)
{
	json_t *const array = json_array();
	int status = ADMIN_GOOD;

	for (unsigned i = 0; i < node->roots.count; i++)
		if (root_list(node, i, array) != 0)
			status = complain("cannot read all of it", text_at(&node->config.roots, i));
	if (options->json) {
		json_dumpf(array, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		claims_table_print(array, options->all);
	}
	json_decref(array);
	return status;
}

/* Opens the instance directory of uuid, owned by the caller, and sets its root. Fails with -1 unless exactly one root
 * has it. */
static int instance_find(const struct node *node, const char *uuid, int *root)
{
	OWN_FD int found = -1;

	for (unsigned i = 0; i < node->roots.count; i++) {
		OWN_FD int fd = instance_open(node->roots.fd[i], uuid);

		if (fd < 0 && errno != ENOENT) {
			(void)complain(text_at(&node->config.roots, i), strerror(errno));
			return -1;
		}
		if (fd >= 0 && found >= 0) {
			(void)complain(
				"more than one instances_path has this instance: remove the stale directory first",
				uuid);
			return -1;
		}
		if (fd >= 0) {
			found = fd_take(&fd);
			*root = node->roots.fd[i];
		}
	}
	if (found < 0)
		(void)complain("no instances_path has this instance", uuid);
	return fd_take(&found);
}

/* Could a claim with this identity ever be valid? */
static bool counts(const struct config *config, const struct identity *identity)
{
	return config->claims_identity == IDENTITY_ADDRESS || strcmp(identity->key, "-") != 0;
}

static int grant(const struct node *node, const char *uuid, const struct identity *identity)
{
	int root = -1;
	OWN_FD int fd = instance_find(node, uuid, &root);
	struct request peer = { .present = false };
	char text[CLAIM_TEXT_MAX];
	struct fault fault;

	if (fd < 0)
		return ADMIN_FOUND;
	if (!counts(&node->config, identity))
		return usage("missing --key SHA256:...: [claims] identity needs it", "");
	strcpy(peer.peer, identity->peer);
	strcpy(peer.key, identity->key);
	if (peers_open(peer.peer_name, &node->config, peer.peer, false, &fault) != 0 ||
		instance_claim_text(text, &peer, &fault) != 0)
		return complain(fault.what, fault.detail);
	if (fsetxattr(fd, CLAIM_ATTRIBUTE, text, strlen(text), 0) != 0)
		return complain("cannot write the claim", strerror(errno));
	if (node->config.claims_mode == CLAIMS_ENFORCE && seal_set(fd) != 0)
		return complain("the claim may be invalid: cannot write its seal", strerror(errno));
	if (claim_index_put(root, uuid) != 0)
		return complain(
			"the claim is valid, except for sftp and rsync-remove: cannot add it to the claim index",
			strerror(errno));
	if (instance_is_busy(fd))
		fputs("rssh-nova-admin claims: the instance lives on this node: the claim allows nothing until it has left\n",
			stderr);
	return ADMIN_GOOD;
}

static int release(const struct node *node, const char *uuid)
{
	int root = -1;
	OWN_FD int fd = instance_find(node, uuid, &root);

	if (fd < 0)
		return ADMIN_FOUND;
	claim_index_drop(root, uuid);
	if (fremovexattr(fd, CLAIM_ATTRIBUTE) != 0)
		return errno == ENODATA ? complain("not claimed", uuid)
					: complain("cannot remove the claim", strerror(errno));
	return ADMIN_GOOD;
}

int claims_run(const struct options *options)
{
	static struct node node;
	const char *const verb = options->count > 0 ? options->words[0] : "";
	const char *const uuid = options->count > 1 ? options->words[1] : NULL;
	const bool lists = strcmp(verb, "list") == 0, grants = strcmp(verb, "grant") == 0;
	struct identity identity;

	if (!lists && !grants && strcmp(verb, "release") != 0)
		return usage("give list, grant or release", verb);
	if (lists && uuid != NULL)
		return usage("unexpected argument of list", uuid);
	if (!lists && (uuid == NULL || !path_is_uuid(uuid, strlen(uuid))))
		return usage("give the uuid of an instance, in lower case", uuid == NULL ? "" : uuid);
	if (grants ? options->peer == NULL : options->peer != NULL || options->key != NULL)
		return usage(grants ? "missing --peer ADDR" : "only grant takes --peer and --key", "");
	if ((options->json || options->all) && !lists)
		return usage("only list takes --json and --all", "");
	if (identity_read(&identity, options->peer, options->key) != 0 || node_open(&node, options) != 0)
		return ADMIN_CANNOT;
	if (lists)
		return list(&node, options);
	return grants ? grant(&node, uuid, &identity) : release(&node, uuid);
}
