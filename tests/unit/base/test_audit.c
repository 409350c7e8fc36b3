/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "base/audit.h"

static struct record record;

static void record_fill(size_t len)
{
	record = (struct record){ .len = len };
	memset(record.line, 'x', len);
}

Test(audit, sends_a_whole_record)
{
	char got[RECORD_MAX], head[64];
	int ends[2];
	ssize_t len;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	record_fill(100);
	cr_expect_eq(audit_send(&(struct audit){ .fd = ends[0], .facility = LOG_AUTHPRIV }, LOG_INFO, &record), 0);
	len = read(ends[1], got, sizeof(got));
	snprintf(head, sizeof(head), "<86>rssh-nova[%d]: ", getpid());
	cr_assert_eq(len, (ssize_t)strlen(head) + 100);
	cr_expect_eq(memcmp(got, head, strlen(head)), 0);
}

Test(audit, sends_no_record_that_did_not_fit)
{
	char got[16];
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	record_fill(100);
	record.full = true;
	cr_expect_eq(audit_send(&(struct audit){ .fd = ends[0] }, LOG_INFO, &record), -1);
	cr_expect_eq(errno, EMSGSIZE);
	cr_expect_eq(read(ends[1], got, sizeof(got)), -1);
}

/* A pipe that takes a page and no more stands for a daemon's stream that is nearly full. */
Test(audit, takes_half_a_record_for_none)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	record_fill(RECORD_MAX - 1);
	cr_expect_eq(audit_send(&(struct audit){ .fd = ends[1], .stream = true }, LOG_INFO, &record), -1);
	cr_expect_eq(errno, EIO);
}

Test(audit, sends_nothing_where_there_is_no_syslog)
{
	record_fill(1);
	cr_expect_eq(audit_send(&(struct audit){ .fd = -1 }, LOG_INFO, &record), -1);
	cr_expect_eq(errno, ENOTCONN);
}
