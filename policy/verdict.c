/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include "policy/path.h"

struct verdict verdict_refuse(enum reason reason)
{
	return (struct verdict){ .kind = VERDICT_DENY, .reason = reason };
}

static struct verdict deny(struct verdict verdict, enum reason reason)
{
	verdict.kind = VERDICT_DENY;
	verdict.reason = reason;
	return verdict;
}

static enum pattern_hit list_match(const struct text_list *list, const char *rel)
{
	enum pattern_hit best = PATTERN_MISS;

	for (unsigned i = 0; i < list->count; i++) {
		const enum pattern_hit hit = pattern_match(text_at(list, i), rel);

		if (hit > best)
			best = hit;
	}
	return best;
}

/* Finds the root and the instance that path is in. */
static bool locate(struct verdict *verdict, const struct config *config, const char *path)
{
	for (unsigned i = 0; i < config->roots.count; i++) {
		const char *const rel = path_below(path, text_at(&config->roots, i));

		if (rel == NULL)
			continue;
		verdict->root = i;
		verdict->rel = rel;
		if (path_is_uuid(rel, path_first_len(rel)))
			memcpy(verdict->instance, rel, UUID_LEN);
		return true;
	}
	return false;
}

static bool is_instance(const struct verdict *verdict)
{
	return verdict->instance[0] != '\0' && verdict->rel[UUID_LEN] == '\0';
}

static bool may_write(const struct verdict *verdict, const struct config *config)
{
	return verdict->instance[0] != '\0' && list_match(&config->write, verdict->rel) != PATTERN_MISS;
}

/* Nova reads a config drive from the source of a live migration while the instance runs there. */
static bool may_read(struct verdict *verdict, const struct config *config)
{
	if (list_match(&config->read, verdict->rel) != PATTERN_MISS)
		return true;
	verdict->while_running = list_match(&config->read_running, verdict->rel) == PATTERN_EXACT;
	return verdict->while_running;
}

/* Returns REASON_NONE if the path may be used so. */
static enum reason access_judge(struct verdict *verdict, const struct config *config, enum access access)
{
	verdict->probe = list_match(&config->probe, verdict->rel) == PATTERN_EXACT;
	switch (access) {
	case ACCESS_NONE:
		return REASON_NONE;
	case ACCESS_READ:
		return may_read(verdict, config) ? REASON_NONE : REASON_NOT_READABLE;
	case ACCESS_WRITE:
		return may_write(verdict, config) ? REASON_NONE : REASON_NOT_WRITABLE;
	case ACCESS_WRITE_INSIDE:
		return verdict->probe || (may_write(verdict, config) && !is_instance(verdict)) ? REASON_NONE
											       : REASON_NOT_WRITABLE;
	case ACCESS_DELETE_FROM:
		return verdict->rel[0] == '\0' || (may_write(verdict, config) && is_instance(verdict))
			? REASON_NONE
			: REASON_NOT_WRITABLE;
	case ACCESS_INSTANCE:
		return may_write(verdict, config) && is_instance(verdict) ? REASON_NONE : REASON_STREAM;
	case ACCESS_PROBE:
		return verdict->probe ? REASON_NONE : REASON_STREAM;
	}
	return REASON_NOT_WRITABLE;
}

static bool needs_claim(const struct verdict *verdict)
{
	const enum op_claim claim = op_row(verdict->op)->claim;

	return claim == OP_CLAIM_ALWAYS || (claim == OP_CLAIM_UNLESS_PROBE && !verdict->probe);
}

/* True if the profile allows it. An operation that names no instance yet is judged again when it does. */
static bool in_scope(const struct verdict *verdict, const struct scope *scope)
{
	const bool placed = verdict->op != OP_SFTP && (verdict->op != OP_STREAM || verdict->instance[0] != '\0');

	return scope_has_op(scope, verdict->op) && (!placed || scope_has_instance(scope, verdict->instance));
}

static struct verdict judge(const struct config *config, struct verdict verdict, enum access access)
{
	enum reason reason;

	if ((config->transports & 1u << form_row(verdict.form)->transport) == 0)
		return deny(verdict, REASON_TRANSPORT);
	if (access != ACCESS_NONE) {
		if (verdict.path == NULL || !path_is_plain(verdict.path))
			return deny(verdict, REASON_BAD_PATH);
		if (!locate(&verdict, config, verdict.path))
			return deny(verdict, REASON_OUTSIDE);
		if (!path_is_bounded(verdict.path, verdict.rel))
			return deny(verdict, REASON_BAD_PATH);
		reason = access_judge(&verdict, config, access);
		if (reason != REASON_NONE)
			return deny(verdict, reason);
	}
	if (!in_scope(&verdict, &config->scope))
		return deny(verdict, REASON_NOT_IN_PROFILE);
	verdict.kind = VERDICT_ALLOW;
	verdict.directions = config->scope.directions;
	verdict.needs_claim = needs_claim(&verdict);
	verdict.claim = config->claims_mode == CLAIMS_OFF ? CLAIM_OFF : CLAIM_NONE;
	return verdict;
}

static bool brings_data(enum op op)
{
	return op_row(op)->data == OP_DATA_BRINGS;
}

bool verdict_needs_space(const struct match *match)
{
	return brings_data(form_row(match->form)->op) || match->form == FORM_RSYNC_CREATE;
}

void verdict_check_space(struct verdict *verdict, const struct config *config, const struct facts *facts)
{
	if (verdict->kind == VERDICT_ALLOW && brings_data(verdict->op) && facts->free_space < config->free_space)
		*verdict = deny(*verdict, REASON_NO_SPACE);
}

struct verdict verdict_decide(const struct config *config, const struct match *match, const struct facts *facts)
{
	const struct form *const form = form_row(match->form);
	struct verdict verdict = {
		.form = match->form,
		.op = form->op,
		.path = form->access == ACCESS_NONE ? NULL : match->path,
	};

	if (form == form_row(FORM_NONE))
		return deny(verdict, REASON_INTERNAL);
	if (!scope_has_peer(&config->scope, facts->peer))
		return deny(verdict, REASON_NOT_IN_PROFILE);
	verdict = judge(config, verdict, form->access);
	verdict_check_space(&verdict, config, facts);
	return verdict;
}

/* Returns what the path of op must be if the stream of form asks for it. ACCESS_NONE: it may not ask. */
static enum access stream_access(enum form_id form, enum op op)
{
	static const struct {
		enum form_id form;
		enum op op;
		enum access access;
	} asks[] = {
		{ FORM_RSYNC_CREATE, OP_MKDIR, ACCESS_INSTANCE },
		{ FORM_RSYNC_CREATE, OP_TOUCH, ACCESS_PROBE },
		{ FORM_RSYNC_REMOVE, OP_REMOVE, ACCESS_WRITE_INSIDE },
		{ FORM_RSYNC_REMOVE, OP_RMDIR, ACCESS_INSTANCE },
	};

	for (size_t i = 0; i < N_ELEMENTS(asks); i++)
		if (asks[i].form == form && asks[i].op == op)
			return asks[i].access;
	return ACCESS_NONE;
}

struct verdict verdict_decide_stream(const struct config *config, enum form_id form, enum op op, const char *path)
{
	const struct verdict verdict = { .form = form, .op = op, .path = path };
	const enum access access = stream_access(form, op);

	if (access == ACCESS_NONE)
		return deny(verdict, REASON_STREAM);
	return judge(config, verdict, access);
}

void verdict_deny_sessions(struct verdict *verdict)
{
	*verdict = deny(*verdict, REASON_TOO_MANY_SESSIONS);
}

void verdict_deny_not_running(struct verdict *verdict)
{
	*verdict = deny(*verdict, REASON_NOT_READABLE);
}

void verdict_deny_late(struct verdict *verdict, enum reason reason)
{
	*verdict = deny(*verdict, reason);
	if (reason == REASON_NOT_CLAIMED)
		verdict->claim = CLAIM_OTHER;
}

void verdict_deny_symlink(struct verdict *verdict)
{
	*verdict = deny(*verdict, verdict->op == OP_SEND ? REASON_NOT_READABLE : REASON_NOT_WRITABLE);
}

bool verdict_claim_allows(enum claim_state state, enum op op)
{
	if (state == CLAIM_GRACE)
		return op_row(op)->data == OP_DATA_REMOVES;
	if (state == CLAIM_STALE)
		return op == OP_MKDIR;
	return state == CLAIM_OWN;
}

/* A probe needs no claim, except in a directory that another peer has claimed. There it would break the seal
 * (node/seal.h). Nova probes only where it is about to copy. */
static bool needs_own(const struct verdict *verdict, enum claim_state state)
{
	return verdict->needs_claim || (verdict->probe && state == CLAIM_OTHER);
}

void verdict_apply_claim(struct verdict *verdict, const struct config *config, enum claim_state state, bool there)
{
	if (verdict->kind != VERDICT_ALLOW || config->claims_mode == CLAIMS_OFF)
		return;
	verdict->claim = verdict->probe && !needs_own(verdict, state) ? CLAIM_PROBE : state;
	if (!needs_own(verdict, state) || !there || verdict_claim_allows(state, verdict->op))
		return;
	verdict->reason = state == CLAIM_BUSY ? REASON_BUSY : REASON_NOT_CLAIMED;
	if (config->claims_mode != CLAIMS_AUDIT)
		verdict->kind = VERDICT_DENY;
}
