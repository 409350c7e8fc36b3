/* SPDX-License-Identifier: Apache-2.0 */
/* touch: makes a file if it is absent, and sets its times. A probe (see [paths] probe) is only made, empty.
 * Source: touch(1) of coreutils. */
#ifndef SHELL_TOUCH_H
#define SHELL_TOUCH_H

#include "policy/attributes.h"
#include "shell/place.h"

enum {
	PROBES_MAX = 4,
	PROBE_AGE = 60, /* seconds, after which a probe may be deleted for another one */
};

/* Returns a builtin_result. */
MUST_USE int builtin_touch(const struct place *place);

#endif
