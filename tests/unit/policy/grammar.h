/* SPDX-License-Identifier: Apache-2.0 */
/* grammar: the forms again, as regular expressions. A mistake in the table of forms shows, because this does not
 * read that table.
 * Source: the list of forms in rssh-nova(8), not policy/forms.def. */
#ifndef TESTS_UNIT_POLICY_GRAMMAR_H
#define TESTS_UNIT_POLICY_GRAMMAR_H

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/form.h"

#define GRAMMAR_SFTP_SERVER "/opt/openssh/sftp-server"
#define GRAMMAR_PATH "/[A-Za-z0-9._/:=,@+-]*"
#define GRAMMAR_LEVEL "( -l (QUIET|FATAL|ERROR|INFO|VERBOSE|DEBUG[123]?|quiet|fatal|error|info|verbose|debug[123]?))"
#define GRAMMAR_FACILITY "( -f (DAEMON|USER|AUTH|AUTHPRIV|LOCAL[0-7]|daemon|user|auth|authpriv|local[0-7]))"
#define GRAMMAR_OPTIONS_OF(a, b, c) "|" a "(" b c "?|" c b "?)?"
/* Each at most once, in any order. */
#define GRAMMAR_SFTP_OPTIONS \
	"(" GRAMMAR_OPTIONS_OF(GRAMMAR_LEVEL, GRAMMAR_FACILITY, "( -e)") GRAMMAR_OPTIONS_OF(GRAMMAR_FACILITY, \
		GRAMMAR_LEVEL, "( -e)") GRAMMAR_OPTIONS_OF("( -e)", GRAMMAR_LEVEL, GRAMMAR_FACILITY) ")"
#define GRAMMAR_CAPS "([0-9]*[.][A-Za-z]*)"

enum {
	GRAMMAR_LINE_MAX = 4095,
	GRAMMAR_CAPS_MAX = 31,
};

struct grammar {
	bool ready;
	regex_t any, each[FORM_COUNT];
};

static const char *const grammar_rules[FORM_COUNT] = {
	[FORM_NONE] = "",
	[FORM_TOUCH] = "touch " GRAMMAR_PATH,
	[FORM_REMOVE] = "rm " GRAMMAR_PATH,
	[FORM_MKDIR] = "mkdir -p " GRAMMAR_PATH,
	[FORM_REMOVE_TREE] = "rm -rf " GRAMMAR_PATH,
	[FORM_SCP_TO] = "scp( -v)?( -r)?( -d)? -t " GRAMMAR_PATH,
	[FORM_SCP_FROM] = "scp( -v)?( -r)?( -d)? -f " GRAMMAR_PATH,
	[FORM_SFTP] = "(/usr/lib/openssh/sftp-server|/usr/lib/sftp-server|/usr/libexec/openssh/sftp-server|"
		      "/usr/lib/ssh/sftp-server|/usr/lib64/misc/sftp-server|internal-sftp|" GRAMMAR_SFTP_SERVER
		      ")" GRAMMAR_SFTP_OPTIONS,
	[FORM_RSYNC_CREATE] = "rsync --server -logDtprRe" GRAMMAR_CAPS " --no-implied-dirs [.] /",
	[FORM_RSYNC_REMOVE] = "rsync --server -logDtpre" GRAMMAR_CAPS " --delete [.] " GRAMMAR_PATH,
	[FORM_RSYNC_EMPTY] = "rsync --server -logDtpre" GRAMMAR_CAPS " --delete-excluded [.] " GRAMMAR_PATH,
	[FORM_RSYNC_PUSH] = "rsync --server -rSz?e" GRAMMAR_CAPS " [.] " GRAMMAR_PATH,
	[FORM_RSYNC_PULL] = "rsync --server --sender -rSz?e" GRAMMAR_CAPS " [.] " GRAMMAR_PATH,
};

static inline void grammar_compile(regex_t *out, const char *rule, int flags)
{
	char anchored[16384] = "^(";

	strcat(anchored, rule);
	strcat(anchored, ")$");
	if (regcomp(out, anchored, REG_EXTENDED | flags) != 0)
		abort();
}

static inline void grammar_make(struct grammar *out)
{
	char any[16384] = "";

	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++) {
		strcat(any, id == FORM_NONE + 1 ? "(" : "|(");
		strcat(any, grammar_rules[id]);
		strcat(any, ")");
		grammar_compile(&out->each[id], grammar_rules[id], 0);
	}
	grammar_compile(&out->any, any, REG_NOSUB);
	out->ready = true;
}

static inline bool grammar_caps_fit(const regex_t *regex, const char *line)
{
	regmatch_t part[3];

	/* part[0] the whole, part[1] our own brackets, part[2] the letters */
	return regexec(regex, line, 3, part, 0) == 0 && part[2].rm_so >= 0 &&
		part[2].rm_eo - part[2].rm_so <= GRAMMAR_CAPS_MAX;
}

/* Returns the form of a line of len bytes and a NUL, if sftp_server is GRAMMAR_SFTP_SERVER. */
static inline enum form_id grammar_read(const struct grammar *grammar, const char *line, size_t len, bool forced)
{
	if (len > GRAMMAR_LINE_MAX || strlen(line) != len)
		return FORM_NONE;
	if (regexec(&grammar->any, line, 0, NULL, 0) != 0)
		return FORM_NONE;
	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++) {
		if (regexec(&grammar->each[id], line, 0, NULL, 0) != 0)
			continue;
		if (id == FORM_SFTP && line[0] != '/' && !forced)
			return FORM_NONE;
		if (id > FORM_SFTP && !grammar_caps_fit(&grammar->each[id], line))
			return FORM_NONE;
		return (enum form_id)id;
	}
	return FORM_NONE;
}

#endif
