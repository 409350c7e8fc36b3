/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever XML arrives, it is judged whole, within its bytes; and one that is let in names nothing of the host but what
 * the configuration has. The oracle looks for words, where free text cannot hold them. */
#include <stdbool.h>
#include <string.h>

#include "policy/path.h"
#include "shell/domain_xml.h"
#include "tests/fuzz/must.h"

static bool has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

/* What may hold any text. */
static bool has_text(const char *xml)
{
	static const char *const places[] = { "<metadata", "<title", "<description", "<cmdline", "<entry", "label",
		"vendor_id", "<portdata", "<cert" };

	for (size_t i = 0; i < N_ELEMENTS(places); i++)
		if (has(xml, places[i]))
			return true;
	return false;
}

/* Has a tag this word in it, and not the other one? */
static bool tag_has(const char *xml, const char *tag, const char *word, const char *other)
{
	while ((xml = strstr(xml, tag)) != NULL) {
		char text[1024] = { 0 };
		const size_t len = strcspn(xml, ">");

		memcpy(text, xml, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
		if (has(text, word) && !has(text, other))
			return true;
		xml += strlen(tag);
	}
	return false;
}

/* Elements that reach into the host, and names with a prefix, which QEMU's and LXC's are. */
static bool is_never(const char *element, size_t len)
{
	static const char *const never[] = { "hostdev", "filesystem", "shmem", "commandline" };

	for (size_t i = 0; i < N_ELEMENTS(never); i++)
		if (strlen(never[i]) == len && memcmp(element, never[i], len) == 0)
			return true;
	return memchr(element, ':', len) != NULL;
}

/* A word may be of a name or of another value: only where it means something is it forbidden. */
static void check_words(const char *xml)
{
	static const char *const never[] = { "'/etc", ">/etc", "'/bin/sh", ">/bin/sh", "'/dev/sd", ">/dev/sd", "'/proc",
		">/proc", "'/run/docker", ">/run/docker", "/../", "/..'", "/..<", "<!", "<?", " xmlns" };

	for (size_t i = 0; i < N_ELEMENTS(never); i++)
		MUST(!has(xml, never[i]));
	for (const char *at = xml; (at = strchr(at, '<')) != NULL;) {
		at += at[1] == '/' ? 2 : 1;
		MUST(!is_never(at, strcspn(at, " />")));
	}
	MUST(!tag_has(xml, "<source", "'connect'", "startupPolicy"));
	MUST(!tag_has(xml, "<backend", "'passthrough'", "version"));
	MUST(!tag_has(xml, "<domain", "'lxc'", "\n"));
}

static void check_allowed(const struct domain *domain, const char *xml)
{
	MUST(path_is_uuid(domain->uuid, strlen(domain->uuid)) && domain->name[0] != '\0');
	MUST(domain->depth == 0 && strlen(domain->disks) < DOMAIN_DISKS_MAX);
	if (!has_text(xml))
		check_words(xml);
}

static const struct config *configured(void)
{
	static struct config config;

	if (config.listen_addresses.store[0] != '\0')
		return &config;
	config_default(&config);
	strcpy(config.listen_addresses.store, "10.77.0.2");
	config.listen_addresses.count = 1;
	return &config;
}

/* With one kind of quote, and blanks alone between attributes. */
static void check_text(const struct domain *domain, struct bytes xml)
{
	char *const text = malloc(xml.len + 1);

	MUST(text != NULL);
	for (size_t i = 0; i < xml.len; i++)
		text[i] = xml.at[i] == '"' ? '\'' : xml.at[i] == '\n' || xml.at[i] == '\t' ? ' ' : xml.at[i];
	text[xml.len] = '\0';
	check_allowed(domain, text);
	free(text);
}

/* data is memory of the exact size, which libFuzzer makes anew for each run: ASan sees a read past its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[DOMAIN_XML_MEMORY];
	static struct domain domain;
	const struct bytes xml = { (const char *)data, size };
	bool allowed;

	domain_xml_prepare(memory, sizeof(memory), 1);
	domain_begin(&domain, configured());
	allowed = domain_xml_judge(&domain, xml, size > 1 && data[1] == 'q' ? DOMAIN_FINISH_COOKIE : DOMAIN_XML);
	MUST(allowed == (domain.finding == TUNNEL_NOTHING));
	MUST(strlen(domain.detail) < TUNNEL_DETAIL_MAX && strlen(domain.path) < DOMAIN_PATH_MAX);
	if (allowed)
		check_text(&domain, xml);
	return 0;
}
