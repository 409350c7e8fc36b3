/* SPDX-License-Identifier: Apache-2.0 */
/* config: rssh-nova.conf, checked whole before anything of it counts.
 * Takes:   the bytes of the file; where they come from is for node/config_open.h to judge.
 * Gives:   a plain value, safe to copy.
 * Fails:   with every fault found, up to CONFIG_FAULTS_MAX, and where; one fault voids the file.
 * Syntax:  that of inih (https://github.com/benhoyt/inih), made strict: no line over CONFIG_LINE_MAX
 *          bytes, printable ASCII and tabs only, no continuation lines, nothing behind a section's name
 *          but a comment, no unknown section, no unknown and no repeated key, and at least one key.
 *          A section [profile NAME] stands once and holds keys of profile.def alone, none of which
 *          allows more than the rest of the file does.
 * No heap, no I/O, no globals. */
#ifndef POLICY_CONFIG_H
#define POLICY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/form.h"
#include "policy/image_format.h"
#include "policy/limits.h"
#include "policy/scope.h"

enum program { PROGRAM_NONE, PROGRAM_SCP, PROGRAM_RSYNC, PROGRAM_SFTP_SERVER, PROGRAM_COUNT };

enum namespaces {
	NAMESPACES_REQUIRED,
	NAMESPACES_AUTO,
	NAMESPACES_OFF,
};

enum images_mode {
	IMAGES_ENFORCE,
	IMAGES_AUDIT,
	IMAGES_OFF,
};

/* All in one buffer, as a whole list is one value of the file: what is not touched costs nothing. */
struct text_list {
	uint8_t count;
	uint8_t start[PATTERNS_MAX]; /* of each text in store */
	char store[VALUE_MAX];
};

static inline const char *text_at(const struct text_list *list, unsigned i)
{
	return list->store + list->start[i];
}

struct config {
	unsigned transports;	/* bit 1 << enum transport */
	struct text_list roots; /* instances_path */
	struct text_list write, probe, read, read_running;
	unsigned claims_mode;					  /* enum claims_mode */
	unsigned claims_identity;				  /* enum claims_identity */
	int64_t claims_window, claims_grace, claims_empty_window; /* seconds */
	int64_t claims_empty_max;				  /* of one peer in one root, 0 for no limit */
	char peers_file[VALUE_MAX];				  /* of policy/peers.h, "" for none */
	unsigned images_mode;					  /* enum images_mode */
	unsigned image_formats;					  /* bit 1 << enum image_format */
	struct text_list image_backing;				  /* directories of backing files */
	bool fence_open;					  /* start what cannot be fenced */
	int64_t fence_wait;					  /* seconds */
	bool landlock_optional;
	int64_t min_abi;
	unsigned namespaces;			    /* enum namespaces */
	int64_t sessions, peer_sessions, processes; /* at a time, 0 for no limit */
	int64_t idle_timeout, wall_time;	    /* seconds, 0 for no limit */
	int64_t memory, file_size, free_space;	    /* bytes, 0 for no limit */
	char program[PROGRAM_COUNT][VALUE_MAX];
	int facility; /* syslog(3), already shifted */
	bool audit_required, audit_json;
	struct text_list ssh_options;	  /* NAME=VALUE of ssh_config(5), for the sender */
	int64_t connect_timeout, retries; /* seconds, attempts after the first */
	int64_t profile_sessions;	  /* of those who have the profile, 0 for no limit */
	struct scope scope;		  /* what the profile leaves; everything where there is none */
};

enum config_error {
	CONFIG_OK,
	CONFIG_TOO_LARGE,
	CONFIG_EMPTY,
	CONFIG_BAD_BYTE,
	CONFIG_LINE_TOO_LONG,
	CONFIG_LEADING_BLANK,
	CONFIG_SYNTAX,
	CONFIG_UNKNOWN_SECTION,
	CONFIG_UNKNOWN_KEY,
	CONFIG_REPEATED_KEY,
	CONFIG_BAD_VALUE,
	CONFIG_BAD_PROFILE,
	CONFIG_REPEATED_PROFILE,
	CONFIG_NO_PROFILE,
	CONFIG_WIDENS,
};

enum {
	CONFIG_FAULTS_MAX = 16,
};

struct config_fault {
	enum config_error error;
	unsigned line; /* from 1; 0 for the whole file */
	char key[48];  /* "section.key" or "section", cut when longer; "" where none is known */
};

struct config_faults {
	unsigned count;
	struct config_fault at[CONFIG_FAULTS_MAX];
};

/* The values that hold where the file says nothing. */
void config_default(struct config *out);

/* Reads a whole file. On failure *out holds the defaults. */
MUST_USE bool config_parse(struct config *out, struct config_faults *faults, struct bytes file);

/* The same, narrowed by the section [profile NAME] of that name; "" for none. That there is no such section
 * is a fault too. Every profile of the file is judged, whichever is asked for: by the sections that are no
 * profile's, wherever they stand. */
MUST_USE bool config_parse_profile(
	struct config *out, struct config_faults *faults, struct bytes file, const char *profile);

/* What is wrong and what to do, one sentence. */
const char *config_error_text(enum config_error error);

/* The section, name and default of a key; for manuals and tests. */
struct config_key {
	const char *section, *name, *initial;
};
/* Key i in the order of config.def, or NULLs behind the last. */
struct config_key config_key_at(unsigned i);

/* The name of key i of a profile, or NULL behind the last. */
const char *config_profile_key_at(unsigned i);

#endif
