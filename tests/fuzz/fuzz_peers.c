/* SPDX-License-Identifier: Apache-2.0 */
/* An accepted file of peers has the form in the manual. A second reading, by regular expression and inet_pton(3), finds
 * the same name for an address. The input is that address, a newline, and the file. */
#include <arpa/inet.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "policy/peer.h"
#include "policy/peers.h"
#include "tests/fuzz/must.h"

struct second {
	const char *address;
	char name[PEER_MAX];
	bool good;
};

static bool is_name(const char *text)
{
	static regex_t regex;
	static bool ready;

	if (!ready)
		MUST(regcomp(&regex, "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", REG_EXTENDED | REG_NOSUB) == 0);
	ready = true;
	return regexec(&regex, text, 0, NULL, 0) == 0;
}

static bool is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static void line_read(struct second *second, char *line)
{
	char *rest, *comment = line, *name, *word, canonical[PEER_MAX];
	unsigned words = 0;

	for (const char *at = line; *at != '\0'; at++)
		second->good = second->good && (*at == '\t' || (*at >= ' ' && *at <= '~'));
	while ((comment = strchr(comment, '#')) != NULL && comment != line && comment[-1] != ' ' && comment[-1] != '\t')
		comment++;
	if (comment != NULL)
		*comment = '\0';
	name = strtok_r(line, " \t", &rest);
	if (name == NULL)
		return;
	second->good = second->good && is_name(name) && !is_address(name);
	for (; (word = strtok_r(NULL, " \t", &rest)) != NULL; words++) {
		if (!peer_canonical(canonical, word)) {
			second->good = false;
		} else if (second->good && strcmp(canonical, second->address) == 0) {
			second->good = second->name[0] == '\0';
			strcpy(second->name, name);
		}
	}
	second->good = second->good && words != 0;
}

/* True if only one line begins with name. Overwrites text. */
static bool is_once(char *text, const char *name)
{
	unsigned count = 0;
	char *rest, *word;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		word = strtok(line, " \t");
		count += word != NULL && strcmp(word, name) == 0;
	}
	return count == 1;
}

static bool second_find(struct second *second, const char *text)
{
	char *const copy = strdup(text);
	char *line = copy, *end;

	MUST(copy != NULL);
	second->good = true;
	for (; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		line_read(second, line);
	}
	strcpy(copy, text);
	second->good = second->good && (second->name[0] == '\0' || is_once(copy, second->name));
	free(copy);
	return second->good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const newline = size == 0 ? NULL : memchr(data, '\n', size);
	const size_t head = newline == NULL ? 0 : (size_t)(newline - (const char *)data);
	char asked[PEER_MAX] = "", address[PEER_MAX], name[PEER_MAX];
	struct second second = { .address = address };
	struct peers_fault fault;
	char *text;
	bool found;

	if (newline == NULL || head >= sizeof(asked) || memchr(data, '\0', size) != NULL)
		return 0;
	memcpy(asked, data, head);
	if (!peer_canonical(address, asked))
		strcpy(address, "-");
	text = strndup(newline + 1, size - head - 1);
	MUST(text != NULL);
	memset(name, '#', sizeof(name));
	found = peers_find(name, &fault, (struct bytes){ newline + 1, size - head - 1 }, address);
	MUST(found == (fault.error == PEERS_OK) && found == second_find(&second, text));
	MUST(found ? strcmp(name, second.name) == 0 : name[0] == '#');
	free(text);
	return 0;
}
