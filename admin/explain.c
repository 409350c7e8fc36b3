/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/explain.h"

#include <stdlib.h>
#include <string.h>

#include "admin/account.h"
#include "admin/answer.h"
#include "admin/exit_code.h"
#include "admin/explain_story.h"
#include "admin/report.h"

static const struct {
	enum right right;
	const char *word;
} right_words[] = {
	{ RIGHT_EXECUTE, "execute" },
	{ RIGHT_WRITE_FILE, "write-file" },
	{ RIGHT_READ_FILE, "read-file" },
	{ RIGHT_READ_DIR, "read-dir" },
	{ RIGHT_REMOVE_DIR, "remove-dir" },
	{ RIGHT_REMOVE_FILE, "remove-file" },
	{ RIGHT_MAKE_DIR, "make-dir" },
	{ RIGHT_MAKE_REG, "make-file" },
	{ RIGHT_TRUNCATE, "truncate" },
};

/* The place of a grant. Uses out if the text needs a path. */
static const char *place_of(char out[CMD_MAX], const struct answer *answer, enum anchor anchor)
{
	const char *const root = text_at(&answer->config.roots, answer->verdict.root);

	switch (anchor) {
	case ANCHOR_ROOT:
		return root;
	case ANCHOR_ROOTS:
		return "each instances_path";
	case ANCHOR_INSTANCE:
		snprintf(out, CMD_MAX, "%s/%s", root, answer->verdict.instance);
		return answer->query.instance < 0 ? NULL : out;
	case ANCHOR_TARGET:
		return answer->verdict.path;
	case ANCHOR_MIRROR:
		return "a private directory in place of the real one";
	case ANCHOR_INSTANCES:
		if (answer->config.scope.instance_count != 0)
			return "each instance of the profile that the peer may write";
		return answer->config.claims_mode == CLAIMS_ENFORCE ? "each instance that the peer has claimed"
								    : "each instance";
	case ANCHOR_READABLE:
		if (answer->config.scope.instance_count != 0)
			return "each place in an instance of the profile that [paths] read names";
		return "each place that [paths] read names";
	case ANCHOR_MIRROR_PARENT:
	case ANCHOR_HELD:
	case ANCHOR_NONE:
		break;
	}
	return NULL;
}

static void grant_report(struct report *report, const struct answer *answer, const struct grant *grant)
{
	char path[CMD_MAX], text[CMD_MAX + 256];
	const char *const place = place_of(path, answer, grant->anchor);
	size_t used = 0;

	if (place == NULL || grant->rights == 0)
		return;
	for (size_t i = 0; i < N_ELEMENTS(right_words); i++)
		if ((grant->rights & right_words[i].right) != 0)
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s%s", used != 0 ? "," : "", right_words[i].word);
	snprintf(text + used, sizeof(text) - used, " %s", place);
	report_each(report, "rights", text);
}

/* The program or act, and its walls. */
static void plan_report(struct report *report, const struct answer *answer)
{
	const struct plan *const plan = &answer->plan;
	char confine[CONFINE_TEXT_MAX];

	sandbox_text(confine, &answer->sandbox);
	report_text(report, "confine", confine);
	for (unsigned i = 0; i < GRANTS_MAX; i++)
		grant_report(report, answer, &plan->grants[i]);
	if (plan->program == PROGRAM_NONE)
		return;
	report_text(report, "program", answer->config.program[plan->program]);
	report_words(report, "argv", plan->argv);
}

/* The decision, as far as it came. */
static void verdict_report(struct report *report, const struct verdict *verdict)
{
	if (verdict->form == FORM_NONE)
		return;
	report_text(report, "form", form_row(verdict->form)->id);
	report_text(report, "transport", transport_word(form_row(verdict->form)->transport));
	report_text(report, "op", op_word(verdict->op));
	report_text(report, "path", verdict->path);
	report_text(report, "instance", verdict->instance[0] != '\0' ? verdict->instance : NULL);
	report_text(report, "claim", claim_word(verdict->claim));
}

static void answer_report(const struct answer *answer, const struct question *question, bool json)
{
	const struct verdict *const verdict = &answer->verdict;
	const bool allow = verdict->kind == VERDICT_ALLOW;
	/* In audit mode an allowed command has a reason if its claim would refuse it. */
	const bool reasoned = !allow || verdict->reason != REASON_NONE;
	struct report report;
	char problem[512];

	report_begin(&report, json);
	report_put(&report, "command", question->line);
	report_text(&report, "verdict", allow ? "allow" : "deny");
	report_text(&report, "reason", reasoned ? reason_word(verdict->reason) : NULL);
	report_text(&report, "meaning", reasoned ? reason_meaning(verdict->reason) : NULL);
	if (answer->fault.what != NULL) {
		fault_text_at(problem, sizeof(problem), &answer->fault);
		report_text(&report, "problem", problem);
	}
	if (answer->invocation.request.peer_name[0] != '\0')
		report_text(&report, "peer_name", answer->invocation.request.peer_name);
	verdict_report(&report, verdict);
	if (allow)
		plan_report(&report, answer);
	explain_story(&report, answer, question);
	report_end(&report);
}

static int line_explain(struct question *question, bool json)
{
	static struct answer answer;
	int status;

	answer_make(&answer, question);
	answer_report(&answer, question, json);
	status = answer.verdict.kind == VERDICT_ALLOW ? ADMIN_GOOD : ADMIN_FOUND;
	answer_clear(&answer);
	return status;
}

static int lines_explain(struct question *question, bool json)
{
	int status = ADMIN_GOOD;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	for (bool first = true; (len = getline(&line, &size, stdin)) > 0; first = false) {
		if (!first && !json)
			putchar('\n');
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		question->line = (struct bytes){ line, (size_t)len };
		if (line_explain(question, json) != ADMIN_GOOD)
			status = ADMIN_FOUND;
	}
	free(line);
	if (ferror(stdin)) {
		perror("rssh-nova-admin explain: standard input");
		return ADMIN_CANNOT;
	}
	return status;
}

int explain_run(const struct options *options)
{
	struct identity identity;
	struct question question = {
		.config = options->config,
		.profile = options->profile,
		.identity = &identity,
		.forced = options->forced,
	};

	if (options->count != 1) {
		fputs("rssh-nova-admin explain: give one command line, in quotes, or - for standard input\n", stderr);
		return ADMIN_CANNOT;
	}
	if (options->config != NULL && strlen(options->config) >= OPTION_MAX) {
		fputs("rssh-nova-admin explain: the value of --config is too long\n", stderr);
		return ADMIN_CANNOT;
	}
	if (options->profile != NULL && (options->profile[0] == '\0' || strlen(options->profile) >= PROFILE_MAX)) {
		fputs("rssh-nova-admin explain: the value of --profile is empty or too long\n", stderr);
		return ADMIN_CANNOT;
	}
	const bool lines = strcmp(options->words[0], "-") == 0;

	if (identity_read(&identity, options->peer, options->key) != 0 || account_become(options->user, lines) != 0)
		return ADMIN_CANNOT;
	if (lines)
		return lines_explain(&question, options->json);
	question.line = bytes_of(options->words[0]);
	return line_explain(&question, options->json);
}
