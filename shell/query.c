/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/query.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "base/own.h"
#include "node/config_open.h"
#include "node/instance.h"
#include "node/peers_open.h"
#include "node/seal.h"
#include "policy/libvirt_line.h"

/* Can the file system of a directory that we will make keep a claim? Without one no peer can be told from another. */
static int claim_prepare(struct query *query, const struct verdict *verdict, struct fault *fault)
{
	OWN_FD int root = root_openat(query->roots->fd[verdict->root], ".", O_RDONLY | O_DIRECTORY, 0);
	const bool enforced = query->config->claims_mode == CLAIMS_ENFORCE;

	if (root < 0)
		return fault_set(
			fault, REASON_NOT_CONFIGURED, "cannot open instances_path to try a claim", errno, NULL);
	if (fgetxattr(root, CLAIM_ATTRIBUTE, NULL, 0) < 0 && errno != ENODATA) {
		if (!enforced)
			return 0;
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"the file system of instances_path keeps no user attributes: "
			"move it to one that does, or set [claims] mode = off",
			errno, NULL);
	}
	return instance_claim_text(query->claim, query->request, fault);
}

/* What does the claim on the instance mean for the command? */
static enum claim_state state_of(const struct query *query, const struct verdict *verdict)
{
	const struct config *const config = query->config;
	enum claim_state state;

	if (verdict->op == OP_MKDIR && verdict->rel[UUID_LEN] == '\0' && instance_is_stale(query->instance, config))
		return CLAIM_STALE;
	state = instance_claim(query->instance, config, query->request, verdict->needs_claim);
	return verdict->needs_claim && config->claims_mode == CLAIMS_ENFORCE ? seal_judge(query->instance, state)
									     : state;
}

int query_load_claim(struct query *query, struct verdict *verdict, struct fault *fault)
{
	const struct config *const config = query->config;
	enum claim_state state = CLAIM_NONE;

	fd_drop(&query->instance);
	if (verdict->kind == VERDICT_DENY || verdict->instance[0] == '\0' || verdict->op == OP_SEND)
		return 0;
	query->instance = instance_open(query->roots->fd[verdict->root], verdict->instance);
	if (query->instance < 0 && errno == ELOOP) {
		verdict_deny_symlink(verdict);
		return 0;
	}
	/* Nothing is known of an instance that exists but cannot be opened, not even whether the operation is already
	 * done. */
	if (query->instance < 0 && errno != ENOENT && errno != ENOTDIR)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open the instance", errno, verdict->instance);
	if (config->claims_mode == CLAIMS_OFF)
		return 0;
	if (config->claims_identity != IDENTITY_ADDRESS && strcmp(query->request->key, "-") == 0)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"[claims] identity wants the key, which sshd does not tell: set ExposeAuthInfo yes", 0, NULL);
	if (query->instance >= 0)
		state = state_of(query, verdict);
	if (verdict->op == OP_MKDIR && (query->instance < 0 || state == CLAIM_STALE) &&
		claim_prepare(query, verdict, fault) != 0)
		return -1;
	verdict_apply_claim(verdict, config, state, query->instance >= 0);
	return 0;
}

/* A file that may be sent while its instance lives here. */
static int running_bring(const struct query *query, struct verdict *verdict, struct fault *fault)
{
	OWN_FD int fd = instance_file_of_running(query->roots->fd[verdict->root], verdict->rel);

	if (fd < 0 && !root_lacks(errno))
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot look at the instance", errno, verdict->instance);
	if (fd < 0)
		verdict_deny_not_running(verdict);
	return 0;
}

/* A sender would follow a link to any file that its own start needs. */
static int deny_symlink(const struct query *query, struct verdict *verdict, struct fault *fault)
{
	OWN_FD int fd = -1;

	if (verdict->kind != VERDICT_ALLOW || verdict->op != OP_SEND)
		return 0;
	fd = root_openat(query->roots->fd[verdict->root], verdict->rel, O_PATH, 0);
	if (fd < 0 && errno == ELOOP)
		verdict_deny_symlink(verdict);
	else if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open what is to be sent", errno, verdict->path);
	else if (fd >= 0 && verdict->while_running)
		return running_bring(query, verdict, fault);
	return 0;
}

/* The line has no words: all of it is known. */
static struct verdict tunnel_decide(struct query *query)
{
	query->match = (struct match){ .form = FORM_LIBVIRT };
	return verdict_decide(query->config, &query->match, &query->facts);
}

int query_decide(struct query *query, struct verdict *verdict, struct fault *fault)
{
	const struct config *const config = query->config;
	const struct request *const request = query->request;
	const bool tunnel = config->libvirt_tunnel && libvirt_line_is_exact(request->command);
	const enum words_error error = tunnel ? WORDS_OK : words_split(&query->words, request->command);
	enum reason reason;

	query->facts = (struct facts){ .free_space = INT64_MAX, .peer = request->peer };
	if (!request->present)
		*verdict = verdict_refuse(REASON_NO_COMMAND);
	else if (error != WORDS_OK)
		*verdict = verdict_refuse(words_reason(error));
	else if (tunnel)
		*verdict = tunnel_decide(query);
	else if (!form_match(
			 &query->match, &reason, &query->words, config->program[PROGRAM_SFTP_SERVER], request->forced))
		*verdict = verdict_refuse(reason);
	else {
		if (config->free_space != 0 && verdict_needs_space(&query->match))
			query->facts.free_space = roots_free_space(query->roots);
		*verdict = verdict_decide(config, &query->match, &query->facts);
	}
	if (deny_symlink(query, verdict, fault) != 0)
		return -1;
	return query_load_claim(query, verdict, fault);
}

int query_prepare(struct config *config, struct roots *roots, struct invocation *invocation, struct fault *fault)
{
	const char *const path = invocation->config[0] != '\0' ? invocation->config : CONFIG_PATH;
	struct request *const request = &invocation->request;

	if (invocation->fault != NULL) {
		config_default(config);
		return fault_set(fault, REASON_NOT_CONFIGURED, invocation->fault, 0, NULL);
	}
	if (config_open(config, path, invocation->typed, request->profile, fault) != 0 ||
		peers_open(request->peer_name, config, request->peer, invocation->typed, fault) != 0)
		return -1;
	return roots_open(roots, config, invocation->home, fault);
}
