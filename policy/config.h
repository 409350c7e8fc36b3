/* SPDX-License-Identifier: Apache-2.0 */
/* config: rssh-nova.conf, checked as a whole before any key takes effect.
 * Takes:   the bytes of the file; node/config_open.h checks the file itself.
 * Returns: a plain value, safe to copy.
 * Fails:   with each fault and its line, up to CONFIG_FAULTS_MAX; one fault voids the file.
 * Syntax:  that of inih (https://github.com/benhoyt/inih), made strict: no line over CONFIG_LINE_MAX
 *          bytes, only printable ASCII and tabs, no continuation lines, only a comment after a section's
 *          name, no unknown section, no unknown or repeated key, and at least one key.
 *          A section [profile NAME] exists once and has only keys of profile.def. None of them allows
 *          more than the rest of the file.
 * No heap, no I/O, no globals. */
#ifndef POLICY_CONFIG_H
#define POLICY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/config_error.h"
#include "policy/form.h"
#include "policy/image_format.h"
#include "policy/limits.h"
#include "policy/scope.h"
#include "policy/value.h"

enum program { PROGRAM_NONE, PROGRAM_SCP, PROGRAM_RSYNC, PROGRAM_SFTP_SERVER, PROGRAM_COUNT };

struct config {
	unsigned transports;	/* bit 1 << enum transport */
	struct text_list roots; /* instances_path */
	struct text_list write, probe, read, read_running;
	unsigned claims_mode;					  /* enum claims_mode */
	unsigned claims_identity;				  /* enum claims_identity */
	int64_t claims_window, claims_grace, claims_empty_window; /* seconds */
	int64_t claims_empty_max;				  /* per peer and root, 0 for no limit */
	char peers_file[VALUE_MAX];				  /* of policy/peers.h, "" for none */
	unsigned images_mode;					  /* enum images_mode */
	unsigned image_formats;					  /* bit 1 << enum image_format */
	struct text_list image_backing;				  /* directories of backing files */
	bool fence_open;					  /* start a domain even if the fence fails */
	int64_t fence_wait;					  /* seconds */
	bool libvirt_tunnel;
	char libvirt_socket[VALUE_MAX];
	int64_t tunnels;					/* at a time, 0 for no limit */
	struct text_list migration_addresses, listen_addresses; /* of this node, or host names */
	struct text_list emulators, firmware;			/* programs; directories */
	struct text_list bridges;				/* names; a "*" at the end stands for the rest */
	struct text_list rbd_pools;
	struct text_list block_devices; /* how their paths begin */
	bool landlock_optional;
	int64_t min_abi;
	unsigned namespaces;			    /* enum namespaces */
	int64_t sessions, peer_sessions, processes; /* at a time, 0 for no limit */
	int64_t idle_timeout, wall_time;	    /* seconds, 0 for no limit */
	int64_t memory, file_size, free_space;	    /* bytes, 0 for no limit */
	char program[PROGRAM_COUNT][VALUE_MAX];
	int facility; /* syslog(3), already shifted */
	bool audit_required, audit_json;
	struct text_list ssh_options;	  /* NAME=VALUE of ssh_config(5); sender only */
	int64_t connect_timeout, retries; /* seconds, attempts after the first */
	int64_t profile_sessions;	  /* with this profile, 0 for no limit */
	struct scope scope;		  /* what the profile allows; everything without one */
};

enum {
	CONFIG_FAULTS_MAX = 16,
};

struct config_fault {
	enum config_error error;
	unsigned line; /* from 1; 0 for the whole file */
	char key[48];  /* "section.key" or "section", cut to size; "" if unknown */
};

struct config_faults {
	unsigned count;
	struct config_fault at[CONFIG_FAULTS_MAX];
};

/* Writes the default of each key. */
void config_default(struct config *out);

/* Reads a whole file. On failure *out holds the defaults. */
MUST_USE bool config_parse(struct config *out, struct config_faults *faults, struct bytes file);

/* The same, narrowed by the section [profile NAME] that profile names; "" for none. A missing section is a fault.
 * Checks each profile of the file against the sections that are no profile's, in any order. */
MUST_USE bool config_parse_profile(
	struct config *out, struct config_faults *faults, struct bytes file, const char *profile);

/* The section, name and default of a key; for the tests. */
struct config_key {
	const char *section, *name, *initial;
};
/* Returns key i in the order of config.def, or NULLs after the last. */
struct config_key config_key_at(unsigned i);

/* Returns the name of key i of a profile, or NULL after the last. */
const char *config_profile_key_at(unsigned i);

#endif
