/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/ssh_driver.h"

#include "policy/form.h"
#include "sender/connection.h"
#include "sender/job.h"

/* nova/utils.py ssh_execute: ssh -o BatchMode=yes HOST WORDS. ssh joins its words with blanks before it sends
 * them, so the line of form_write() is one argument here. */
static enum remotefs_error ssh_execute(struct remotefs *fs, enum connection_kind connection, enum form_id form,
	const char *path, struct command *command)
{
	const struct match match = { .form = form, .path = path };
	char line[CMD_MAX], login[ADDRESS_LOGIN_MAX];

	if (form_write(line, sizeof(line), &match) == 0)
		return context_fail(fs, REMOTEFS_BAD_ARGUMENT, "the path is too long");
	if (!context_scratch(fs) || !connection_need(fs, connection))
		return fs->fault->error;
	host_login(login, &fs->host);
	*command = (struct command){ .connection = connection, .wall = -1 };
	argv_init(&command->argv);
	argv_add(&command->argv, fs->options.ssh);
	argv_add(&command->argv, "-T");
	connection_options(&command->argv, fs, connection, CONNECTION_COMMAND);
	argv_add(&command->argv, "--");
	argv_add(&command->argv, login);
	argv_add(&command->argv, line);
	return REMOTEFS_OK;
}

static enum remotefs_error create_file(struct remotefs *fs, const char *path, struct command *command)
{
	return ssh_execute(fs, CONNECTION_PLAIN, FORM_TOUCH, path, command);
}

static enum remotefs_error remove_file(struct remotefs *fs, const char *path, struct command *command)
{
	return ssh_execute(fs, CONNECTION_PLAIN, FORM_REMOVE, path, command);
}

static enum remotefs_error create_dir(struct remotefs *fs, const char *path, struct command *command)
{
	return ssh_execute(fs, CONNECTION_PLAIN, FORM_MKDIR, path, command);
}

static enum remotefs_error remove_dir(struct remotefs *fs, const char *path)
{
	struct command command;
	const enum remotefs_error error = ssh_execute(fs, CONNECTION_PLAIN, FORM_REMOVE_TREE, path, &command);

	return error == REMOTEFS_OK ? job_run(fs, &command) : error;
}

enum {
	WORTH_A_CONNECTION = 8 * 1024 * 1024, /* bytes of data */
};

/* Small files use any open connection. The size of a pulled file is unknown, so it counts as large. */
enum connection_kind ssh_copy_connection(struct remotefs *fs, const struct transfer *transfer)
{
	const bool large = transfer->direction == REMOTEFS_PULL || transfer->progress->total >= WORTH_A_CONNECTION;

	if (large)
		return transfer->compress ? CONNECTION_COMPRESSED : CONNECTION_PLAIN;
	if (transfer->compress && !connection_is_up(fs, CONNECTION_PLAIN))
		return CONNECTION_COMPRESSED;
	return CONNECTION_PLAIN;
}

/* sshd drops the standard error of a subsystem, and scp hides its exit status, so a refused SFTP session looks like a
 * lost one. So we run the server as a command, in a spelling that every rssh-nova knows. If that is refused, we learn
 * why; if not, the server ends at once, because its input is empty. */
enum remotefs_error ssh_why_closed(struct remotefs *fs, enum connection_kind connection)
{
	const struct remotefs_fault closed = *fs->fault;
	struct command command;
	enum remotefs_error error = ssh_execute(fs, connection, FORM_SFTP, "/usr/lib/openssh/sftp-server", &command);

	if (error == REMOTEFS_OK)
		error = job_run(fs, &command);
	if (error == REMOTEFS_REFUSED)
		return error;
	*fs->fault = closed;
	return REMOTEFS_FAILED;
}

void ssh_sftp_words(struct argv *argv, const struct remotefs *fs, enum connection_kind connection)
{
	char login[ADDRESS_LOGIN_MAX];

	host_login(login, &fs->host);
	argv_init(argv);
	argv_add(argv, fs->options.ssh);
	argv_add(argv, "-T");
	connection_options(argv, fs, connection, CONNECTION_SUBSYSTEM);
	argv_add(argv, "-s");
	argv_add(argv, "--");
	argv_add(argv, login);
	argv_add(argv, "sftp");
}

/* scp [-C] -r SRC DST. scp itself writes the words on the wire: an SFTP session, or scp -r -t PATH. */
static void scp_words(
	struct argv *argv, const struct remotefs *fs, const struct transfer *transfer, enum connection_kind connection)
{
	char prefix[ADDRESS_LOGIN_MAX];

	host_prefix(prefix, &fs->host);
	argv_init(argv);
	argv_add(argv, fs->options.scp);
	argv_add(argv, "-S");
	argv_add(argv, fs->options.ssh);
	connection_options(argv, fs, connection, fs->options.scp_legacy ? CONNECTION_COMMAND : CONNECTION_SUBSYSTEM);
	if (fs->options.scp_legacy)
		argv_add(argv, "-O");
	if (transfer->compress)
		argv_add(argv, "-C");
	argv_add(argv, "-r");
	argv_add(argv, "--");
	if (transfer->direction == REMOTEFS_PUSH)
		argv_add(argv, transfer->local);
	argv_addf(argv, "%s:%s", prefix, transfer->remote);
	if (transfer->direction == REMOTEFS_PULL)
		argv_add(argv, transfer->local);
}

static enum remotefs_error copy(struct remotefs *fs, const struct transfer *transfer, struct command *command)
{
	*command = (struct command){
		.connection = ssh_copy_connection(fs, transfer),
		.progress = transfer->progress,
		.wall = transfer->wall,
	};
	if (!context_scratch(fs) || !connection_need(fs, command->connection))
		return fs->fault->error;
	scp_words(&command->argv, fs, transfer, command->connection);
	return REMOTEFS_OK;
}

static enum remotefs_error judge(struct remotefs *fs, const struct command *command, enum remotefs_error error)
{
	const bool sftp = command->progress != NULL && !fs->options.scp_legacy;

	return error == REMOTEFS_FAILED && sftp && fs->output.hung_up ? ssh_why_closed(fs, command->connection) : error;
}

const struct driver ssh_driver = { create_file, remove_file, create_dir, copy, judge, remove_dir };
