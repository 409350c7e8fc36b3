/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/explain_story.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "node/instance.h"

enum {
	SENTENCE_MAX = 2 * CMD_MAX,
};

static void sentence(struct report *report, const char *text, ...) PRINTF(2, 3);

static void sentence(struct report *report, const char *text, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, text);
	vsnprintf(sentence, sizeof(sentence), text, args);
	va_end(args);
	report_each(report, "story", sentence);
}

static void form_explain(struct report *report, const struct answer *answer)
{
	const struct verdict *const verdict = &answer->verdict;
	const struct form *const form = form_row(verdict->form);

	if (verdict->form == FORM_NONE)
		return;
	sentence(report, "It has the form %s, which Nova sends over %s.", form->id, transport_word(form->transport));
	if (verdict->path != NULL && verdict->path[0] != '\0')
		sentence(report, "It names %s.", verdict->path);
}

/* Do we know that the directory does not exist? */
static bool is_missing(const struct answer *answer)
{
	OWN_FD int fd = instance_open(answer->roots.fd[answer->verdict.root], answer->verdict.instance);

	return fd < 0 && errno == ENOENT;
}

static const char *claim_sentence(enum claim_state state)
{
	switch (state) {
	case CLAIM_OTHER:
		return "Another peer has claimed it, or its claim cannot be read.";
	case CLAIM_EXPIRED:
		return "This peer has claimed it, and the claim has expired.";
	case CLAIM_BUSY:
		return "It lives on this node: a file of it is locked, or belongs to another user.";
	case CLAIM_GRACE:
		return "This peer has claimed it. The claim has expired, but the peer may still remove its own files.";
	case CLAIM_STALE:
		return "It was claimed long ago and is empty, so mkdir -p takes it over.";
	case CLAIM_CHANGED:
		return "This peer has claimed it, but the files were changed by something else since.";
	case CLAIM_OWN:
		return "This peer has claimed it.";
	case CLAIM_PROBE:
		return "Nova's probe file needs no claim.";
	case CLAIM_OFF:
		return "Claims are off.";
	case CLAIM_NONE:
	case CLAIM_COUNT:
		break;
	}
	return "No peer has claimed it.";
}

static void instance_explain(struct report *report, const struct answer *answer)
{
	const struct verdict *const verdict = &answer->verdict;

	if (verdict->instance[0] == '\0')
		return;
	if (is_missing(answer)) {
		sentence(report, "The instance %s does not exist on this node.", verdict->instance);
		return;
	}
	sentence(report, "The instance is %s.", verdict->instance);
	if (verdict->op != OP_SEND)
		sentence(report, "%s", claim_sentence(verdict->claim));
}

static void verdict_explain(struct report *report, const struct answer *answer)
{
	const struct verdict *const verdict = &answer->verdict;
	const char *const meaning = reason_meaning(verdict->reason);

	if (verdict->kind != VERDICT_ALLOW)
		sentence(report, "It is refused, as %s: %s.", reason_word(verdict->reason), meaning);
	else if (verdict->reason != REASON_NONE)
		sentence(report,
			"It is allowed, because claims are not enforced. With claims it would be refused, as %s: %s.",
			reason_word(verdict->reason), meaning);
	else
		sentence(report, "It is allowed.");
}

static void plan_explain(struct report *report, const struct answer *answer)
{
	char confine[CONFINE_TEXT_MAX];

	if (answer->verdict.kind != VERDICT_ALLOW)
		return;
	sandbox_text(confine, &answer->sandbox);
	if (answer->plan.program == PROGRAM_NONE)
		sentence(report, "rssh-nova carries it out itself, confined by %s to the rights above.", confine);
	else
		sentence(report, "%s carries it out, confined by %s to the rights above.",
			answer->config.program[answer->plan.program], confine);
}

void explain_story(struct report *report, const struct answer *answer, const struct question *question)
{
	form_explain(report, answer);
	if (strcmp(question->identity->peer, "-") == 0 && answer->config.claims_mode != CLAIMS_OFF &&
		answer->config.claims_identity != IDENTITY_KEY)
		sentence(report, "Without --peer, the peer is unknown and has no claims.");
	instance_explain(report, answer);
	verdict_explain(report, answer);
	plan_explain(report, answer);
}
