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
#include "base/journal.h"

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

/* What journald gets of a record: the line as MESSAGE, and each field that has a value. */
Test(audit, sends_the_fields_of_a_record_to_journald)
{
	static const struct outcome outcome = {
		.status = 77, .ms = 5, .bytes_in = 1, .bytes_out = 2, .denied = "kill:1"
	};
	char got[2 * RECORD_MAX], wanted[2 * RECORD_MAX];
	int ends[2];
	ssize_t len;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	record_done(&record, false, "0123456789abcdef", &outcome);
	cr_expect_eq(audit_send(&(struct audit){ .fd = ends[0], .facility = LOG_AUTHPRIV, .native = true }, LOG_INFO,
			     &record),
		0);
	len = read(ends[1], got, sizeof(got));
	cr_assert_gt(len, 0);
	got[len] = '\0';
	snprintf(wanted, sizeof(wanted),
		"PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=rssh-nova\nSYSLOG_PID=%d\n"
		"MESSAGE_ID=d5eadfde6c414e9faab1a27ecb97d680\nMESSAGE=%s\nRSSH_NOVA_EVENT=done\n"
		"RSSH_NOVA_REF=0123456789abcdef\nRSSH_NOVA_STATUS=77\nRSSH_NOVA_SIGNAL=0\nRSSH_NOVA_MS=5\n"
		"RSSH_NOVA_BYTES_IN=1\nRSSH_NOVA_BYTES_OUT=2\nRSSH_NOVA_DENIED=kill:1\n",
		getpid(), record.line);
	cr_expect_str_eq(got, wanted);
}

/* A peer chooses these values. None ends its field, and each is the value in the line, without quotes. */
Test(audit, lets_no_value_end_its_field)
{
	static const struct outcome outcome = { .limit = "a\nRSSH_NOVA_STATUS=0", .denied = "b \" c\\", .wrote = "\n" };
	char got[2 * RECORD_MAX];
	int ends[2];
	ssize_t len;

	for (unsigned json = 0; json < 2; json++) {
		cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
		record_done(&record, json == 1, "r", &outcome);
		cr_expect_eq(audit_send(&(struct audit){ .fd = ends[0], .native = true }, LOG_INFO, &record), 0);
		len = read(ends[1], got, sizeof(got));
		cr_assert_gt(len, 0);
		got[len] = '\0';
		cr_expect_null(strstr(got, "\nRSSH_NOVA_STATUS=0\nRSSH_NOVA_STATUS"));
		cr_expect_not_null(strstr(got,
			json == 1 ? "\nRSSH_NOVA_LIMIT=a\\u000aRSSH_NOVA_STATUS=0\n"
				  : "\nRSSH_NOVA_LIMIT=a\\u000aRSSH_NOVA_STATUS\\u003d0\n"));
		cr_expect_not_null(strstr(got, "\nRSSH_NOVA_DENIED=b \\u0022 c\\u005c\n"));
		cr_expect_not_null(strstr(got, "\nRSSH_NOVA_WROTE=\\u000a\n"));
		close(ends[0]);
		close(ends[1]);
	}
}

/* The record with the most fields has room for all of them. */
Test(audit, has_room_for_every_field)
{
	static struct journal journal;
	struct request request = { .command = bytes_of("touch /x"), .uid = 7 };
	const struct verdict verdict = {
		.kind = VERDICT_DENY, .reason = REASON_BAD_PATH, .path = "/x", .instance = "u"
	};
	const struct terms terms = { .confine = "c", .given = "g", .left = "l" };

	memset(request.user, 'u', sizeof(request.user) - 1);
	strcpy(request.peer, "192.0.2.1");
	strcpy(request.peer_name, "n");
	strcpy(request.key, "k");
	strcpy(request.cert_id, "i");
	strcpy(request.cert_serial, "1");
	strcpy(request.ca, "a");
	strcpy(request.profile, "p");
	strcpy(request.ref, "r");
	record_decide(&record, false, &request, &verdict, &terms);
	cr_assert_not(record.full);
	cr_expect_leq(record.count, RECORD_FIELDS_MAX);
	journal_make(&journal, LOG_INFO, &record);
	/* transport, form and op have no value here. */
	cr_expect_eq(journal.count, (int)(2 * (record.count - 3) + 3), "%d of %u", journal.count, record.count);
}
