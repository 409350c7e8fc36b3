/* SPDX-License-Identifier: Apache-2.0 */
/* explain_story: an answer in sentences, as a person would tell it: form, path, instance, claim, what runs and what
 * confines it. Each is a "story" of the report; the fields beside it are for programs. */
#ifndef ADMIN_EXPLAIN_STORY_H
#define ADMIN_EXPLAIN_STORY_H

#include "admin/answer.h"
#include "admin/report.h"

void explain_story(struct report *report, const struct answer *answer, const struct question *question);

#endif
