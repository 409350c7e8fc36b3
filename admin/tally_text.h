/* SPDX-License-Identifier: Apache-2.0 */
/* tally_text: what tally.h has counted, for a person, a program (JSON) or Prometheus.
 * Values are of peers: nothing of them may steer a terminal, or end a label.
 * Source: Prometheus, text exposition format 0.0.4; https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef ADMIN_TALLY_TEXT_H
#define ADMIN_TALLY_TEXT_H

#include <stdio.h>

#include "admin/tally.h"

void tally_print(FILE *out, const struct tally *tally);
void tally_print_json(FILE *out, const struct tally *tally);

/* Gauges, because logs are rotated: each is what the records since `since` hold. */
void tally_print_prometheus(FILE *out, const struct tally *tally, time_t since, time_t now);

#endif
