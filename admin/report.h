/* SPDX-License-Identifier: Apache-2.0 */
/* report: named values, printed as lines of text or as one JSON object. Values are untrusted. Text writes a backslash
 * and each byte that is not printable ASCII as \xNN. JSON takes each byte as the character with that number. */
#ifndef ADMIN_REPORT_H
#define ADMIN_REPORT_H

#include <jansson.h>

#include "policy/bytes.h"

struct report {
	json_t *object; /* owned; NULL for text */
};

void report_begin(struct report *out, int json);
void report_put(struct report *report, const char *name, struct bytes value);
void report_text(struct report *report, const char *name, const char *value); /* NULL prints nothing */

/* One of several values with this name; in JSON an array. */
void report_each(struct report *report, const char *name, const char *value);

/* Words without blanks, ended by NULL; in text on one line, in JSON an array. */
void report_words(struct report *report, const char *name, const char *const words[]);

void report_end(struct report *report);

#endif
