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

/* A directory is about to be made: can its file system keep a claim? Nobody can be told apart without one. */
static int claim_prepare(struct decision *decision, const struct verdict *verdict, struct fault *fault)
{
	OWN_FD int root = root_openat(decision->roots->fd[verdict->root], ".", O_RDONLY | O_DIRECTORY, 0);
	const bool enforced = decision->config->claims_mode == CLAIMS_ENFORCE;

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
	return instance_claim_text(decision->claim, decision->request, fault);
}

/* What the claim on the instance means to what is asked for. */
static enum claim_state state_of(const struct decision *decision, const struct verdict *verdict)
{
	const struct config *const config = decision->config;
	enum claim_state state;

	if (verdict->op == OP_MKDIR && verdict->rel[UUID_LEN] == '\0' && instance_is_stale(decision->instance, config))
		return CLAIM_STALE;
	state = instance_claim(decision->instance, config, decision->request, verdict->needs_claim);
	return verdict->needs_claim && config->claims_mode == CLAIMS_ENFORCE ? seal_judge(decision->instance, state)
									     : state;
}

int decision_claim(struct decision *decision, struct verdict *verdict, struct fault *fault)
{
	const struct config *const config = decision->config;
	enum claim_state state = CLAIM_NONE;

	fd_drop(&decision->instance);
	if (verdict->kind == VERDICT_DENY || verdict->instance[0] == '\0' || verdict->op == OP_SEND)
		return 0;
	decision->instance = instance_open(decision->roots->fd[verdict->root], verdict->instance);
	if (decision->instance < 0 && errno == ELOOP) {
		verdict_deny_symlink(verdict);
		return 0;
	}
	/* Of one that is there and cannot be looked into nothing is known, nor whether an act on it is done. */
	if (decision->instance < 0 && errno != ENOENT && errno != ENOTDIR)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open the instance", errno, verdict->instance);
	if (config->claims_mode == CLAIMS_OFF)
		return 0;
	if (config->claims_identity != IDENTITY_ADDRESS && strcmp(decision->request->key, "-") == 0)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"[claims] identity wants the key, which sshd does not tell: set ExposeAuthInfo yes", 0, NULL);
	if (decision->instance >= 0)
		state = state_of(decision, verdict);
	if (verdict->op == OP_MKDIR && (decision->instance < 0 || state == CLAIM_STALE) &&
		claim_prepare(decision, verdict, fault) != 0)
		return -1;
	verdict_apply_claim(verdict, config, state, decision->instance >= 0);
	return 0;
}

/* A place that may be sent while its instance lives here. */
static int running_bring(const struct decision *decision, struct verdict *verdict, struct fault *fault)
{
	OWN_FD int fd = instance_file_of_running(decision->roots->fd[verdict->root], verdict->rel);

	if (fd < 0 && !root_lacks(errno))
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot look at the instance", errno, verdict->instance);
	if (fd < 0)
		verdict_deny_not_running(verdict);
	return 0;
}

/* A sender would follow a link to whatever its own start-up needs. */
static int link_bring(const struct decision *decision, struct verdict *verdict, struct fault *fault)
{
	OWN_FD int fd = -1;

	if (verdict->kind != VERDICT_ALLOW || verdict->op != OP_SEND)
		return 0;
	fd = root_openat(decision->roots->fd[verdict->root], verdict->rel, O_PATH, 0);
	if (fd < 0 && errno == ELOOP)
		verdict_deny_symlink(verdict);
	else if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open what is to be sent", errno, verdict->path);
	else if (fd >= 0 && verdict->while_running)
		return running_bring(decision, verdict, fault);
	return 0;
}

int decision_make(struct decision *decision, struct verdict *verdict, struct fault *fault)
{
	const struct config *const config = decision->config;
	const struct request *const request = decision->request;
	const enum words_error error = words_split(&decision->words, request->command);
	enum reason reason;

	decision->facts = (struct facts){ .free_space = INT64_MAX, .peer = request->peer };
	if (!request->present)
		*verdict = verdict_refuse(REASON_NO_COMMAND);
	else if (error != WORDS_OK)
		*verdict = verdict_refuse(words_reason(error));
	else if (!form_match(&decision->match, &reason, &decision->words, config->program[PROGRAM_SFTP_SERVER],
			 request->forced))
		*verdict = verdict_refuse(reason);
	else {
		if (config->free_space != 0 && verdict_needs_space(&decision->match))
			decision->facts.free_space = roots_free_space(decision->roots);
		*verdict = verdict_decide(config, &decision->match, &decision->facts);
	}
	if (link_bring(decision, verdict, fault) != 0)
		return -1;
	return decision_claim(decision, verdict, fault);
}

int decision_prepare(struct config *config, struct roots *roots, struct invocation *invocation, struct fault *fault)
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
