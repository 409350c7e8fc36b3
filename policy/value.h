/* SPDX-License-Identifier: Apache-2.0 */
/* value: parses the value of a key of rssh-nova.conf into a member of struct config.
 * Takes:   the text without blanks at its ends, and a pointer to a member of the parser's type.
 * Returns: CONFIG_OK with the member set; or an error, and the member's value is then undefined.
 * Source:  rssh-nova.conf(5). config.def and profile.def say which key has which parser.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include <stdint.h>

#include "policy/config.h"

/* The least and most that a number may be; 0 and 0 for a key that takes no number. */
struct bounds {
	int64_t least, most;
};

typedef enum config_error value_fn(void *member, const char *value, const struct bounds *bounds);

/* Into an unsigned of bits 1 << enum transport, or enum image_format. */
value_fn value_transports;
value_fn value_image_formats;

/* Into a struct text_list. */
value_fn value_roots;
value_fn value_instance_patterns;
value_fn value_instance_files;
value_fn value_patterns;
value_fn value_ssh_options;

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
value_fn value_landlock;
value_fn value_format;
value_fn value_fence;

/* Into an enum of config.h, or the facility of syslog(3). */
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
