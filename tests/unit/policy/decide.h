/* SPDX-License-Identifier: Apache-2.0 */
/* decide: takes one command line from its bytes to its verdict, by the same steps as the shell. */
#ifndef TESTS_UNIT_POLICY_DECIDE_H
#define TESTS_UNIT_POLICY_DECIDE_H

#include "policy/config.h"
#include "policy/form.h"
#include "policy/verdict.h"
#include "policy/words.h"

struct decided {
	struct words words;
	struct match match;
	struct verdict verdict; /* borrows from words */
};

/* A host with enough free space for everything. */
static const struct facts roomy_host = { .free_space = INT64_MAX, .peer = "192.0.2.7" };

static inline const struct verdict *decide_line(
	struct decided *out, const struct config *config, struct bytes line, bool forced)
{
	const enum words_error error = words_split(&out->words, line);
	enum reason reason = REASON_NONE;

	if (error != WORDS_OK)
		out->verdict = verdict_refuse(words_reason(error));
	else if (!form_match(&out->match, &reason, &out->words, config->program[PROGRAM_SFTP_SERVER], forced))
		out->verdict = verdict_refuse(reason);
	else
		out->verdict = verdict_decide(config, &out->match, &roomy_host);
	return &out->verdict;
}

/* Returns "allow", or the word of the reason. */
static inline const char *decide_word(const struct config *config, const char *line, bool forced)
{
	static struct decided decided;
	const struct verdict *const verdict = decide_line(&decided, config, bytes_of(line), forced);

	return verdict->kind == VERDICT_ALLOW ? "allow" : reason_word(verdict->reason);
}

/* The defaults with both transports on. */
static inline struct config both_transports(void)
{
	struct config config;

	config_default(&config);
	config.transports = 1u << TRANSPORT_SSH | 1u << TRANSPORT_RSYNC;
	return config;
}

#endif
