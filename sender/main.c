/* SPDX-License-Identifier: Apache-2.0 */
/* rssh-nova-send: the five operations and migrate from a command line. See rssh-nova-send(1). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "policy/attributes.h"
#include "sender/address.h"
#include "sender/migrate.h"
#include "sender/output.h"
#include "sender/remotefs.h"
#include "sender/report.h"
#include "sender/settings.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 69,
	EXIT_REFUSED = 77,
};

/* The command line. */
struct request {
	const char *config, *nova_conf, *ssh_config;
	enum remotefs_transport transport;
	bool json, quiet, dry_run, scp_legacy, no_compress, dense, resume, help, version;
	int timeout;
	char *const *operands;
};

/* The arguments of an operation. */
struct run {
	const struct request *request;
	struct remotefs_options options;
	struct remotefs_fault fault;
	struct remotefs *fs;
	char host[ADDRESS_LOGIN_MAX];
};

typedef enum remotefs_error path_operation(struct remotefs *, const char *, struct remotefs_fault *);

static enum remotefs_error bad_argument(struct run *run, const char *text)
{
	run->fault = (struct remotefs_fault){ .error = REMOTEFS_BAD_ARGUMENT, .status = -1 };
	(void)output_plain(run->fault.text, sizeof(run->fault.text), text);
	return REMOTEFS_BAD_ARGUMENT;
}

static enum remotefs_error bad_address(struct run *run, const char *address, enum address_error error)
{
	char text[2 * ADDRESS_PATH_MAX];

	(void)snprintf(text, sizeof(text), "%s: %s", address, address_error_text(error));
	return bad_argument(run, text);
}

static bool run_open(struct run *run, const char *host)
{
	struct report *const report = run->options.user;

	(void)snprintf(run->host, sizeof(run->host), "%s", host);
	report->host = run->host;
	run->fs = remotefs_open(host, &run->options, &run->fault);
	return run->fs != NULL;
}

static enum remotefs_error run_path(struct run *run, path_operation *operation)
{
	if (!run_open(run, run->request->operands[0]))
		return run->fault.error;
	return operation(run->fs, run->request->operands[1], &run->fault);
}

static enum remotefs_error run_create_file(struct run *run)
{
	return run_path(run, remotefs_create_file);
}

static enum remotefs_error run_remove_file(struct run *run)
{
	return run_path(run, remotefs_remove_file);
}

static enum remotefs_error run_create_dir(struct run *run)
{
	return run_path(run, remotefs_create_dir);
}

static enum remotefs_error run_remove_dir(struct run *run)
{
	return run_path(run, remotefs_remove_dir);
}

static enum remotefs_error run_copy(struct run *run)
{
	const char *const src = run->request->operands[0], *const dst = run->request->operands[1];
	const bool pull = address_is_remote(src);
	char login[ADDRESS_LOGIN_MAX];
	struct remotefs_copy copy;
	struct address address;
	enum address_error error;

	if (pull == address_is_remote(dst))
		return bad_argument(run, "one of SRC and DST is HOST:PATH, the other a local file");
	error = address_parse(&address, pull ? src : dst);
	if (error != ADDRESS_OK)
		return bad_address(run, pull ? src : dst, error);
	copy = (struct remotefs_copy){
		.direction = pull ? REMOTEFS_PULL : REMOTEFS_PUSH,
		.local = pull ? dst : src,
		.remote = address.path,
		.compress = !run->request->no_compress && (pull || remotefs_compresses(src)),
	};
	host_login(login, &address.host);
	if (!run_open(run, login))
		return run->fault.error;
	return remotefs_copy_file(run->fs, &copy, &run->fault);
}

/* The same path on both ends. Nova renames an instance to U_resize before it sends it. */
static bool default_remote(char out[ADDRESS_PATH_MAX], const char *dir)
{
	static const char aside[] = "_resize";
	char *const path = realpath(dir, NULL);
	size_t len = path == NULL ? 0 : strlen(path);
	const bool fits = len > 0 && len < ADDRESS_PATH_MAX;

	if (fits)
		strcpy(out, path);
	free(path);
	if (fits && len > sizeof(aside) && strcmp(out + len - (sizeof(aside) - 1), aside) == 0)
		out[len - (sizeof(aside) - 1)] = '\0';
	return fits;
}

static enum remotefs_error run_migrate(struct run *run)
{
	const char *const dir = run->request->operands[0], *const target = run->request->operands[1];
	const bool has_path = strchr(target, '/') != NULL;
	char login[ADDRESS_LOGIN_MAX];
	struct address address;
	enum address_error error;

	if (has_path) {
		error = address_parse(&address, target);
	} else {
		error = host_parse(&address.host, target);
		if (error == ADDRESS_OK && !default_remote(address.path, dir))
			return bad_argument(run, "DIR does not exist, or its path is too long");
	}
	if (error != ADDRESS_OK)
		return bad_address(run, target, error);
	host_login(login, &address.host);
	if (!run_open(run, login))
		return run->fault.error;
	return remotefs_migrate(run->fs,
		&(struct remotefs_migration){
			.dir = dir,
			.remote = address.path,
			.shared = has_path ? NULL : address.path,
			.compress = !run->request->no_compress,
			.resume = run->request->resume,
		},
		&run->fault);
}

struct operation {
	const char *name, *operands;
	int count;
	enum remotefs_error (*run)(struct run *run);
	const char *help;
};

static const struct operation operations[] = {
	{ "create-file", "HOST PATH", 2, run_create_file, "create an empty file on HOST" },
	{ "remove-file", "HOST PATH", 2, run_remove_file, "remove a file" },
	{ "create-dir", "HOST PATH", 2, run_create_dir, "create a directory and its parents" },
	{ "remove-dir", "HOST PATH", 2, run_remove_dir, "remove a directory with all that is in it" },
	{ "copy", "SRC DST", 2, run_copy, "copy a file; SRC or DST is HOST:PATH" },
	{ "migrate", "DIR HOST[:PATH]", 2, run_migrate, "send an instance directory, all or nothing" },
};

struct option_row {
	const char *name, *argument;
	int letter;
	const char *help;
};

static const struct option_row option_rows[] = {
	{ "config", "FILE", 'c', "rssh-nova.conf to read instead of /etc/rssh-nova.conf" },
	{ "nova-conf", "FILE", 'n', "take the transport from [libvirt] of this nova.conf" },
	{ "transport", "ssh|rsync", 't', "the transport; overrides both files" },
	{ "ssh-config", "FILE", 'F', "ssh_config(5) for ssh, as its -F" },
	{ "legacy-scp", NULL, 'O', "scp's protocol from before OpenSSH 9" },
	{ "no-compress", NULL, 'C', "copy and migrate: compress nothing" },
	{ "sparse", "auto|never", 'S', "never: copies by ssh write holes and zeros, too" },
	{ "resume", NULL, 'r', "migrate: continue what an earlier run left" },
	{ "timeout", "SECONDS", 'T', "end a command that takes longer" },
	{ "dry-run", NULL, 'd', "show the exact commands and run none" },
	{ "json", NULL, 'j', "JSON lines on standard output" },
	{ "quiet", NULL, 'q', "no progress" },
	{ "help", NULL, 'h', "show this" },
	{ "version", NULL, 'V', "show the version" },
};

static void help_print(FILE *to)
{
	(void)fputs("usage: rssh-nova-send [options] OPERATION OPERANDS\n\n", to);
	for (size_t i = 0; i < N_ELEMENTS(operations); i++)
		(void)fprintf(to, "  %-11s %-16s %s\n", operations[i].name, operations[i].operands, operations[i].help);
	(void)fputs("\n", to);
	for (size_t i = 0; i < N_ELEMENTS(option_rows); i++)
		(void)fprintf(to, "  --%-11s %-14s %s\n", option_rows[i].name,
			option_rows[i].argument == NULL ? "" : option_rows[i].argument, option_rows[i].help);
	(void)fputs("\nHOST is [USER@]NAME, an IPv6 address bare or, before :PATH, in brackets.\n"
		    "Exit status: 0 done, 1 failed, 2 usage, 69 unreachable, 77 refused by the other end.\n"
		    "See rssh-nova-send(1).\n",
		to);
}

static const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(operations); i++)
		if (name != NULL && strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

static bool seconds_parse(int *out, const char *text)
{
	char *end;
	const long value = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 1 || value > 30 * 86400)
		return false;
	*out = (int)value;
	return true;
}

static bool option_take(struct request *request, int letter)
{
	switch (letter) {
	case 'c':
		request->config = optarg;
		return true;
	case 'n':
		request->nova_conf = optarg;
		return true;
	case 't':
		request->transport = settings_transport(optarg);
		return request->transport != REMOTEFS_NONE;
	case 'F':
		request->ssh_config = optarg;
		return true;
	case 'T':
		return seconds_parse(&request->timeout, optarg);
	case 'O':
		return request->scp_legacy = true;
	case 'C':
		return request->no_compress = true;
	case 'S':
		request->dense = strcmp(optarg, "never") == 0;
		return request->dense || strcmp(optarg, "auto") == 0;
	case 'r':
		return request->resume = true;
	case 'd':
		return request->dry_run = true;
	case 'j':
		return request->json = true;
	case 'q':
		return request->quiet = true;
	case 'h':
		return request->help = true;
	case 'V':
		return request->version = true;
	default:
		return false;
	}
}

/* Says what the option takes, if its value is wrong. getopt has complained about an unknown option. */
static void value_complain(int letter)
{
	for (size_t i = 0; i < N_ELEMENTS(option_rows); i++)
		if (option_rows[i].letter == letter)
			(void)fprintf(stderr, "rssh-nova-send: --%s takes %s: %s\n", option_rows[i].name,
				option_rows[i].argument, optarg);
}

static bool request_read(struct request *out, int argc, char **argv)
{
	struct option options[N_ELEMENTS(option_rows) + 1] = { 0 };
	int letter;

	for (size_t i = 0; i < N_ELEMENTS(option_rows); i++)
		options[i] = (struct option){
			.name = option_rows[i].name,
			.has_arg = option_rows[i].argument == NULL ? no_argument : required_argument,
			.val = option_rows[i].letter,
		};
	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!option_take(out, letter)) {
			value_complain(letter);
			return false;
		}
	out->operands = argv + optind;
	return true;
}

static enum remotefs_transport configured_transport(const struct config *config)
{
	/* With two transports, the first is the default, as in Nova. */
	return (config->transports & 1u << TRANSPORT_SSH) != 0 ? REMOTEFS_SSH : REMOTEFS_RSYNC;
}

static bool transport_choose(struct remotefs_options *options, const struct request *request,
	const struct config *config, char *why, size_t size)
{
	options->transport = configured_transport(config);
	if (request->nova_conf != NULL && !settings_nova_transport(&options->transport, request->nova_conf, why, size))
		return false;
	if (request->transport != REMOTEFS_NONE)
		options->transport = request->transport;
	return true;
}

static int status_of(enum remotefs_error error)
{
	switch (error) {
	case REMOTEFS_OK:
		return EXIT_DONE;
	case REMOTEFS_BAD_ARGUMENT:
		return EXIT_USAGE;
	case REMOTEFS_REFUSED:
		return EXIT_REFUSED;
	case REMOTEFS_UNREACHABLE:
		return EXIT_UNREACHABLE;
	case REMOTEFS_LOCAL:
	case REMOTEFS_FAILED:
	case REMOTEFS_TIMED_OUT:
	case REMOTEFS_CANCELLED:
	case REMOTEFS_SHARED:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

/* Signals that end us become readable events, so that we can clean up first. */
static int stop_signals_open(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0)
		return -1;
	return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Ends by the signal that came, as its sender expects. Returns if none came. */
static void stop_signal_obey(int stop_fd)
{
	struct signalfd_siginfo info;
	sigset_t one;

	if (read(stop_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	(void)signal((int)info.ssi_signo, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, (int)info.ssi_signo);
	(void)raise((int)info.ssi_signo);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static void words_of(const char *words[PATTERNS_MAX + 1], const struct text_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		words[i] = text_at(list, i);
	words[list->count] = NULL;
}

static int operation_run(const struct operation *operation, const struct request *request, const struct config *config,
	const struct remotefs_options *options, struct report *report)
{
	const char *ssh_options[PATTERNS_MAX + 1];
	const int stop_fd = stop_signals_open();
	struct run run = { .request = request, .options = *options };
	enum remotefs_error error;

	words_of(ssh_options, &config->ssh_options);
	run.options.ssh_options = ssh_options;
	run.options.cancel_fd = stop_fd;
	error = operation->run(&run);
	remotefs_close(run.fs);
	report_end(report, operation->name, &run.fault, status_of(error));
	if (error == REMOTEFS_CANCELLED)
		stop_signal_obey(stop_fd);
	return status_of(error);
}

/* ssh would say so too, but as if the host were not there. */
static bool can_read_ssh_config(const char *path)
{
	if (path == NULL || strcmp(path, "none") == 0 || access(path, R_OK) == 0)
		return true;
	(void)fprintf(stderr, "rssh-nova-send: cannot read the file of --ssh-config: %s: %s\n", path, strerror(errno));
	return false;
}

static int usage(const char *text, const char *word)
{
	if (text[0] != '\0')
		(void)fprintf(stderr, "rssh-nova-send: %s%s\n", text, word);
	(void)fputs("usage: rssh-nova-send [options] OPERATION OPERANDS; see rssh-nova-send --help\n", stderr);
	return EXIT_USAGE;
}

static int request_run(const struct operation *operation, const struct request *request)
{
	struct report report;
	struct config config;
	char why[512] = "";
	struct remotefs_options options = {
		.ssh_config = request->ssh_config,
		.scp_legacy = request->scp_legacy,
		.dense = request->dense,
		.timeout_seconds = request->timeout,
		.dry_run = request->dry_run,
		.on_event = report_event,
		.user = &report,
	};

	if (!can_read_ssh_config(request->ssh_config))
		return EXIT_USAGE;
	if (!settings_read(&config, request->config, why, sizeof(why)) ||
		!transport_choose(&options, request, &config, why, sizeof(why))) {
		(void)fprintf(stderr, "rssh-nova-send: %s\n", why);
		return EXIT_USAGE;
	}
	options.scp = config.program[PROGRAM_SCP];
	options.rsync = config.program[PROGRAM_RSYNC];
	options.connect_seconds = (int)config.connect_timeout;
	options.retries = (int)config.retries;
	openlog("rssh-nova-send", LOG_PID, LOG_DAEMON);
	report_init(&report, request->json, request->quiet, request->dry_run);
	return operation_run(operation, request, &config, &options, &report);
}

int main(int argc, char **argv)
{
	struct request request = { 0 };
	const struct operation *operation;
	int operands;

	if (!request_read(&request, argc, argv))
		return usage("", "");
	if (request.help || request.version) {
		if (request.help)
			help_print(stdout);
		else
			(void)puts("rssh-nova-send " RSSH_NOVA_VERSION);
		return EXIT_DONE;
	}
	operation = operation_find(request.operands[0]);
	if (request.operands[0] == NULL)
		return usage("missing operation", "");
	if (operation == NULL)
		return usage("no such operation: ", request.operands[0]);
	operands = argc - optind - 1;
	request.operands++;
	if (request.resume && operation->run != run_migrate)
		return usage("only migrate takes --resume", "");
	if (operands != operation->count) {
		(void)fprintf(stderr, "rssh-nova-send: %s takes %s\n", operation->name, operation->operands);
		return usage("", "");
	}
	return request_run(operation, &request);
}
