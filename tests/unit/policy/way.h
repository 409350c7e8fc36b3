/* SPDX-License-Identifier: Apache-2.0 */
/* way: the way of one command line from bytes to its verdict, as the shell goes it. */
#ifndef TESTS_UNIT_POLICY_WAY_H
#define TESTS_UNIT_POLICY_WAY_H

#include "policy/config.h"
#include "policy/form.h"
#include "policy/verdict.h"
#include "policy/words.h"

struct way {
	struct words words;
	struct match match;
	struct verdict verdict; /* borrows from words */
};

/* A host with room for anything. */
static const struct facts way_room = { .free_space = INT64_MAX, .peer = "192.0.2.7" };

static inline const struct verdict *way_go(struct way *out, const struct config *config, struct bytes line, bool forced)
{
	const enum words_error error = words_split(&out->words, line);
	enum reason reason = REASON_INTERNAL;

	if (error != WORDS_OK)
		out->verdict = verdict_refuse(words_reason(error));
	else if (!form_match(&out->match, &reason, &out->words, config->program[PROGRAM_SFTP_SERVER], forced))
		out->verdict = verdict_refuse(reason);
	else
		out->verdict = verdict_decide(config, &out->match, &way_room);
	return &out->verdict;
}

/* "allow", or the word of the reason. */
static inline const char *way_word(const struct config *config, const char *line, bool forced)
{
	static struct way way;
	const struct verdict *const verdict = way_go(&way, config, bytes_of(line), forced);

	return verdict->kind == VERDICT_ALLOW ? "allow" : reason_word(verdict->reason);
}

/* The defaults with both transports on. */
static inline struct config way_config(void)
{
	struct config config;

	config_default(&config);
	config.transports = 1u << TRANSPORT_SSH | 1u << TRANSPORT_RSYNC;
	return config;
}

#endif
