/* SPDX-License-Identifier: Apache-2.0 */
#include "base/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/own.h"
#include "policy/digits.h"

static const struct sockaddr_un syslog_address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" },
				journal_address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };

static int connect_as(int type, const struct sockaddr_un *address)
{
	OWN_FD int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		const int err = errno;

		fd_drop(&fd);
		errno = err;
		return -1;
	}
	return fd_take(&fd);
}

/* Only then: records must not go to a journal if the operator's syslog is another program. */
static bool syslog_is_journald(void)
{
	static const char wanted[] = JOURNAL_DEV_LOG;
	char target[sizeof(wanted)];

	return readlink(syslog_address.sun_path, target, sizeof(target)) == (ssize_t)sizeof(wanted) - 1 &&
		memcmp(target, wanted, sizeof(wanted) - 1) == 0;
}

int audit_open(struct audit *out, int facility)
{
	*out = (struct audit){ .fd = -1, .facility = facility };
	if (syslog_is_journald())
		out->fd = connect_as(SOCK_DGRAM, &journal_address);
	out->native = out->fd >= 0;
	if (out->fd < 0)
		out->fd = connect_as(SOCK_DGRAM, &syslog_address);
	if (out->fd < 0 && errno == EPROTOTYPE) {
		out->stream = true;
		out->fd = connect_as(SOCK_STREAM, &syslog_address);
	}
	return out->fd < 0 ? -1 : 0;
}

/* Waits until a moment of clock_ms(). */
static int wait_writable(int fd, int64_t until)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	const int64_t left = until - clock_ms();
	const int rc = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;

	if (rc == 0)
		errno = EAGAIN;
	return rc == 1 ? 0 : -1;
}

/* The daemon is gone. If it restarts, it soon makes its socket again; the socket of a stopped one may still exist and
 * refuse. */
static int connect_again(const struct audit *audit, int64_t until)
{
	const struct sockaddr_un *const address = audit->native ? &journal_address : &syslog_address;

	do {
		(void)poll(NULL, 0, AUDIT_AGAIN_MS);
		if (clock_ms() >= until)
			return -1;
	} while (connect(audit->fd, (const struct sockaddr *)address, sizeof(*address)) != 0);
	return 0;
}

/* Prepares another attempt after the failure in errno. */
static int recover(const struct audit *audit, int64_t until)
{
	if (errno == EAGAIN)
		return wait_writable(audit->fd, until);
	/* Datagrams to a daemon that is gone fail so: unix(7). A stream cannot be continued. */
	if (!audit->stream && (errno == ECONNREFUSED || errno == ENOTCONN || errno == EPIPE))
		return connect_again(audit, until);
	return -1;
}

/* Begins a record as syslog(3) does, without the time, which the daemon adds: "<86>rssh-nova[4711]: ". */
static size_t head_make(char out[64], int priority)
{
	char *at = digits_decimal(stpcpy(out, "<"), priority);

	at = digits_decimal(stpcpy(at, ">rssh-nova["), getpid());
	return (size_t)(stpcpy(at, "]: ") - out);
}

static int parts_send(const struct audit *audit, const struct iovec *parts, int count)
{
	int64_t until = 0; /* set by the first failure */
	ssize_t whole = 0;

	for (int i = 0; i < count; i++)
		whole += (ssize_t)parts[i].iov_len;
	/* Many processes may wait for room for one record. Each process that gets none waits again. */
	for (;;) {
		const ssize_t sent = writev(audit->fd, parts, count);

		if (sent == whole)
			return 0;
		if (sent >= 0) { /* half a record on a stream is no record */
			errno = EIO;
			return -1;
		}
		if (until == 0)
			until = clock_ms() + AUDIT_WAIT_MS;
		if (recover(audit, until) != 0)
			return -1;
	}
}

int audit_send(const struct audit *audit, int level, const struct record *record)
{
	struct journal journal;
	char head[64];

	if (audit->fd < 0 || record->full) {
		errno = record->full ? EMSGSIZE : ENOTCONN;
		return -1;
	}
	if (audit->native) {
		journal_make(&journal, audit->facility | level, record);
		return parts_send(audit, journal.parts, journal.count);
	}
	/* On a stream a NUL ends the record, as syslog(3) does it. */
	return parts_send(audit,
		(struct iovec[]){
			{ head, head_make(head, audit->facility | level) },
			{ (void *)(uintptr_t)record->line, record->len + audit->stream },
		},
		2);
}
