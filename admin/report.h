/* SPDX-License-Identifier: Apache-2.0 */
/* report: named values, as lines of text or as one JSON object. Values are untrusted: a byte that
 * is not printable ASCII, and a backslash, is written as \xNN in text; JSON escapes for itself,
 * each byte being taken for the character of that number. */
#ifndef ADMIN_REPORT_H
#define ADMIN_REPORT_H

#include <jansson.h>

#include "policy/bytes.h"

struct report {
	json_t *object; /* owned; NULL for text */
};

void report_begin(struct report *out, int json);
void report_put(struct report *report, const char *name, struct bytes value);
void report_text(struct report *report, const char *name, const char *value); /* NULL is left out */

/* One of several values of that name: in JSON an array. */
void report_each(struct report *report, const char *name, const char *value);

/* Words without blanks, ended by NULL: in text on one line, in JSON an array. */
void report_words(struct report *report, const char *name, const char *const words[]);

void report_end(struct report *report);

#endif
