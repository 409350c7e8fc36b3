/* SPDX-License-Identifier: Apache-2.0 */
/* stay: what does not try to get out but to stay, to fill, to hide, or to come in by another door. */
#ifndef TAKEOVER_STAY_H
#define TAKEOVER_STAY_H

#include <stdbool.h>

/* False when there is no such mode. */
bool stay_do(const char *mode);

#endif
