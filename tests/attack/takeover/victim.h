/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TAKEOVER_VICTIM_H
#define TAKEOVER_VICTIM_H

int victim_run(const char *directory);

#endif
