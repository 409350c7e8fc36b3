/* SPDX-License-Identifier: Apache-2.0 */
/* filter_compile: a tool of the build. It turns filters.def into C tables of BPF, one per role, and into the names and
 * answers of refused calls. So nothing is compiled and no library loaded at run time.
 * Writes: C source to standard output.
 * Fails: with a message and status 1; also if a row names a call that no architecture has, for it would have no effect.
 * It leaves out calls that only the architecture here lacks, as arm64 lacks open(2): they stay refused. */
#ifdef __x86_64__
#include <asm/prctl.h>
#endif
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/attributes.h"
#include "policy/role.h"
#include "wall/filter.h"

/* The words of filters.def: a bit for each role, and the roles of all children. */
enum {
#define ROLE(name, ...) name = 1 << ROLE_##name,
#include "policy/role.def"
#undef ROLE

#define OURSELVES(name) 0
#define CHILD(name) name
#define ROLE(name, kind, ...) | kind(name)
	CHILDREN = 0
#include "policy/role.def"
#undef ROLE
};

static const struct {
	const char *role;
	unsigned bit;
} roles[] = {
#define ROLE(name, ...) { "ROLE_" #name, name },
#include "policy/role.def"
#undef ROLE
};

#define RAW_TMPFILE 020000000ULL /* O_TMPFILE less O_DIRECTORY */
#define SET_ID 06000ULL
#define FORK_FLAGS 0x01200011ULL /* CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD */
#define TCGETS2_CMD 0x802c542aULL
#define SYSLOG_ADDRESS 110ULL /* the size of a sockaddr_un */

enum kind {
	KIND_ALLOW,
	KIND_QUIET,
	KIND_ANSWER,
};

enum {
	CONDITIONS_MAX = 3,
	NUMBERS_MAX = 1024,
};

struct rule {
	enum kind kind;
	unsigned roles;
	int error;
	const char *call;
	unsigned count;
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];
};

/* The formatter takes the braces of these macros for blocks. */
/* clang-format off */
#define IS(n, value) { n, SCMP_CMP_EQ, (scmp_datum_t)(value), 0 }
#define BITS(n, mask, value) { n, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value) }
/* clang-format on */
#define COUNT(...) (sizeof((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / sizeof(struct scmp_arg_cmp))
#define RULE(kind, roles, error, call, ...) { kind, roles, error, #call, COUNT(__VA_ARGS__), { __VA_ARGS__ } },
#define ALLOW(roles, call, ...) RULE(KIND_ALLOW, roles, 0, call, __VA_ARGS__)
#define QUIET(error, roles, call, ...) RULE(KIND_QUIET, roles, error, call, __VA_ARGS__)
#define ANSWER(error, call) RULE(KIND_ANSWER, 0, error, call, )

static const struct rule rules[] = {
#include "wall/filters.def"
};

/* Calls that are newer than libseccomp 2.5.0. Their numbers are the same on every architecture. */
static const struct {
	const char *name;
	int number;
} newer[] = {
	{ "close_range", 436 },
	{ "process_madvise", 440 },
	{ "mount_setattr", 442 },
	{ "landlock_create_ruleset", 444 },
	{ "landlock_add_rule", 445 },
	{ "landlock_restrict_self", 446 },
	{ "memfd_secret", 447 },
	{ "fchmodat2", 452 },
};

static PRINTF(1, 2) void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("filter_compile: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void check(int rc, const char *what)
{
	if (rc < 0)
		die("%s: %s", what, strerror(-rc));
}

/* Returns the number of a call; below 0 if the architecture lacks it; __NR_SCMP_ERROR if all do. */
static int number_of(const char *call)
{
	const int number = seccomp_syscall_resolve_name(call);

	for (size_t i = 0; number < 0 && i < N_ELEMENTS(newer); i++)
		if (strcmp(newer[i].name, call) == 0)
			return newer[i].number;
	return number;
}

static void calls_check(void)
{
	for (size_t i = 0; i < N_ELEMENTS(rules); i++)
		if (number_of(rules[i].call) == __NR_SCMP_ERROR)
			die("filters.def: %s: unknown to libseccomp; if it is newer, add it to newer[] of "
			    "filter_compile.c",
				rules[i].call);
}

/* Returns a copy of the call's name, or NULL. */
static char *name_of(int number)
{
	char *const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	for (size_t i = 0; name == NULL && i < N_ELEMENTS(newer); i++)
		if (newer[i].number == number)
			return strdup(newer[i].name);
	return name;
}

/* The supervisor answers the refused calls of a child; ours have no supervisor. The tunnel makes none. */
static uint32_t action_of(unsigned role)
{
	if (role == LIBVIRT)
		return SCMP_ACT_KILL_PROCESS;
	return (role & CHILDREN) != 0 ? SCMP_ACT_NOTIFY : SCMP_ACT_ERRNO(ENOSYS);
}

static scmp_filter_ctx context_make(unsigned role)
{
	scmp_filter_ctx context = seccomp_init(action_of(role));

	if (context == NULL)
		die("seccomp_init failed");
	check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
	check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	return context;
}

static void rule_add(scmp_filter_ctx context, const struct rule *rule)
{
	const int number = number_of(rule->call);
	const uint32_t action = rule->kind == KIND_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint32_t)rule->error);

	if (number < 0)
		return;
	check(seccomp_rule_add_exact_array(context, action, number, rule->count, rule->conditions), rule->call);
}

/* When it loads a filter, the kernel works out which calls the filter always allows. For each call it follows the
 * filter to the first load of anything except the number. That takes longer than our few calls save, so our filters
 * begin with such a load, which changes nothing else. Source: seccomp_cache_prepare(), kernel/seccomp.c. */
static void program_begin(unsigned role)
{
	if ((role & CHILDREN) == 0)
		printf("\t{ 0x%02x, 0, 0, %zu },\n", BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
}

static void program_print(const char *name, unsigned role, scmp_filter_ctx context)
{
	struct {
		unsigned short code;
		unsigned char jt, jf;
		unsigned k;
	} code;
	FILE *const file = tmpfile();

	if (file == NULL)
		die("tmpfile: %s", strerror(errno));
	check(seccomp_export_bpf(context, fileno(file)), name);
	rewind(file);
	printf("static const struct sock_filter program_%s[] = {\n", name);
	program_begin(role);
	while (fread(&code, sizeof(code), 1, file) == 1)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code.code, code.jt, code.jf, code.k);
	printf("};\n\n");
	fclose(file);
}

static void role_print(const char *role, unsigned bit)
{
	scmp_filter_ctx context = context_make(bit);

	for (size_t i = 0; i < N_ELEMENTS(rules); i++)
		if ((rules[i].roles & bit) != 0)
			rule_add(context, &rules[i]);
	program_print(role, bit, context);
	seccomp_release(context);
}

static void programs_print(void)
{
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		role_print(roles[i].role, roles[i].bit);
	puts("static const struct sock_fprog programs[ROLE_COUNT] = {");
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		printf("\t[%s] = { (unsigned short)N_ELEMENTS(program_%s), (struct sock_filter *)(uintptr_t)program_%s },\n",
			roles[i].role, roles[i].role, roles[i].role);
	puts("};\n");
}

static void calls_print(void)
{
	int answers[NUMBERS_MAX] = { 0 };

	for (size_t i = 0; i < N_ELEMENTS(rules); i++) {
		const int number = number_of(rules[i].call);

		if (rules[i].kind == KIND_ANSWER && number >= 0 && number < NUMBERS_MAX)
			answers[number] = rules[i].error;
	}
	puts("static const struct {\n\tchar name[28]; /* no pointer: nothing to relocate at start */\n\tint answer;\n} calls[] = {");
	for (int number = 0; number < NUMBERS_MAX; number++) {
		char *const name = name_of(number);

		if (name == NULL)
			continue;
		printf("\t[%d] = { \"%s\", %d },\n", number, name, answers[number] != 0 ? answers[number] : ENOSYS);
		free(name);
	}
	puts("};");
}

int main(void)
{
	/* The filters run on other machines: the kernel of this one does not matter. */
	check(seccomp_api_set(6), "libseccomp 2.5 or newer is needed: seccomp_api_set");
	calls_check();
	puts("/* Made by filter_compile from filters.def. */");
	programs_print();
	calls_print();
	return ferror(stdout) || fflush(stdout) != 0;
}
