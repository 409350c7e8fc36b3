/* SPDX-License-Identifier: Apache-2.0 */
/* explain_story: an answer in sentences for a person: form, path, instance, claim, program and walls. Each sentence is
 * a "story" of the report; programs read the other fields. */
#ifndef ADMIN_EXPLAIN_STORY_H
#define ADMIN_EXPLAIN_STORY_H

#include "admin/answer.h"
#include "admin/report.h"

void explain_story(struct report *report, const struct answer *answer, const struct question *question);

#endif
