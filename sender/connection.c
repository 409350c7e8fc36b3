/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/connection.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sender/session.h"
#include "sender/tcp.h"

enum {
	READY_TICK_MS = 4,
	LOST_WAIT_MS = 200,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
};

static const char *socket_name(enum connection_kind kind)
{
	return kind == CONNECTION_COMPRESSED ? "compressed" : "plain";
}

static int connect_seconds(const struct remotefs *fs)
{
	return fs->options.connect_seconds > 0 ? fs->options.connect_seconds : 10;
}

/* ssh takes the first value that it sees: the operator's stand before ours, BatchMode (as Nova has it) and
 * what keeps a far end from reaching back here before his. */
void connection_options(struct argv *argv, const struct remotefs *fs, enum connection_kind kind)
{
	static const char *const fixed[] = { "BatchMode=yes", "ForwardAgent=no", "ForwardX11=no",
		"ClearAllForwardings=yes", "PermitLocalCommand=no", "Tunnel=no", NULL };
	static const char *const defaults[] = { "StrictHostKeyChecking=yes", "ServerAliveInterval=15",
		"ServerAliveCountMax=3", NULL };

	if (fs->options.ssh_config != NULL) {
		argv_add(argv, "-F");
		argv_add(argv, fs->options.ssh_config);
	}
	for (const char *const *option = fixed; *option != NULL; option++)
		argv_addf(argv, "-o%s", *option);
	argv_addf(argv, "-oControlPath=%s/%s", fs->scratch.path, socket_name(kind));
	for (const char *const *option = fs->options.ssh_options; option != NULL && *option != NULL; option++)
		argv_addf(argv, "-o%s", *option);
	for (const char *const *option = defaults; *option != NULL; option++)
		argv_addf(argv, "-o%s", *option);
	argv_addf(argv, "-oConnectTimeout=%d", connect_seconds(fs));
	argv_addf(argv, "-oCompression=%s", kind == CONNECTION_COMPRESSED ? "yes" : "no");
}

static void master_words(struct argv *argv, const struct remotefs *fs, enum connection_kind kind)
{
	char login[ADDRESS_LOGIN_MAX];

	host_login(login, &fs->host);
	argv_init(argv);
	argv_add(argv, fs->options.ssh);
	argv_add(argv, "-oControlMaster=yes");
	argv_add(argv, "-oControlPersist=no");
	argv_add(argv, "-oRemoteCommand=none");
	connection_options(argv, fs, kind);
	argv_add(argv, "-NT");
	argv_add(argv, "--");
	argv_add(argv, login);
}

struct readiness {
	const struct child *master;
	struct sockaddr_un address;
	bool ready;
};

/* ssh makes its control socket when it has been let in. Gives false, stop waiting, when it answers. */
static bool not_ready(void *user, pid_t pid)
{
	struct readiness *const readiness = user;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)pid;
	tcp_hurry(readiness->master);
	readiness->ready = fd >= 0 && connect(fd, (const struct sockaddr *)&readiness->address,
					      sizeof(readiness->address)) == 0;
	if (fd >= 0)
		close(fd);
	return !readiness->ready;
}

static bool socket_address(struct sockaddr_un *out, const struct remotefs *fs, enum connection_kind kind)
{
	const int len = snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s", fs->scratch.path,
		socket_name(kind));

	return len > 0 && (size_t)len < sizeof(out->sun_path);
}

static enum remotefs_error master_fault(struct remotefs *fs, const struct connection *connection)
{
	const struct child *const master = &connection->master;
	const char *const last = connection->output.last;

	if (master->fate == CHILD_CANCELLED)
		return session_fail(fs, REMOTEFS_CANCELLED, "stopped while connecting");
	if (master->fate == CHILD_NOT_STARTED)
		return session_fail(fs, REMOTEFS_LOCAL, "%s cannot be run", fs->options.ssh);
	if (master->fate == CHILD_TIMED_OUT)
		return session_fail(fs, REMOTEFS_UNREACHABLE, "no connection to %s within %d s", fs->host.name,
			connect_seconds(fs));
	return session_fail(fs, REMOTEFS_UNREACHABLE, "no connection to %s: %s", fs->host.name,
		last[0] == '\0' ? "ssh ended" : last);
}

static void on_master_line(void *user, const char *line)
{
	const struct remotefs *const fs = user;

	session_say(fs, "%s", line);
}

/* One attempt. */
static bool master_start(struct remotefs *fs, enum connection_kind kind)
{
	struct connection *const connection = &fs->connections[kind];
	struct readiness readiness = { .master = &connection->master, .address = { .sun_family = AF_UNIX } };
	const struct child_watch watch = {
		.cancel_fd = session_cancel_fd(fs),
		.timeout_ms = (int64_t)connect_seconds(fs) * 1000 + 500, /* ssh's own message comes first */
		.tick_ms = READY_TICK_MS,
		.on_tick = not_ready,
		.user = &readiness,
	};
	struct argv argv;

	master_words(&argv, fs, kind);
	session_show(fs, &argv);
	if (fs->options.dry_run)
		return true;
	output_init(&connection->output, on_master_line, fs);
	if (!socket_address(&readiness.address, fs, kind) || argv_words(&argv) == NULL) {
		connection->master.fate = CHILD_NOT_STARTED;
		return false;
	}
	return child_start(&connection->master, argv_words(&argv), -1, &connection->output) &&
		child_wait(&connection->master, &watch) == CHILD_RUNNING;
}

/* Sleeps before the next attempt; gives false when cancelled. */
static bool back_off(const struct remotefs *fs, int attempt)
{
	struct pollfd cancel = { .fd = session_cancel_fd(fs), .events = POLLIN };
	int ms = BACKOFF_FIRST_MS;

	while (attempt-- > 0 && ms < BACKOFF_MOST_MS)
		ms *= 2;
	return poll(&cancel, 1, ms) == 0;
}

bool connection_need(struct remotefs *fs, enum connection_kind kind)
{
	const struct connection *const connection = &fs->connections[kind];
	const int retries = fs->undoing ? 0 : fs->options.retries;

	if (connection_is_up(fs, kind))
		return true;
	for (int attempt = 0;; attempt++) {
		if (master_start(fs, kind))
			return true;
		if (master_fault(fs, connection) != REMOTEFS_UNREACHABLE || connection->output.denied ||
			connection->output.refused || attempt >= retries)
			return false;
		session_say(fs, "%s; trying again", fs->fault->text);
		if (!back_off(fs, attempt)) {
			(void)session_fail(fs, REMOTEFS_CANCELLED, "stopped while connecting");
			return false;
		}
	}
}

bool connection_is_up(struct remotefs *fs, enum connection_kind kind)
{
	struct child *const master = &fs->connections[kind].master;

	return master->fate == CHILD_RUNNING && !child_has_ended(master, 0);
}

bool connection_is_lost(struct remotefs *fs, enum connection_kind kind)
{
	return child_has_ended(&fs->connections[kind].master, LOST_WAIT_MS);
}

void connections_close(struct remotefs *fs)
{
	for (unsigned kind = 0; kind < CONNECTION_KINDS; kind++)
		child_stop(&fs->connections[kind].master);
}
