#include "install/admin/check.h"

#include "install/admin/check_hint.h"
#include "install/admin/exit_code.h"
#include "policy/config.h"
#include "shell/config_open.h"

static void fault_print(const char *path, const struct config_fault *fault, struct bytes file)
{
	char hint[CHECK_HINT_MAX];

	check_hint(hint, fault, file);
	if (fault->line != 0)
		printf("%s:%u: ", path, fault->line);
	else
		printf("%s: ", path);
	printf("%s%s%s%s%s\n", fault->key, fault->key[0] != '\0' ? ": " : "", config_error_text(fault->error),
		hint[0] != '\0' ? "; " : "", hint);
}

int check_run(const struct options *options)
{
	const char *const path = options->config != NULL ? options->config : CONFIG_PATH;
	struct config config;
	struct config_faults faults;
	struct bytes file;
	struct fault fault;
	char text[256];

	if (options->count != 0) {
		fprintf(stderr, "rssh-nova-admin check: a word that is no option: %s\n",
			options->words[0]);
		return ADMIN_CANNOT;
	}
	if (config_read(&file, path, false, &fault) != 0) {
		fault_text(text, sizeof(text), &fault);
		printf("%s\n", text);
		return ADMIN_FOUND;
	}
	if (config_parse(&config, &faults, file)) {
		printf("%s: valid\n", path);
		return ADMIN_GOOD;
	}
	for (unsigned i = 0; i < faults.count; i++)
		fault_print(path, &faults.at[i], file);
	if (faults.count == CONFIG_FAULTS_MAX)
		printf("%s: there may be more faults than these\n", path);
	return ADMIN_FOUND;
}
