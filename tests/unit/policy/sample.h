/* SPDX-License-Identifier: Apache-2.0 */
/* sample: one command line of each form with each combination of its flags. */
#ifndef TESTS_UNIT_POLICY_SAMPLE_H
#define TESTS_UNIT_POLICY_SAMPLE_H

#include <string.h>

#include "policy/form.h"
#include "tests/unit/policy/grammar.h"

#define SAMPLE_ROOT "/var/lib/nova/instances"
#define SAMPLE_UUID "0f8d2b6e-91c4-4a37-b5de-3c7a90e1f246"
#define SAMPLE_INSTANCE SAMPLE_ROOT "/" SAMPLE_UUID
#define SAMPLE_HEX "00112233445566778899aabbccddeeff"
#define SAMPLE_PROBE SAMPLE_INSTANCE "/" SAMPLE_HEX ".tmp"

enum {
	SAMPLES_MAX = 256,
};

struct samples {
	size_t count;
	struct match at[SAMPLES_MAX];
};

static const char *const sample_caps[] = { ".iLsfxCIvu", ".iLsf", ".", "31.iLs", "0123456789.",
	"1234567890.aAzZbBcCdDeEfFgGhHxY" };

static inline void sample_put(
	struct samples *samples, enum form_id form, unsigned flags, const char *caps, const char *path)
{
	struct match match = {
		.form = form,
		.verbose = (flags & 1) != 0,
		.recursive = (flags & 2) != 0,
		.directory = (flags & 4) != 0,
		.compress = (flags & 8) != 0,
		.path = path,
	};

	if (samples->count == SAMPLES_MAX)
		abort();
	strcpy(match.caps, caps);
	samples->at[samples->count++] = match;
}

static inline void samples_put_rsync(struct samples *samples, enum form_id form, bool may_compress, const char *path)
{
	for (size_t i = 0; i < N_ELEMENTS(sample_caps); i++) {
		sample_put(samples, form, 0, sample_caps[i], path);
		if (may_compress)
			sample_put(samples, form, 8, sample_caps[i], path);
	}
}

static inline void samples_make(struct samples *out)
{
	static const char *const subsystems[] = { "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server",
		"/usr/lib/ssh/sftp-server", "internal-sftp", GRAMMAR_SFTP_SERVER };
	static const struct match options[] = {
		{ .option_count = 1, .options = { "-e" } },
		{ .option_count = 2, .options = { "-l", "INFO" } },
		{ .option_count = 4, .options = { "-f", "AUTHPRIV", "-l", "VERBOSE" } },
		{ .option_count = 5, .options = { "-l", "debug3", "-e", "-f", "local7" } },
	};

	out->count = 0;
	sample_put(out, FORM_TOUCH, 0, "", SAMPLE_PROBE);
	sample_put(out, FORM_REMOVE, 0, "", SAMPLE_PROBE);
	sample_put(out, FORM_MKDIR, 0, "", SAMPLE_INSTANCE);
	sample_put(out, FORM_REMOVE_TREE, 0, "", SAMPLE_INSTANCE);
	for (unsigned flags = 0; flags < 8; flags++) {
		sample_put(out, FORM_SCP_TO, flags, "", SAMPLE_INSTANCE "/disk");
		sample_put(out, FORM_SCP_FROM, flags, "", SAMPLE_ROOT "/_base/1f");
	}
	for (size_t i = 0; i < N_ELEMENTS(subsystems); i++)
		sample_put(out, FORM_SFTP, 0, "", subsystems[i]);
	for (size_t i = 0; i < N_ELEMENTS(options); i++) {
		struct match *const match = &out->at[out->count];

		sample_put(out, FORM_SFTP, 0, "", subsystems[i]);
		match->option_count = options[i].option_count;
		memcpy(match->options, options[i].options, sizeof(match->options));
	}
	samples_put_rsync(out, FORM_RSYNC_CREATE, false, NULL);
	samples_put_rsync(out, FORM_RSYNC_REMOVE, false, SAMPLE_ROOT);
	samples_put_rsync(out, FORM_RSYNC_EMPTY, false, SAMPLE_INSTANCE);
	samples_put_rsync(out, FORM_RSYNC_PUSH, true, SAMPLE_INSTANCE "/disk");
	samples_put_rsync(out, FORM_RSYNC_PULL, true, SAMPLE_INSTANCE "/kernel");
}

#endif
