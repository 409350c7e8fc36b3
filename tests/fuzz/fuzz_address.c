/* SPDX-License-Identifier: Apache-2.0 */
/* An accepted address has no word that is an option, a pattern or a word of a shell, and reads back the same. A refused
 * one changes nothing. */
#include <string.h>

#include "policy/words.h"
#include "sender/address.h"
#include "tests/fuzz/must.h"

static void check_word(const char *word)
{
	MUST(word[0] != '-' && word[0] != '\0');
	MUST(word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-@:%[]")] == '\0');
}

static void check_host(const struct host *host)
{
	char login[ADDRESS_LOGIN_MAX], prefix[ADDRESS_LOGIN_MAX];
	struct host again;

	host_login(login, host);
	host_prefix(prefix, host);
	check_word(login);
	check_word(prefix);
	MUST(host_parse(&again, prefix) == ADDRESS_OK);
	MUST(strcmp(again.user, host->user) == 0 && strcmp(again.name, host->name) == 0 && again.ipv6 == host->ipv6);
}

static void check_address(const struct address *address)
{
	char text[ADDRESS_LOGIN_MAX + ADDRESS_PATH_MAX], prefix[ADDRESS_LOGIN_MAX];
	struct address again;

	check_host(&address->host);
	MUST(address->path[0] == '/' && strstr(address->path, "//") == NULL);
	for (const char *at = address->path; *at != '\0'; at++)
		MUST(words_allow(*at));
	host_prefix(prefix, &address->host);
	snprintf(text, sizeof(text), "%s:%s", prefix, address->path);
	MUST(address_is_remote(text));
	MUST(address_parse(&again, text) == ADDRESS_OK);
	MUST(strcmp(again.path, address->path) == 0 && strcmp(again.host.name, address->host.name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct address address, untouched;
	char *const text = malloc(size + 1);

	MUST(text != NULL);
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	memset(&address, 0x5a, sizeof(address));
	untouched = address;
	(void)address_is_remote(text);
	if (host_parse(&address.host, text) == ADDRESS_OK)
		check_host(&address.host);
	else
		MUST(memcmp(&address, &untouched, sizeof(address)) == 0);
	memset(&address, 0x5a, sizeof(address));
	if (address_parse(&address, text) == ADDRESS_OK)
		check_address(&address);
	else
		MUST(memcmp(&address, &untouched, sizeof(address)) == 0);
	free(text);
	return 0;
}
