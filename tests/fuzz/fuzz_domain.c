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

static void check_allowed(const struct domain *domain, const char *xml)
{
	static const char *const never[] = { "/etc", "/bin/sh", "/dev/sd", "/proc", "/run/docker", "..", "<hostdev",
		"<filesystem", "commandline", "<!", "<?", "passthrough", "xmlns", "<shmem", "connect'", "lxc" };

	MUST(path_is_uuid(domain->uuid, strlen(domain->uuid)) && domain->name[0] != '\0');
	MUST(domain->depth == 0 && strlen(domain->disks) < DOMAIN_DISKS_MAX);
	for (size_t i = 0; i < N_ELEMENTS(never) && !has_text(xml); i++)
		MUST(!has(xml, never[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char memory[DOMAIN_XML_MEMORY];
	static struct config config;
	static struct domain domain;
	char *const xml = malloc(size + 1);
	bool allowed;

	MUST(xml != NULL);
	if (size != 0)
		memcpy(xml, data, size);
	xml[size] = '\0';
	config_default(&config);
	strcpy(config.listen_addresses.store, "10.77.0.2");
	domain_xml_prepare(memory, sizeof(memory), 1);
	domain_begin(&domain, &config);
	allowed = domain_xml_judge(
		&domain, (struct bytes){ xml, size }, size > 1 && xml[1] == 'q' ? DOMAIN_FINISH_COOKIE : DOMAIN_XML);
	MUST(allowed == (domain.finding == TUNNEL_NOTHING));
	MUST(strlen(domain.detail) < TUNNEL_DETAIL_MAX && strlen(domain.path) < DOMAIN_PATH_MAX);
	if (allowed)
		check_allowed(&domain, xml);
	free(xml);
	return 0;
}
