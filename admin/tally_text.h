/* SPDX-License-Identifier: Apache-2.0 */
/* tally_text: prints the counts of tally.h for a person, a program (JSON) or Prometheus.
 * Peers supply some of the values: they must never control a terminal or end a label.
 * Source: Prometheus, text exposition format 0.0.4; https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef ADMIN_TALLY_TEXT_H
#define ADMIN_TALLY_TEXT_H

#include <stdio.h>

#include "admin/tally.h"

void tally_print(FILE *out, const struct tally *tally);
void tally_print_json(FILE *out, const struct tally *tally);

/* Gauges, not counters, because logs are rotated: each covers the records since `since`. */
void tally_print_prometheus(FILE *out, const struct tally *tally, time_t since, time_t now);

#endif
