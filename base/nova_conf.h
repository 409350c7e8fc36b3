/* SPDX-License-Identifier: Apache-2.0 */
/* nova_conf: settings of nova.conf, read as oslo.config reads them.
 * Takes:   the text of one file after the other. A later file overrides an earlier one, a later line an earlier line.
 * Grammar: [section]; "key = value" or "key : value"; quotes around a whole value are dropped; a line that begins with
 *          a blank continues the value; # and ; begin a comment, at the start of a line only.
 * Returns: values in which $name and ${name} are replaced, and "\$" and "$$" mean "$". "%" has no meaning.
 * Fails:   with the number of the first line that oslo.config refuses; nova-compute does not start then.
 * Owns:    the settings, until nova_conf_clear().
 * Source:  oslo_config/iniparser.py and cfg.py (ConfigParser, _Namespace, _substitute). */
#ifndef BASE_NOVA_CONF_H
#define BASE_NOVA_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	NOVA_VALUE_MAX = 1024,
};

struct nova_setting {
	unsigned file;
	char *section, *key, *value; /* the section in lower case, except DEFAULT */
};

struct nova_conf {
	struct nova_setting *at;
	size_t count;
	unsigned files;
};

/* Adds the settings of a file. Returns 0, or the number of a line, or -1 if there is no memory. */
MUST_USE int nova_conf_parse(struct nova_conf *conf, const char *text);

struct nova_key {
	const char *section, *name;
};

enum nova_value {
	NOVA_VALUE_UNSET,
	NOVA_VALUE_SET,
	NOVA_VALUE_UNKNOWN, /* set to a variable that is unknown here, or too long */
};

/* Reads one option. keys: its names, the newest first. out is "" unless the result is NOVA_VALUE_SET. */
enum nova_value nova_conf_value(
	char out[NOVA_VALUE_MAX], const struct nova_conf *conf, const struct nova_key *keys, size_t count);

void nova_conf_clear(struct nova_conf *conf);

#endif
