/* SPDX-License-Identifier: Apache-2.0 */
/* rate_limit: do the syslogs of this host drop records that come too fast? They accept a record first, so the shell
 * cannot know.
 * Source: journald.conf(5), RateLimitIntervalSec= and RateLimitBurst=; rsyslog's modules imjournal (Ratelimit.Interval,
 * on by default) and imuxsock (SysSock.RateLimit.Interval, off by default). */
#ifndef ADMIN_DOCTOR_RATE_LIMIT_H
#define ADMIN_DOCTOR_RATE_LIMIT_H

#include <stdbool.h>

struct rate_limits {
	bool journald;	/* it limits, and it runs */
	bool rsyslog;	/* it is configured */
	bool imjournal; /* rsyslog reads what journald has kept */
	bool imjournal_limited, imuxsock_limited;
};

/* Reads the files of the host as far as they can be read; what cannot be counts as the default. */
void rate_limits_read(struct rate_limits *out);

#endif
