/* SPDX-License-Identifier: Apache-2.0 */
/* rate_limit: do the syslogs of this host drop records that come too fast? They accept such a record first, so the
 * shell does not notice.
 * Source: journald.conf(5), RateLimitIntervalSec= and RateLimitBurst=; rsyslog's modules imjournal (Ratelimit.Interval,
 * on by default) and imuxsock (SysSock.RateLimit.Interval, off by default). */
#ifndef ADMIN_DOCTOR_RATE_LIMIT_H
#define ADMIN_DOCTOR_RATE_LIMIT_H

#include <stdbool.h>

struct rate_limits {
	bool journald;	/* it runs and has a limit */
	bool rsyslog;	/* it is configured */
	bool imjournal; /* rsyslog reads the journal */
	bool imjournal_limited, imuxsock_limited;
};

/* Reads the configuration of the host. A file that cannot be read counts as the defaults. */
void rate_limits_read(struct rate_limits *out);

#endif
