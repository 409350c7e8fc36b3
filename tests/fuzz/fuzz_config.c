/* SPDX-License-Identifier: Apache-2.0 */
/* A file is accepted without a fault, or refused with a fault that names one of its lines. An accepted file has only
 * values that are safe to use. */
#include "policy/config.h"
#include "policy/path.h"
#include "tests/fuzz/must.h"

static void check_list(const struct text_list *list, unsigned least, unsigned most)
{
	MUST(list->count >= least && list->count <= most);
	for (unsigned i = 0; i < list->count; i++)
		MUST(memchr(text_at(list, i), '\0', VALUE_MAX - list->start[i]) != NULL);
}

static void check_config(const struct config *config)
{
	MUST(config->transports != 0);
	check_list(&config->roots, 1, ROOTS_MAX);
	check_list(&config->write, 1, PATTERNS_MAX);
	check_list(&config->probe, 1, PATTERNS_MAX);
	check_list(&config->read, 0, PATTERNS_MAX);
	for (unsigned i = 0; i < config->roots.count; i++) {
		MUST(path_is_plain(text_at(&config->roots, i)));
		MUST(strchr(text_at(&config->roots, i) + 1, '/') != NULL);
	}
	for (unsigned i = 0; i < config->write.count; i++)
		MUST(pattern_is_valid(text_at(&config->write, i)) && memcmp(text_at(&config->write, i), "%u", 2) == 0);
	for (unsigned i = 0; i < config->read.count; i++)
		MUST(pattern_is_valid(text_at(&config->read, i)));
	for (unsigned i = PROGRAM_NONE + 1; i < PROGRAM_COUNT; i++)
		MUST(path_is_plain(config->program[i]));
	MUST(config->sessions >= 0 && config->sessions <= SESSIONS_MAX && config->peer_sessions >= 0 &&
		config->peer_sessions <= SESSIONS_MAX);
	MUST(config->tunnels >= 0 && config->tunnels <= SESSIONS_MAX);
	MUST(config->processes >= 0 && config->processes <= 4096 && config->idle_timeout >= 0);
	MUST(config->wall_time >= 0 && config->memory >= 0 && config->free_space >= 0);
	MUST(config->min_abi >= 1);
}

static bool is_no_more(int64_t mine, int64_t base)
{
	return base == 0 || (mine != 0 && mine <= base);
}

/* No profile allows more than the file without it. */
static void check_narrowed(const struct config *mine, const struct config *base)
{
	MUST((mine->transports & ~base->transports) == 0 && mine->transports != 0);
	MUST((mine->scope.directions & ~base->scope.directions) == 0 && mine->scope.directions != 0);
	MUST(mine->sessions == base->sessions && mine->peer_sessions == base->peer_sessions &&
		mine->tunnels == base->tunnels);
	MUST(is_no_more(mine->processes, base->processes) && mine->profile_sessions <= SESSIONS_MAX);
	MUST(is_no_more(mine->idle_timeout, base->idle_timeout) && is_no_more(mine->wall_time, base->wall_time));
	MUST(is_no_more(mine->memory, base->memory) && is_no_more(mine->file_size, base->file_size));
	MUST(mine->free_space >= base->free_space);
	MUST(mine->scope.instance_count <= PATTERNS_MAX && mine->scope.peer_count <= PATTERNS_MAX);
	for (unsigned i = 0; i < mine->scope.instance_count; i++)
		MUST(path_is_uuid(mine->scope.instances[i], strlen(mine->scope.instances[i])));
	for (unsigned i = 0; i < mine->scope.peer_count; i++)
		MUST(mine->scope.peers[i].bits <= 128);
	MUST(mine->roots.count == base->roots.count && mine->claims_mode == base->claims_mode);
	MUST(mine->landlock_optional == base->landlock_optional && mine->audit_required == base->audit_required);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config, narrowed;
	static struct config_faults faults;
	unsigned lines = 1;

	if (config_parse(&config, &faults, (struct bytes){ (const char *)data, size })) {
		MUST(faults.count == 0);
		MUST(memchr(data, '\0', size) == NULL && memchr(data, '\r', size) == NULL);
		check_config(&config);
		MUST(config.scope.directions == (DIRECTION_RECEIVE | DIRECTION_SEND | DIRECTION_LIVE));
		MUST(config.scope.instance_count == 0 && config.scope.peer_count == 0);
		if (config_parse_profile(&narrowed, &faults, (struct bytes){ (const char *)data, size }, "p"))
			check_narrowed(&narrowed, &config);
		else
			MUST(faults.count == 1 && faults.at[0].error == CONFIG_NO_PROFILE);
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	MUST(faults.count >= 1 && faults.count <= CONFIG_FAULTS_MAX);
	for (unsigned i = 0; i < faults.count; i++) {
		MUST(faults.at[i].error != CONFIG_OK && faults.at[i].line <= lines);
		MUST(memchr(faults.at[i].key, '\0', sizeof(faults.at[i].key)) != NULL);
	}
	return 0;
}
