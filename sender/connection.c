/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/connection.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

static void add_options(struct argv *argv, const char *const *options)
{
	for (; options != NULL && *options != NULL; options++)
		argv_addf(argv, "-o%s", *options);
}

/* Options that ssh has since 8.7. -N and -s already set the type of session, so SessionType is only for commands. */
static void add_options_of_8_7(struct argv *argv, enum connection_use use)
{
	argv_add(argv, "-oForkAfterAuthentication=no");
	argv_add(argv, "-oStdinNull=no");
	if (use == CONNECTION_COMMAND)
		argv_add(argv, "-oSessionType=default");
}

/* ssh takes the first value of an option. First come BatchMode, as in Nova, and every option that decides what runs and
 * over which connection. Then come the operator's options, then our defaults. */
void connection_options(
	struct argv *argv, const struct remotefs *fs, enum connection_kind kind, enum connection_use use)
{
	static const char *const fixed[] = { "BatchMode=yes", "ForwardAgent=no", "ForwardX11=no",
		"ClearAllForwardings=yes", "PermitLocalCommand=no", "Tunnel=no", "RemoteCommand=none", "RequestTTY=no",
		"ControlPersist=no", NULL };
	static const char *const defaults[] = { "StrictHostKeyChecking=yes", "ServerAliveInterval=15",
		"ServerAliveCountMax=3", NULL };

	if (fs->options.ssh_config != NULL) {
		argv_add(argv, "-F");
		argv_add(argv, fs->options.ssh_config);
	}
	add_options(argv, fixed);
	if (!fs->old_ssh)
		add_options_of_8_7(argv, use);
	argv_addf(argv, "-oControlMaster=%s", use == CONNECTION_MASTER ? "yes" : "no");
	argv_addf(argv, "-oControlPath=%s/%s", fs->scratch.path, socket_name(kind));
	add_options(argv, fs->options.ssh_options);
	add_options(argv, defaults);
	argv_addf(argv, "-oConnectTimeout=%d", connect_seconds(fs));
	argv_addf(argv, "-oCompression=%s", kind == CONNECTION_COMPRESSED ? "yes" : "no");
}

static void master_words(struct argv *argv, const struct remotefs *fs, enum connection_kind kind)
{
	char login[ADDRESS_LOGIN_MAX];

	host_login(login, &fs->host);
	argv_init(argv);
	argv_add(argv, fs->options.ssh);
	connection_options(argv, fs, kind, CONNECTION_MASTER);
	argv_add(argv, "-NT");
	argv_add(argv, "--");
	argv_add(argv, login);
}

struct readiness {
	const struct child *master;
	struct sockaddr_un address;
	bool ready;
};

/* ssh creates its control socket after the login. Returns false, which ends the wait, when the socket answers. */
static bool not_ready(void *user, pid_t pid)
{
	struct readiness *const readiness = user;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)pid;
	tcp_no_delay(readiness->master);
	readiness->ready =
		fd >= 0 && connect(fd, (const struct sockaddr *)&readiness->address, sizeof(readiness->address)) == 0;
	if (fd >= 0)
		close(fd);
	return !readiness->ready;
}

static bool socket_address(struct sockaddr_un *out, const struct remotefs *fs, enum connection_kind kind)
{
	const int len = snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s", fs->scratch.path, socket_name(kind));

	return len > 0 && (size_t)len < sizeof(out->sun_path);
}

static enum remotefs_error master_fault(struct remotefs *fs, const struct connection *connection)
{
	const struct child *const master = &connection->master;
	const char *const last = connection->output.last;

	if (master->fate == CHILD_CANCELLED)
		return context_fail(fs, REMOTEFS_CANCELLED, "stopped while connecting");
	if (master->fate == CHILD_NOT_STARTED)
		return context_fail(fs, REMOTEFS_LOCAL, "%s cannot be run", fs->options.ssh);
	if (master->fate == CHILD_TIMED_OUT)
		return context_fail(fs, REMOTEFS_UNREACHABLE, "no connection to %s within %d s", fs->host.name,
			connect_seconds(fs));
	return context_fail(fs, REMOTEFS_UNREACHABLE, "no connection to %s: %s", fs->host.name,
		last[0] == '\0' ? "ssh ended" : last);
}

/* An old ssh stops at the first unknown option. */
bool connection_lacks_options(const char *words)
{
	static const char text[] = "command-line: line 0: Bad configuration option: forkafterauthentication";

	return strncmp(words, text, sizeof(text) - 1) == 0;
}

static void held_say(struct remotefs *fs)
{
	if (fs->held[0] != '\0')
		context_say(fs, "%s", fs->held);
	fs->held[0] = '\0';
}

/* While ssh connects, its last line is held: if ssh then fails, the fault has it. */
static void on_master_line(void *user, const char *line)
{
	struct remotefs *const fs = user;

	if (connection_lacks_options(line)) {
		fs->old_ssh = true;
		return;
	}
	held_say(fs);
	(void)snprintf(fs->held, sizeof(fs->held), "%s", line);
	if (!fs->connects)
		held_say(fs);
}

static bool master_try(struct remotefs *fs, enum connection_kind kind)
{
	struct connection *const connection = &fs->connections[kind];
	struct readiness readiness = { .master = &connection->master, .address = { .sun_family = AF_UNIX } };
	const struct child_watch watch = {
		.cancel_fd = context_cancel_fd(fs),
		.timeout_ms = (int64_t)connect_seconds(fs) * 1000 + 500, /* ssh's own message comes first */
		.tick_ms = READY_TICK_MS,
		.on_tick = not_ready,
		.user = &readiness,
	};
	struct argv argv;
	bool connected;

	master_words(&argv, fs, kind);
	context_show(fs, &argv);
	if (fs->options.dry_run)
		return true;
	output_init(&connection->output, on_master_line, fs);
	if (!socket_address(&readiness.address, fs, kind) || argv_words(&argv) == NULL) {
		connection->master.fate = CHILD_NOT_STARTED;
		return false;
	}
	fs->connects = true;
	connected = child_start(&connection->master, argv_words(&argv), -1, &connection->output) &&
		child_wait(&connection->master, &watch) == CHILD_RUNNING;
	fs->connects = false;
	if (connection->master.fate == CHILD_EXITED)
		fs->held[0] = '\0';
	held_say(fs);
	return connected;
}

/* One attempt, and another one with fewer options if ssh turns out to be old. */
static bool master_start(struct remotefs *fs, enum connection_kind kind)
{
	const bool was_old = fs->old_ssh;

	return master_try(fs, kind) || (fs->old_ssh != was_old && master_try(fs, kind));
}

/* Sleeps before the next attempt. Returns false if cancelled. */
static bool back_off(const struct remotefs *fs, int attempt)
{
	struct pollfd cancel = { .fd = context_cancel_fd(fs), .events = POLLIN };
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
		context_say(fs, "%s; trying again", fs->fault->text);
		if (!back_off(fs, attempt)) {
			(void)context_fail(fs, REMOTEFS_CANCELLED, "stopped while connecting");
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
