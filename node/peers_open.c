/* SPDX-License-Identifier: Apache-2.0 */
#include "node/peers_open.h"

#include <string.h>

#include "node/config_open.h"

int peers_read(struct bytes *out, const struct config *config, bool of_root, struct fault *fault)
{
	return config_file_read(out, config->peers_file, of_root, PEERS_FILE_MAX, fault);
}

int peers_open(char out[PEER_MAX], const struct config *config, const char *address, bool of_root, struct fault *fault)
{
	struct peers_fault found;
	struct bytes file;

	out[0] = '\0';
	if (config->peers_file[0] == '\0')
		return 0;
	if (peers_read(&file, config, of_root, fault) != 0)
		return -1;
	if (peers_find(out, &found, file, address))
		return 0;
	fault_set(fault, REASON_NOT_CONFIGURED, peers_error_text(found.error), 0, config->peers_file);
	fault->line = found.line;
	return -1;
}
