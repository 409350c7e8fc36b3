/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/unit/policy/decide.h"
#include "tests/unit/policy/sample.h"

#define I SAMPLE_ROOT
#define U SAMPLE_UUID
#define V "11111111-2222-3333-4444-555555555555"
#define P SAMPLE_HEX ".tmp"

/* What a path may be used for, by form. */
enum use {
	USE_TOUCH = 1 << 0,  /* touch, rm */
	USE_WRITE = 1 << 1,  /* mkdir -p, rm -rf, scp -t, rsync push and empty */
	USE_READ = 1 << 2,   /* scp -f, rsync pull */
	USE_DELETE = 1 << 3, /* rsync --delete */
	WRITE_ALL = USE_TOUCH | USE_WRITE,
	INSTANCE = USE_WRITE | USE_DELETE,
};

static const struct {
	const char *head;
	enum use use;
	const char *denied; /* the reason of the whitelist's denial */
} forms[] = {
	{ "touch ", USE_TOUCH, "not-writable" },
	{ "rm ", USE_TOUCH, "not-writable" },
	{ "mkdir -p ", USE_WRITE, "not-writable" },
	{ "rm -rf ", USE_WRITE, "not-writable" },
	{ "scp -t ", USE_WRITE, "not-writable" },
	{ "scp -v -r -d -t ", USE_WRITE, "not-writable" },
	{ "rsync --server -rSze.iLs . ", USE_WRITE, "not-writable" },
	{ "rsync --server -logDtpre.iLs --delete-excluded . ", USE_WRITE, "not-writable" },
	{ "rsync --server -logDtpre.iLs --delete . ", USE_DELETE, "not-writable" },
	{ "scp -f ", USE_READ, "not-readable" },
	{ "scp -v -r -d -f ", USE_READ, "not-readable" },
	{ "rsync --server --sender -rSe.iLs . ", USE_READ, "not-readable" },
};

static void check_path(const struct config *config, const char *path, unsigned uses, const char *reason)
{
	for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
		char line[CMD_MAX];
		const char *const denied = reason != NULL ? reason : forms[i].denied;

		strcat(strcpy(line, forms[i].head), path);
		cr_assert_str_eq(
			decide_word(config, line, false), (uses & forms[i].use) != 0 ? "allow" : denied, "%s", line);
	}
}

Test(verdict, follows_the_whitelist)
{
	static const struct {
		const char *path;
		unsigned uses;
	} rows[] = {
		{ I "/" U, INSTANCE },
		{ I "/" U "/disk", WRITE_ALL },
		{ I "/" U "/disk.info", WRITE_ALL },
		{ I "/" U "/vtpm/state/x", WRITE_ALL },
		{ I "/" U "/-rf", WRITE_ALL },
		{ I "/" U "/" P, WRITE_ALL },
		{ I "/" U "/kernel", WRITE_ALL | USE_READ },
		{ I "/" U "/ramdisk", WRITE_ALL | USE_READ },
		{ I "/" U "/kernel2", WRITE_ALL },
		{ I "/" U "/x/kernel", WRITE_ALL },
		{ I "/_base", USE_READ },
		{ I "/_base/0123456789abcdef0123456789abcdef01234567", USE_READ },
		{ I "/_base/" U, USE_READ },
		{ I "/_base/" U "/" P, USE_READ },
		{ I "/_base2", 0 },
		{ I "/base", 0 },
		{ I, USE_DELETE },
		{ I "/locks", 0 },
		{ I "/locks/x", 0 },
		{ I "/compute_nodes", 0 },
		{ I "/snapshots", 0 },
		{ I "/snapshots/" U, 0 },
		{ I "/" U "_resize", 0 },
		{ I "/" U "_resize/disk", 0 },
		{ I "/" U "x", 0 },
		{ I "/" U "-", 0 },
		{ I "/x" U, 0 },
		{ I "/0F8D2B6E-91C4-4A37-B5DE-3C7A90E1F246/disk", 0 },
		{ I "/0F8d2b6e-91c4-4a37-b5de-3c7a90e1f246", 0 },
		{ I "/0f8d2b6e-91c4-4a37-b5de-3c7a90e1f24", 0 },
		{ I "/0f8d2b6e-91c4-4a37-b5de-3c7a90e1f24g", 0 },
		{ I "/0f8d2b6e_91c4_4a37_b5de_3c7a90e1f246", 0 },
		{ I "/0f8d2b6e91c44a37b5de3c7a90e1f246", 0 },
		{ I "/" P, 0 },
		{ I "/disk", 0 },
		{ I "/a", 0 },
	};
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_path(&config, rows[i].path, rows[i].uses, NULL);
}

Test(verdict, refuses_paths_that_are_not_plain)
{
	static const char *const rows[] = { I "/" U "/../../.ssh/x", I "/" U "/..", I "/..", I "/", I "/.", I "//" U,
		I "/" U "/", I "/" U "//disk", "/./var/lib/nova/instances/" U, I "/./" U, I "/" U "/.",
		I "/" U "/./disk", I "/" U "/.ssh", I "/.ssh", I "/.nova/x", I "/.../x", "//", "/", "//etc/passwd",
		"/..", "/../etc/passwd", "/.ssh", I "/" U "/../" V "/disk", "/" I "/" U "/disk", I "/" U "/a/../disk",
		I "/" U "/disk/" };
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_path(&config, rows[i], 0, "bad-path");
}

Test(verdict, refuses_names_that_are_too_long)
{
	const struct config config = both_transports();

	for (size_t len = 250; len < 262; len++) {
		char path[512] = I "/" U "/";
		const size_t at = strlen(path);

		memset(path + at, 'n', len);
		path[at + len] = '\0';
		check_path(
			&config, path, len <= COMPONENT_MAX ? WRITE_ALL : 0, len <= COMPONENT_MAX ? NULL : "bad-path");
	}
}

/* A record takes six bytes for an equals sign. */
Test(verdict, refuses_paths_that_are_too_long_for_a_record)
{
	const struct config config = both_transports();
	char path[512] = I "/" U "/";
	const size_t at = strlen(path), most = (PATH_RECORDED_MAX - at) / 6;

	memset(path + at, '=', most);
	check_path(&config, path, WRITE_ALL, NULL);
	path[at + most] = '=';
	check_path(&config, path, 0, "bad-path");
}

/* At most 16 names below the instance. Nova needs no deeper trees, and removing them is hard. */
Test(verdict, refuses_paths_that_are_too_deep)
{
	const struct config config = both_transports();

	for (unsigned depth = 0; depth < 40; depth++) {
		char path[512] = I "/" U, image[512] = I "/_base";

		for (unsigned i = 0; i < depth; i++) {
			strcat(path, "/n");
			strcat(image, "/n");
		}
		if (depth > 0)
			check_path(&config, path, depth <= 16 ? WRITE_ALL : 0, depth <= 16 ? NULL : "bad-path");
		check_path(&config, image, depth <= 16 ? USE_READ : 0, depth <= 16 ? NULL : "bad-path");
	}
}

Test(verdict, refuses_a_deep_path_of_a_stream)
{
	const struct config config = both_transports();
	char path[512] = I "/" U;

	for (unsigned i = 0; i < 17; i++)
		strcat(path, "/n");
	cr_assert_eq(verdict_decide_stream(&config, FORM_RSYNC_REMOVE, OP_REMOVE, path).reason, REASON_BAD_PATH);
	path[strlen(path) - 2] = '\0';
	cr_assert_eq(verdict_decide_stream(&config, FORM_RSYNC_REMOVE, OP_REMOVE, path).kind, VERDICT_ALLOW);
}

Test(verdict, refuses_paths_outside_of_the_root)
{
	static const char *const rows[] = { "/var/lib/nova/instances2", "/var/lib/nova/instances2/" U "/disk",
		"/var/lib/nova/instances-" U, "/var/lib/nova/instance/" U, "/var/lib/nova", "/var/lib", "/var",
		"/etc/passwd", "/etc/cron.d/x", "/proc/self/root" I "/" U "/disk", "/proc/self/mem",
		"/proc/1/root/etc/shadow", "/dev/null", "/dev/sda", "/tmp/x", "/" U, "/" U "/disk",
		"/VAR/lib/nova/instances/" U, "/var/lib/nova/Instances/" U, "/mnt" I "/" U, "/x" I "/" U "/disk" };
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_path(&config, rows[i], 0, "outside");
}

Test(verdict, refuses_relative_paths_as_no_form)
{
	static const char *const rows[] = { "x", "./x", "../x", "var/lib/nova/instances/" U, "-rf", "-oX", U };
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_path(&config, rows[i], 0, "unknown-form");
}

Test(verdict, allows_a_form_of_a_configured_transport_only)
{
	static struct samples samples;

	samples_make(&samples);
	for (unsigned bits = 0; bits < 8; bits++) {
		struct config config = both_transports();

		config.transports = bits;
		for (size_t i = 0; i < samples.count; i++) {
			const struct match *const match = &samples.at[i];
			const struct verdict verdict = verdict_decide(&config, match, &roomy_host);
			const bool on = (bits & 1u << form_row(match->form)->transport) != 0;

			cr_assert_eq(verdict.kind, on ? VERDICT_ALLOW : VERDICT_DENY, "%s, transports %u",
				form_row(match->form)->id, bits);
			if (!on)
				cr_assert_eq(verdict.reason, REASON_TRANSPORT);
		}
	}
}

Test(verdict, lets_data_in_only_where_there_is_room)
{
	static struct samples samples;
	struct config config = both_transports();

	samples_make(&samples);
	config.free_space = 1000;
	for (int64_t free_space = 998; free_space < 1003; free_space++) {
		const struct facts facts = { .free_space = free_space };

		for (size_t i = 0; i < samples.count; i++) {
			const struct match *const match = &samples.at[i];
			const struct verdict verdict = verdict_decide(&config, match, &facts);
			const enum op op = form_row(match->form)->op;
			const bool full = (op == OP_RECEIVE || op == OP_SFTP || op == OP_MKDIR) && free_space < 1000;

			cr_assert_eq(
				verdict.kind, full ? VERDICT_DENY : VERDICT_ALLOW, "%s", form_row(match->form)->id);
			if (full)
				cr_assert_eq(verdict.reason, REASON_NO_SPACE);
		}
	}
}

/* Nova asks for the mkdir of a stream before it powers the guest off. The other operations bring nothing. */
Test(verdict, lets_a_stream_make_an_instance_only_where_there_is_room)
{
	static const struct {
		enum form_id form;
		enum op op;
		const char *path;
		bool wants_room;
	} asks[] = {
		{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U, true },
		{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U "/" P, false },
		{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U "/disk", false },
		{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U, false },
	};
	const struct match create = { .form = FORM_RSYNC_CREATE };
	struct config config = both_transports();

	config.free_space = 1000;
	cr_assert(verdict_needs_space(&create));
	for (int64_t free_space = 998; free_space < 1003; free_space++)
		for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
			const struct facts facts = { .free_space = free_space };
			struct verdict verdict = verdict_decide_stream(&config, asks[i].form, asks[i].op, asks[i].path);

			verdict_check_space(&verdict, &config, &facts);
			if (!asks[i].wants_room || free_space >= 1000) {
				cr_assert_eq(verdict.kind, VERDICT_ALLOW, "row %zu", i);
				continue;
			}
			cr_assert_eq(verdict.kind, VERDICT_DENY, "row %zu", i);
			cr_assert_eq(verdict.reason, REASON_NO_SPACE, "row %zu", i);
			cr_assert_str_eq(verdict.instance, U, "row %zu", i);
		}
}

/* A full disk must not hide another reason, nor tell anything about a path outside the whitelist. */
Test(verdict, of_a_refused_path_is_the_same_on_a_full_disk)
{
	const struct facts full = { .free_space = 0 };
	const struct config config = both_transports();
	const struct match outside = { .form = FORM_SCP_TO, .path = "/etc/passwd" };
	const struct match push = { .form = FORM_SCP_TO, .path = I "/" U "/disk" };

	cr_assert_eq(verdict_decide(&config, &outside, &full).reason, REASON_OUTSIDE);
	cr_assert_eq(verdict_decide(&config, &push, &full).reason, REASON_NO_SPACE);
	cr_assert_str_eq(verdict_decide(&config, &push, &full).instance, U);
}

Test(verdict, says_what_was_decided_on)
{
	struct config config = both_transports();
	struct decided decided;
	const struct verdict *verdict;

	config.roots = (struct text_list){ 2, { 0, sizeof("/srv/other/instances") }, "/srv/other/instances\0" I };
	verdict = decide_line(&decided, &config, bytes_of("touch " I "/" U "/" P), false);
	cr_assert_eq(verdict->kind, VERDICT_ALLOW);
	cr_assert_eq(verdict->form, FORM_TOUCH);
	cr_assert_eq(verdict->op, OP_TOUCH);
	cr_assert_eq(verdict->root, 1);
	cr_assert_str_eq(verdict->path, I "/" U "/" P);
	cr_assert_str_eq(verdict->rel, U "/" P);
	cr_assert_str_eq(verdict->instance, U);
	cr_assert(verdict->probe);

	verdict = decide_line(&decided, &config, bytes_of("touch " I "/" U "/disk"), false);
	cr_assert_not(verdict->probe);
	verdict = decide_line(&decided, &config, bytes_of("mkdir -p /srv/other/instances/" V), false);
	cr_assert_eq(verdict->root, 0);
	cr_assert_str_eq(verdict->instance, V);
	verdict = decide_line(&decided, &config, bytes_of("scp -f " I "/_base/x"), false);
	cr_assert_str_eq(verdict->instance, "");
	verdict = decide_line(&decided, &config, bytes_of("/usr/lib/openssh/sftp-server"), false);
	cr_assert_eq(verdict->kind, VERDICT_ALLOW);
	cr_assert_null(verdict->path);
	cr_assert_null(verdict->rel);
	verdict = decide_line(&decided, &config, bytes_of("touch " I "/_base/x"), false);
	cr_assert_eq(verdict->kind, VERDICT_DENY);
	cr_assert_eq(verdict->form, FORM_TOUCH);
	cr_assert_str_eq(verdict->path, I "/_base/x");
}

Test(verdict, takes_the_whitelist_from_the_configuration)
{
	struct config config = both_transports();

	/* Nothing may be read, and only below one name of an instance may be written. */
	config.read.count = 0;
	config.probe.count = 0;
	config.write = (struct text_list){ 1, { 0 }, "%u/incoming" };
	check_path(&config, I "/" U "/incoming", WRITE_ALL, NULL);
	check_path(&config, I "/" U "/incoming/disk", WRITE_ALL, NULL);
	check_path(&config, I "/" U "/disk", 0, NULL);
	check_path(&config, I "/" U "/" P, 0, NULL);
	check_path(&config, I "/" U, 0, NULL);
	cr_assert_eq(verdict_decide_stream(&config, FORM_RSYNC_CREATE, OP_MKDIR, I "/" U).reason, REASON_STREAM);
	cr_assert_eq(verdict_decide_stream(&config, FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U).reason, REASON_STREAM);
	check_path(&config, I "/_base/x", 0, NULL);
	check_path(&config, I "/" U "/kernel", 0, NULL);

	/* The probe needs no write pattern. */
	config.probe.count = 1;
	check_path(&config, I "/" U "/" P, USE_TOUCH, NULL);
	check_path(&config, I "/" U "/" P "/x", 0, NULL);
	config.probe.count = 0;

	/* A write pattern outside of instances has no effect. */
	config.write = (struct text_list){ 1, { 0 }, "_base" };
	check_path(&config, I "/_base/x", 0, NULL);
	check_path(&config, I "/_base", 0, NULL);

	config.roots.count = 0;
	check_path(&config, I "/" U "/disk", 0, "outside");
}

Test(verdict, lets_out_of_a_running_instance_what_is_named_exactly)
{
	const struct config config = both_transports();
	struct decided decided;

	check_path(&config, I "/" U "/disk.config", WRITE_ALL | USE_READ, NULL);
	check_path(&config, I "/" U "/disk.config/x", WRITE_ALL, NULL);
	cr_assert(decide_line(&decided, &config, bytes_of("scp -f " I "/" U "/disk.config"), false)->while_running);
	cr_assert_not(decide_line(&decided, &config, bytes_of("scp -f " I "/" U "/kernel"), false)->while_running);
}

Test(verdict, zero_refuses)
{
	const struct config nothing = { 0 };
	struct config config = both_transports();
	const struct match none = { .form = FORM_NONE, .path = I "/" U };
	const struct match wild = { .form = (enum form_id)4711, .path = I "/" U };
	const struct verdict zero = { 0 };
	static struct samples samples;

	cr_assert_eq(zero.kind, VERDICT_DENY);
	/* Even with a bit for each transport, known or not. */
	for (config.transports = 0; config.transports < 16; config.transports++) {
		cr_assert_eq(verdict_decide(&config, &none, &roomy_host).kind, VERDICT_DENY);
		cr_assert_eq(verdict_decide(&config, &none, &roomy_host).reason, REASON_INTERNAL);
		cr_assert_eq(verdict_decide(&config, &wild, &roomy_host).kind, VERDICT_DENY);
		cr_assert_eq(verdict_decide(&config, &wild, &roomy_host).reason, REASON_INTERNAL);
	}
	cr_assert_eq(verdict_refuse(REASON_TOO_LONG).kind, VERDICT_DENY);
	cr_assert_eq(verdict_refuse(REASON_TOO_LONG).reason, REASON_TOO_LONG);
	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++)
		cr_assert_eq(verdict_decide(&nothing, &samples.at[i], &roomy_host).kind, VERDICT_DENY);
}

/* The shell finds the symlink; the path's bytes do not show it. */
Test(verdict, of_a_path_through_a_symlink_is_a_denial)
{
	static struct samples samples;
	const struct config config = both_transports();

	samples_make(&samples);
	for (size_t i = 0; i < samples.count; i++) {
		const struct verdict allowed = verdict_decide(&config, &samples.at[i], &roomy_host);
		struct verdict verdict = allowed;

		cr_assert_eq(allowed.kind, VERDICT_ALLOW);
		verdict_deny_symlink(&verdict);
		cr_assert_eq(verdict.kind, VERDICT_DENY, "%s", form_row(allowed.form)->id);
		cr_assert_eq(verdict.reason, allowed.op == OP_SEND ? REASON_NOT_READABLE : REASON_NOT_WRITABLE, "%s",
			form_row(allowed.form)->id);
		cr_assert_eq(verdict.path, allowed.path);
		cr_assert_str_eq(verdict.instance, allowed.instance);
	}
}

Test(verdict, refuses_a_match_without_its_path)
{
	const struct config config = both_transports();

	for (unsigned id = FORM_NONE + 1; id < FORM_COUNT; id++) {
		const struct match match = { .form = (enum form_id)id };
		const struct verdict verdict = verdict_decide(&config, &match, &roomy_host);

		if (form_row(match.form)->access == ACCESS_NONE)
			continue;
		cr_assert_eq(verdict.kind, VERDICT_DENY);
		cr_assert_eq(verdict.reason, REASON_BAD_PATH);
	}
}

static const struct {
	enum form_id form;
	enum op op;
	const char *path, *word;
} streams[] = {
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U, "allow" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U "/x", "stream" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I, "stream" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/_base", "stream" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U "_resize", "stream" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/locks", "stream" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, "/etc/cron.d", "outside" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, I "/" U "/../x", "bad-path" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, "", "bad-path" },
	{ FORM_RSYNC_CREATE, OP_MKDIR, NULL, "bad-path" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U "/" P, "allow" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U "/disk", "stream" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" P, "stream" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U "/" P "/x", "stream" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, I "/" U "/" P "\n", "bad-path" },
	{ FORM_RSYNC_CREATE, OP_TOUCH, "/etc/cron.d/x", "outside" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U "/" P, "allow" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U "/disk", "allow" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/" U, "not-writable" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/_base/x", "not-writable" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, I "/disk", "not-writable" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE, "/etc/passwd", "outside" },
	{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U, "allow" },
	{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/_base", "stream" },
	{ FORM_RSYNC_REMOVE, OP_RMDIR, I, "stream" },
	{ FORM_RSYNC_REMOVE, OP_RMDIR, I "/" U "/x", "stream" },
	/* An operation that the form cannot ask for. */
	{ FORM_RSYNC_CREATE, OP_REMOVE, I "/" U "/disk", "stream" },
	{ FORM_RSYNC_CREATE, OP_RMDIR, I "/" U, "stream" },
	{ FORM_RSYNC_REMOVE, OP_MKDIR, I "/" U, "stream" },
	{ FORM_RSYNC_REMOVE, OP_TOUCH, I "/" U "/" P, "stream" },
	{ FORM_RSYNC_CREATE, OP_REMOVE_TREE, I "/" U, "stream" },
	{ FORM_RSYNC_REMOVE, OP_REMOVE_TREE, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, OP_RECEIVE, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, OP_SFTP, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, OP_STREAM, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, OP_NONE, I "/" U, "stream" },
	{ FORM_RSYNC_CREATE, (enum op)4711, I "/" U, "stream" },
	/* A form that has no such stream. */
	{ FORM_RSYNC_PUSH, OP_MKDIR, I "/" U, "stream" },
	{ FORM_RSYNC_EMPTY, OP_REMOVE, I "/" U "/disk", "stream" },
	{ FORM_SFTP, OP_MKDIR, I "/" U, "stream" },
	{ FORM_MKDIR, OP_MKDIR, I "/" U, "stream" },
	{ FORM_NONE, OP_MKDIR, I "/" U, "stream" },
	{ (enum form_id)4711, OP_MKDIR, I "/" U, "stream" },
};

Test(verdict, lets_a_stream_ask_for_one_thing_of_one_instance)
{
	const struct config config = both_transports();

	for (size_t i = 0; i < N_ELEMENTS(streams); i++) {
		const struct verdict verdict =
			verdict_decide_stream(&config, streams[i].form, streams[i].op, streams[i].path);

		cr_assert_str_eq(verdict.kind == VERDICT_ALLOW ? "allow" : reason_word(verdict.reason), streams[i].word,
			"row %zu: %s", i, streams[i].path);
	}
}

Test(verdict, lets_a_stream_do_nothing_when_rsync_is_off)
{
	struct config config = both_transports();

	config.transports = 1u << TRANSPORT_SSH;
	for (size_t i = 0; i < N_ELEMENTS(streams); i++)
		cr_assert_eq(verdict_decide_stream(&config, streams[i].form, streams[i].op, streams[i].path).kind,
			VERDICT_DENY, "row %zu", i);
}
