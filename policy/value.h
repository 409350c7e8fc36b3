/* SPDX-License-Identifier: Apache-2.0 */
/* value: parses the value of a key of rssh-nova.conf into a member of the configuration.
 * Takes:   the text without blanks at its ends, and a pointer to a member of the type that is said below.
 * Returns: true with the member set; or false, and the member's value is then undefined.
 * Source:  rssh-nova.conf(5). config.def and profile.def say which key has which parser.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/limits.h"

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

/* Texts in one buffer of the size of a value, because the whole list is one value of the file. */
struct text_list {
	uint8_t count;
	uint8_t start[PATTERNS_MAX]; /* of each text in store */
	char store[VALUE_MAX];
};

static inline const char *text_at(const struct text_list *list, unsigned i)
{
	return list->store + list->start[i];
}

/* The least and most that a number may be; 0 and 0 for a key that takes no number. */
struct bounds {
	int64_t least, most;
};

typedef bool value_fn(void *member, const char *value, const struct bounds *bounds);

/* Into an unsigned of bits 1 << enum transport, or enum image_format. */
value_fn value_transports;
value_fn value_image_formats;

/* Into a struct text_list. */
value_fn value_roots;
value_fn value_instance_patterns;
value_fn value_instance_files;
value_fn value_patterns;
value_fn value_ssh_options;
value_fn value_addresses;
value_fn value_paths;
value_fn value_device_paths;
value_fn value_bridges;
value_fn value_rbd_pools;

/* Into a char[VALUE_MAX]: an absolute path. */
value_fn value_program;

/* The same, or "" for none. */
value_fn value_file;

/* Into an int64_t: plain, seconds and bytes. */
value_fn value_number;
value_fn value_duration;
value_fn value_size;

/* Into a bool. */
value_fn value_yes_no;
value_fn value_on_off;
value_fn value_landlock;
value_fn value_format;
value_fn value_fence;

/* Into an unsigned: an enum above or of claim.h. Into an int: the facility of syslog(3), already shifted. */
value_fn value_claims_mode;
value_fn value_images_mode;
value_fn value_identity;
value_fn value_namespaces;
value_fn value_facility;

/* Into a struct scope. */
value_fn value_direction;
value_fn value_instances;
value_fn value_peers;

#endif
