/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/nova_path/nova_form.h"

#include <string.h>

static bool is(const char *word, const char *text)
{
	return strcmp(word, text) == 0;
}

static bool is_host(const char *word)
{
	struct host host;

	return host_parse(&host, word) == ADDRESS_OK;
}

static bool is_ssh(int count, char *const *words)
{
	if (count < 6 || !is(words[1], "-o") || !is(words[2], "BatchMode=yes") || !is_host(words[3]) ||
		remote_path_check(words[count - 1]) != ADDRESS_OK)
		return false;
	if (count == 6)
		return is(words[4], "touch") || is(words[4], "rm");
	return count == 7 &&
		((is(words[4], "mkdir") && is(words[5], "-p")) || (is(words[4], "rm") && is(words[5], "-rf")));
}

/* A local name that scp would read in the same sense. */
static bool is_local(const char *word)
{
	return word[0] != '\0' && word[0] != '-' && !address_is_remote(word);
}

static void scp_read(struct nova_form *out, int count, char *const *words)
{
	const bool compress = count == 5 && is(words[1], "-C");
	const char *const source = words[count - 2], *const target = words[count - 1];
	const bool pull = address_is_remote(source);

	if ((!compress && count != 4) || !is(words[count - 3], "-r") || !is_local(pull ? target : source) ||
		address_parse(&out->address, pull ? source : target) != ADDRESS_OK)
		return;
	out->id = pull ? NOVA_PULL : NOVA_PUSH;
	out->compress = compress;
	out->local = pull ? target : source;
}

static bool begins(int count, char *const *words, const char *const *wanted)
{
	int at = 1;

	for (; *wanted != NULL; wanted++, at++)
		if (at >= count || !is(words[at], *wanted))
			return false;
	return true;
}

/* These only need a shared connection; the real rsync does the rest. */
static bool is_rsync(int count, char *const *words)
{
	static const char *const create[] = { "--archive", "--relative", "--no-implied-dirs", NULL };
	static const char *const empty[] = { "--archive", "--delete-excluded", NULL };
	static const char *const delete[] = { "--archive", "--delete", "--include", NULL };
	static const char *const copy[] = { "-r", "--sparse", NULL };

	if (begins(count, words, create))
		return count == 6;
	if (begins(count, words, empty))
		return count == 5;
	if (begins(count, words, delete))
		return count == 9 && is(words[5], "--exclude") && is(words[6], "*");
	return begins(count, words, copy) && (count == 5 || (count == 6 && is(words[5], "--compress")));
}

struct nova_form nova_form_read(const char *name, int count, char *const *words)
{
	struct nova_form form = { .id = NOVA_OTHER };

	if (is(name, "ssh") && is_ssh(count, words))
		form.id = NOVA_SSH;
	else if (is(name, "rsync") && is_rsync(count, words))
		form.id = NOVA_RSYNC;
	else if (is(name, "scp") && (count == 4 || count == 5))
		scp_read(&form, count, words);
	return form;
}
