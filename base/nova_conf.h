/* SPDX-License-Identifier: Apache-2.0 */
/* nova_conf: settings of nova.conf, read as oslo.config reads them.
 * Takes:   the text of one file after the other; a later file counts before an earlier one, a later line before an
 *          earlier one.
 * Grammar: [section]; "key = value" or "key : value"; quotes round a whole value are stripped; a line that begins with
 *          a blank continues the value; # and ; begin a comment, at the start of a line only.
 * Returns: values with $name and ${name} put in, "\$" and "$$" as "$". "%" has no meaning.
 * Fails:   with the number of the first line that oslo.config does not take; nova-compute does not start then.
 * Owns:    what it has read, until nova_conf_clear().
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
	char *section, *key, *value; /* the section in lower case, but DEFAULT */
};

struct nova_conf {
	struct nova_setting *at;
	size_t count;
	unsigned files;
};

/* 0, or the number of a line, or -1 when there is no memory. */
MUST_USE int nova_conf_parse(struct nova_conf *conf, const char *text);

struct nova_key {
	const char *section, *name;
};

enum nova_value {
	NOVA_VALUE_UNSET,
	NOVA_VALUE_SET,
	NOVA_VALUE_UNKNOWN, /* set, to a variable that is not known here, or too long */
};

/* keys: the names of one option, the newest first. out is "" unless NOVA_VALUE_SET. */
enum nova_value nova_conf_value(
	char out[NOVA_VALUE_MAX], const struct nova_conf *conf, const struct nova_key *keys, size_t count);

void nova_conf_clear(struct nova_conf *conf);

#endif
