/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/nova_path/copy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/connection.h"
#include "sender/extent.h"
#include "sender/nova_path/share.h"
#include "sender/nova_path/tool.h"
#include "sender/nova_path/worth.h"
#include "sender/pace.h"
#include "sender/settings.h"
#include "sender/sftp_pull.h"
#include "sender/sftp_push.h"

enum {
	START_MS = 10 * 60 *
		1000, /* ssh has its own ConnectTimeout; this limit is for a server that hangs after the login */
	STATUS_SSH = 255,
	LINES_MAX = 8192, /* bytes of output of ssh before a session begins */
};

struct copying {
	struct sftp_copy sftp;
	const struct nova_form *form;
	const char *named; /* the remote path, for syslog */
	struct argv argv;
	char ssh[PATH_MAX], folder[SHARE_FOLDER_MAX];
	bool compress;
	bool old_ssh; /* ssh is older than OpenSSH 8.7 and lacks some options */
	bool opened;  /* sftp_copy_close() must be called */
	bool begun;   /* a session has begun: output of ssh is shown at once */
	size_t used;
	char lines[LINES_MAX];
	int64_t started, next_log;
	int64_t done, total;
	bool terminal, bar_shown;
};

extern char **environ;

/* Starts ssh as scp does, over a shared connection. Overrides options of ssh_config(5) that would prevent SFTP on
 * standard input and output. */
static void words_write(struct copying *copying)
{
	static const char *const fixed[] = { "PermitLocalCommand=no", "ClearAllForwardings=yes", "RemoteCommand=none",
		"RequestTTY=no", "ForwardAgent=no", "Tunnel=no" };
	static const char *const since_8_7[] = { "ForkAfterAuthentication=no", "StdinNull=no" };
	struct argv *const argv = &copying->argv;
	char login[ADDRESS_LOGIN_MAX];

	host_login(login, &copying->form->address.host);
	argv_init(argv);
	argv_add(argv, copying->ssh);
	argv_add(argv, "-x");
	for (size_t i = 0; i < N_ELEMENTS(fixed); i++)
		argv_addf(argv, "-o%s", fixed[i]);
	for (size_t i = 0; i < N_ELEMENTS(since_8_7) && !copying->old_ssh; i++)
		argv_addf(argv, "-o%s", since_8_7[i]);
	share_options(argv, copying->folder, copying->compress);
	if (copying->compress)
		argv_add(argv, "-C");
	argv_add(argv, "-s");
	argv_add(argv, "--");
	argv_add(argv, login);
	argv_add(argv, "sftp");
}

static void bar_end(struct copying *copying)
{
	if (copying->bar_shown)
		(void)putchar('\n');
	(void)fflush(stdout);
	copying->bar_shown = false;
}

/* Holds lines back until a session has begun: if the real scp must run, it repeats the errors. */
static void on_line(void *user, const char *line)
{
	struct copying *const copying = user;
	const size_t room = sizeof(copying->lines) - copying->used;
	int len;

	if (copying->begun) {
		bar_end(copying);
		(void)fprintf(stderr, "%s\n", line);
		return;
	}
	len = snprintf(copying->lines + copying->used, room, "%s\n", line);
	if (len > 0 && (size_t)len < room)
		copying->used += (size_t)len;
}

static bool prepare(void *user, struct sftp_program *out)
{
	struct copying *const copying = user;

	words_write(copying);
	*out = (struct sftp_program){
		.words = argv_words(&copying->argv),
		.environment = (const char *const *)environ,
		.on_line = on_line,
		.user = copying,
		.start_ms = START_MS,
	};
	return out->words != NULL;
}

static bool is_refused(void *user)
{
	const struct output *const output = &((struct copying *)user)->sftp.session.output;

	return output->refused || output->denied;
}

static void say(void *user, const char *text)
{
	bar_end(user);
	(void)fprintf(stderr, "scp: %s\n", text);
}

static struct pace pace_of(const struct copying *copying)
{
	return (struct pace){ copying->done, copying->total, clock_ms() - copying->started };
}

static void on_tick(void *user)
{
	struct copying *const copying = user;
	const struct pace pace = pace_of(copying);

	if (copying->terminal && copying->done > 0) {
		pace_bar(copying->named, &pace);
		copying->bar_shown = true;
	}
	if (clock_ms() < copying->next_log)
		return;
	copying->next_log = clock_ms() + PACE_LOG_EVERY_MS;
	pace_log(copying->named, copying->form->address.host.name, &pace);
}

static void on_progress(void *user, uint64_t bytes)
{
	struct copying *const copying = user;

	pace_count(&copying->done, copying->total, bytes);
}

/* Only for people: scp itself says nothing here. */
static void on_wait(void *user)
{
	struct copying *const copying = user;

	if (!copying->terminal)
		return;
	bar_end(copying);
	(void)fprintf(
		stderr, "scp: everything was sent; waits until %s has judged it\n", copying->form->address.host.name);
}

static int retries_of(void)
{
	struct config config;
	char why[512];

	if (!settings_read(&config, NULL, why, sizeof(why)))
		config_default(&config);
	return (int)config.retries;
}

static bool session_try(struct copying *copying)
{
	static const struct sftp_calls calls = { prepare, is_refused, say, on_tick, on_progress, NULL, on_wait };
	const struct sftp_host host = { .calls = &calls, .user = copying, .cancel_fd = -1, .retries = retries_of() };

	copying->opened = true;
	copying->begun = sftp_copy_open(&copying->sftp, &host);
	return copying->begun;
}

/* Tries again with fewer options if ssh is older than 8.7: it stops at the first unknown option. */
static bool slot_take(struct copying *copying)
{
	if (!session_try(copying) && connection_lacks_options(copying->lines)) {
		(void)sftp_copy_close(&copying->sftp);
		copying->old_ssh = true;
		copying->used = 0;
		(void)session_try(copying);
	}
	if (copying->begun && copying->used > 0)
		(void)fwrite(copying->lines, 1, copying->used, stderr);
	return copying->begun;
}

/* If there is no connection, ssh has said why, and scp could not do better. If the server lacks SFTP, scp runs. */
static int status_not_begun(struct copying *copying)
{
	const struct child *const child = &copying->sftp.session.child;
	const bool no_connection = child->fate == CHILD_EXITED && child->status == STATUS_SSH && copying->used > 0 &&
		strstr(copying->lines, "subsystem request failed") == NULL;

	if (!no_connection)
		return COPY_NOT_SERVED;
	(void)fprintf(stderr, "%sscp: Connection closed\n", copying->lines);
	return STATUS_SSH;
}

static void say_broken(const struct copying *copying)
{
	switch (copying->sftp.session.broken) {
	case SFTP_WHOLE:
		return;
	case SFTP_LOST:
		(void)fprintf(stderr, "scp: Connection closed\n");
		return;
	case SFTP_UNHEARD:
		(void)fprintf(stderr,
			"scp: %s has not said within %d minutes whether it takes what was copied: see its audit, then "
			"copy again\n",
			copying->form->address.host.name, SFTP_FINISH_MINUTES);
		return;
	case SFTP_NOT_SERVED:
	case SFTP_LIED:
	case SFTP_STOPPED:
	case SFTP_TIMED_OUT:
	case SFTP_LOCAL:
		break;
	}
	(void)fprintf(stderr, "scp: the other end broke the rules of SFTP\n");
}

static int status_of(struct copying *copying, bool good)
{
	const struct sftp_tally *const tally = &copying->sftp.tally;
	const struct pace_sum sum = { tally->files, tally->data, tally->holes, clock_ms() - copying->started };
	const struct pace pace = pace_of(copying);

	if (good && copying->terminal && copying->bar_shown)
		pace_bar(copying->named, &pace);
	bar_end(copying);
	if (good)
		pace_log_end(copying->named, copying->form->address.host.name, &sum);
	else
		say_broken(copying);
	return good ? 0 : 1;
}

/* The local path of a pulled file. It must not exist: the real scp overwrites existing files. */
static bool place_find(char out[PATH_MAX], const struct nova_form *form)
{
	const char *const name = strrchr(form->address.path, '/');
	struct stat st;
	int len;

	if (stat(form->local, &st) == 0 && S_ISDIR(st.st_mode))
		len = snprintf(out, PATH_MAX, "%s%s", form->local, name);
	else
		len = snprintf(out, PATH_MAX, "%s", form->local);
	return len > 0 && len < PATH_MAX && out[len - 1] != '/' && lstat(out, &st) != 0 && errno == ENOENT;
}

/* Receives a file, and removes it if it is incomplete. */
static int receive(struct copying *copying, const char *place)
{
	const char *const remote = copying->form->address.path;
	struct sftp_attrs attrs = { .has_size = false };
	bool good;
	int fd;

	if (!sftp_look(&copying->sftp, remote, &attrs))
		return status_of(copying, false);
	if (!attrs.has_mode || !S_ISREG(attrs.mode))
		return COPY_NOT_SERVED;
	copying->total = attrs.has_size ? (int64_t)attrs.size : 0;
	fd = sftp_pull_create(place, &attrs);
	if (fd < 0)
		return COPY_NOT_SERVED;
	good = sftp_pull(&copying->sftp, remote, &attrs, fd);
	good = close(fd) == 0 && good;
	if (!good)
		(void)unlink(place);
	return status_of(copying, good);
}

/* The real scp refuses everything else. */
static bool is_source(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Bytes of data of a file; 0 for a directory. */
static int64_t data_of(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int64_t sum = 0;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		sum = (int64_t)extent_sum(fd, 0, (uint64_t)st.st_size);
	if (fd >= 0)
		close(fd);
	return sum;
}

/* sshd drops the line with the reason. */
static void say_not_taken(const struct nova_form *form, int status)
{
	(void)fprintf(stderr, "scp: %s did not take what was copied (status %d): its audit says why\n",
		form->address.host.name, status);
}

/* The far end judges the files when the session is over. As scp, fails if ssh fails. */
static bool is_taken(struct copying *copying)
{
	int status = 0;

	if (!sftp_copy_finish(&copying->sftp, &status))
		return false;
	if (status != 0) {
		bar_end(copying);
		say_not_taken(copying->form, status);
	}
	return status == 0;
}

/* After a lost session, also sees whether the file is still there: its end may have deleted it unheard. */
static bool is_accepted(struct copying *copying)
{
	struct sftp_attrs attrs;

	if (!is_taken(copying))
		return false;
	if (!copying->sftp.unheard)
		return true;
	if (!sftp_copy_begin(&copying->sftp))
		return false;
	if (sftp_look(&copying->sftp, copying->named, &attrs))
		return is_taken(copying);
	if (copying->sftp.session.broken == SFTP_WHOLE)
		sftp_copy_say(&copying->sftp, "%s is gone from %s since the connection was lost: its audit says why",
			copying->named, copying->form->address.host.name);
	return false;
}

static int run(struct copying *copying)
{
	const struct nova_form *const form = copying->form;
	char place[PATH_MAX];

	if (form->id == NOVA_PULL && !place_find(place, form))
		return COPY_NOT_SERVED;
	if (form->id == NOVA_PUSH && !is_source(form->local))
		return COPY_NOT_SERVED;
	copying->total = form->id == NOVA_PUSH ? data_of(form->local) : 0;
	copying->compress = form->compress && (form->id == NOVA_PULL || worth_compressing(form->local));
	if (!slot_take(copying))
		return status_not_begun(copying);
	if (form->id == NOVA_PULL)
		return receive(copying, place);
	return status_of(copying, sftp_push(&copying->sftp, form->local, copying->named) && is_accepted(copying));
}

int copy_file(const struct nova_form *form)
{
	struct copying *const copying = calloc(1, sizeof(*copying));
	int status = COPY_NOT_SERVED, ended = 0;

	if (copying == NULL)
		return COPY_NOT_SERVED;
	copying->form = form;
	copying->named = form->address.path;
	copying->started = clock_ms();
	copying->next_log = copying->started + PACE_LOG_EVERY_MS;
	copying->terminal = isatty(STDOUT_FILENO) == 1;
	if (tool_find(copying->ssh, "ssh") && share_folder(copying->folder))
		status = run(copying);
	if (copying->opened)
		ended = sftp_copy_close(&copying->sftp);
	free(copying);
	/* As scp, fails if ssh fails. After a push, is_accepted() has heard that. */
	if (status == 0 && ended != 0)
		say_not_taken(form, ended);
	return status == 0 && ended != 0 ? 1 : status;
}
