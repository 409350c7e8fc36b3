/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/report.h"

#include <stdio.h>
#include <string.h>

#include "admin/account.h"
#include "admin/plain.h"
#include "admin/setup/libvirt.h"
#include "admin/setup/sending.h"
#include "admin/setup/sshd.h"
#include "admin/setup/syslog.h"

/* Prints each line behind a sign. Replaces control characters: keys come from a file of the user's. */
static void lines_print(char sign, const char *text)
{
	bool begins = true;

	for (text += *text == '\n'; *text != '\0'; text++) {
		if (begins)
			printf("    %c ", sign);
		begins = *text == '\n';
		putchar(*text == '\n' || *text == '\t' || plain_is(*text) ? *text : '?');
	}
	if (!begins)
		putchar('\n');
}

static const char *undo_word(const struct change *change)
{
	return change->was != NULL ? "restore" : "remove";
}

static void change_print(const struct change *change, const struct options *options)
{
	const char *const would = options->dry_run ? "would " : "";
	const char *const word = options->undo ? undo_word(change) : change_word(change);

	if (change->kind == CHANGE_SHELL)
		printf("%s%s the login shell of %s\n", would, word, change->path);
	else if (change->kind == CHANGE_LINES)
		printf("%s%s lines in %s\n", would, word, change->path);
	else
		printf("%s%s the %s %s\n", would, word, change_kind_word(change->kind), change->path);
	if (!options->dry_run)
		return;
	if (change->was != NULL)
		lines_print(options->undo ? '+' : '-', change->was);
	if (change->text != NULL)
		lines_print(options->undo ? '-' : '+', change->text);
}

static void told_print(const char *name, enum service_answer answer, const char *verb)
{
	if (answer == SERVICE_TOLD)
		printf("%s %s\n", verb, name);
	else if (answer == SERVICE_IDLE)
		printf("%s does not run: it reads the changes when it starts\n", name);
}

/* setup never restarts nova-compute: it may be migrating. */
static void sending_print(const struct setup *setup)
{
	if (setup_touches_sending(setup))
		puts("nova-compute still has its old PATH: run systemctl daemon-reload, and while it migrates nothing, "
		     "systemctl restart nova-compute (on Red Hat: openstack-nova-compute)");
}

static void reload_print(const struct setup *setup, const struct options *options)
{
	if (options->dry_run)
		return;
	sending_print(setup);
	if (options->reload) {
		told_print("sshd", setup->sshd_told, "reloaded");
		if (setup_touches_rsyslog(setup))
			told_print("rsyslog", setup->rsyslog_told, "restarted");
		if (setup_touches_libvirt(setup))
			told_print("libvirt", setup->libvirt_told, "restarted");
		return;
	}
	if (setup_touches_sshd(setup))
		puts("sshd has not read the changes yet: systemctl reload ssh (on Red Hat: sshd); open sessions go on");
	if (setup_touches_rsyslog(setup))
		puts("rsyslog has not read the changes yet: systemctl restart rsyslog");
	if (setup_touches_libvirt(setup))
		puts("libvirt has not read the changes yet: systemctl restart libvirtd (or virtqemud); guests go on running");
}

static void print(const struct setup *setup, const struct options *options)
{
	for (size_t i = 0; i < json_array_size(setup->notes); i++)
		printf("note: %s\n", json_string_value(json_array_get(setup->notes, i)));
	for (unsigned i = 0; i < setup->plan.count; i++)
		change_print(&setup->plan.at[i], options);
	if (setup->plan.count == 0)
		puts(options->undo ? "nothing to undo" : "nothing to change: setup is complete");
	reload_print(setup, options);
	if (!options->undo && !options->dry_run)
		printf("now check this host: rssh-nova-admin doctor%s%s\n",
			strcmp(setup->user, ACCOUNT_DEFAULT) != 0 ? " --user " : "",
			strcmp(setup->user, ACCOUNT_DEFAULT) != 0 ? setup->user : "");
}

/* JSON cannot hold text that is not UTF-8: then only the path says what changed. */
static void text_set(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(object, key, json_string(text));
}

static json_t *change_json(const struct change *change, const struct options *options)
{
	json_t *const object = json_pack("{s:s,s:s,s:s}", "do", options->undo ? "take back" : change_word(change),
		"kind", change_kind_word(change->kind), change->kind == CHANGE_SHELL ? "user" : "path", change->path);

	text_set(object, "was", change->was);
	text_set(object, "text", change->text);
	return object;
}

/* Adds a daemon that must still read its changes, or that has been reloaded. */
static void told_add(json_t *reload, json_t *reloaded, const char *name, bool touched, enum service_answer answer)
{
	if (answer == SERVICE_TOLD)
		json_array_append_new(reloaded, json_string(name));
	else if (touched && answer == SERVICE_UNTOLD)
		json_array_append_new(reload, json_string(name));
}

static void json_print(const struct setup *setup, const struct options *options, const char *problem)
{
	json_t *const changes = json_array(), *const reload = json_array(), *const reloaded = json_array();
	json_t *object;

	for (unsigned i = 0; i < setup->plan.count; i++)
		json_array_append_new(changes, change_json(&setup->plan.at[i], options));
	told_add(reload, reloaded, "sshd", setup_touches_sshd(setup), setup->sshd_told);
	told_add(reload, reloaded, "rsyslog", setup_touches_rsyslog(setup), setup->rsyslog_told);
	told_add(reload, reloaded, "libvirt", setup_touches_libvirt(setup), setup->libvirt_told);
	told_add(reload, reloaded, "nova-compute", setup_touches_sending(setup), SERVICE_UNTOLD);
	object = json_pack("{s:b,s:b,s:o,s:o,s:o,s:O}", "done", problem == NULL && !options->dry_run, "changed",
		problem == NULL && !options->dry_run && setup->plan.count != 0, "changes", changes, "reload", reload,
		"reloaded", reloaded, "notes", setup->notes);
	text_set(object, "problem", problem);
	text_set(object, "reload_problem", setup->untold.text[0] != '\0' ? setup->untold.text : NULL);
	json_dumpf(object, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(object);
}

void setup_report(const struct setup *setup, const struct options *options, const char *problem)
{
	if (options->json)
		json_print(setup, options, problem);
	else if (problem != NULL)
		fprintf(stderr, "rssh-nova-admin setup: %s\n", problem);
	else
		print(setup, options);
	if (!options->json && setup->untold.text[0] != '\0')
		fprintf(stderr, "rssh-nova-admin setup: %s\n", setup->untold.text);
}
