/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <syslog.h>

#include "policy/claim.h"
#include "policy/config.h"
#include "tests/unit/policy/random.h"

static struct config_faults faults;

static bool parse(struct config *out, const char *text)
{
	return config_parse(out, &faults, bytes_of(text));
}

static bool accepts(const char *text)
{
	struct config config;

	return parse(&config, text);
}

static bool is_same(const struct config *a, const struct config *b)
{
	if (a->roots.count != b->roots.count || a->write.count != b->write.count || a->probe.count != b->probe.count ||
		a->read.count != b->read.count)
		return false;
	for (unsigned i = 0; i < PATTERNS_MAX; i++) {
		if ((i < a->roots.count && strcmp(text_at(&a->roots, i), text_at(&b->roots, i)) != 0) ||
			(i < a->write.count && strcmp(text_at(&a->write, i), text_at(&b->write, i)) != 0) ||
			(i < a->probe.count && strcmp(text_at(&a->probe, i), text_at(&b->probe, i)) != 0) ||
			(i < a->read.count && strcmp(text_at(&a->read, i), text_at(&b->read, i)) != 0))
			return false;
	}
	for (unsigned i = PROGRAM_NONE + 1; i < PROGRAM_COUNT; i++)
		if (strcmp(a->program[i], b->program[i]) != 0)
			return false;
	return a->transports == b->transports && a->claims_mode == b->claims_mode && a->images_mode == b->images_mode &&
		a->image_formats == b->image_formats && a->image_backing.count == b->image_backing.count &&
		a->fence_open == b->fence_open && a->fence_wait == b->fence_wait &&
		a->claims_window == b->claims_window && a->claims_identity == b->claims_identity &&
		a->landlock_optional == b->landlock_optional && a->min_abi == b->min_abi &&
		a->namespaces == b->namespaces && a->sessions == b->sessions && a->peer_sessions == b->peer_sessions &&
		a->profile_sessions == b->profile_sessions && a->tunnels == b->tunnels &&
		a->processes == b->processes && a->idle_timeout == b->idle_timeout && a->wall_time == b->wall_time &&
		a->memory == b->memory && a->file_size == b->file_size && a->free_space == b->free_space &&
		a->facility == b->facility && a->audit_required == b->audit_required &&
		a->audit_json == b->audit_json && strcmp(a->peers_file, b->peers_file) == 0 &&
		memcmp(&a->scope, &b->scope, sizeof(a->scope)) == 0;
}

Test(config, has_the_defaults_of_the_manual)
{
	struct config config;

	config_default(&config);
	cr_assert_eq(config.transports, 1u << TRANSPORT_SSH);
	cr_assert_eq(config.roots.count, 1);
	cr_assert_str_eq(text_at(&config.roots, 0), "/var/lib/nova/instances");
	cr_assert_eq(config.write.count, 1);
	cr_assert_str_eq(text_at(&config.write, 0), "%u");
	cr_assert_eq(config.probe.count, 1);
	cr_assert_str_eq(text_at(&config.probe, 0), "%u/%x.tmp");
	cr_assert_eq(config.read.count, 3);
	cr_assert_str_eq(text_at(&config.read, 0), "_base");
	cr_assert_str_eq(text_at(&config.read, 1), "%u/kernel");
	cr_assert_str_eq(text_at(&config.read, 2), "%u/ramdisk");
	cr_assert_eq(config.claims_mode, CLAIMS_ENFORCE);
	cr_assert_eq(config.claims_window, 86400);
	cr_assert_eq(config.claims_identity, IDENTITY_ADDRESS);
	cr_assert_eq(config.images_mode, IMAGES_ENFORCE);
	cr_assert_eq(config.image_formats, 1u << IMAGE_FORMAT_RAW | 1u << IMAGE_FORMAT_QCOW2);
	cr_assert_eq(config.image_backing.count, 1);
	cr_assert_str_eq(text_at(&config.image_backing, 0), "_base");
	cr_assert_not(config.fence_open);
	cr_assert_eq(config.fence_wait, 5);
	cr_assert_eq(config.landlock_optional, false);
	cr_assert_eq(config.min_abi, 1);
	cr_assert_eq(config.sessions, 256);
	cr_assert_eq(config.processes, 4);
	cr_assert_eq(config.peer_sessions, 32);
	cr_assert_eq(config.profile_sessions, 0);
	cr_assert_eq(config.tunnels, 5);
	cr_assert_eq(config.idle_timeout, 3600);
	cr_assert_eq(config.wall_time, 86400);
	cr_assert_eq(config.memory, INT64_C(2) << 30);
	cr_assert_eq(config.free_space, 16 << 20);
	cr_assert_str_eq(config.program[PROGRAM_NONE], "");
	cr_assert_str_eq(config.program[PROGRAM_SCP], "/usr/bin/scp");
	cr_assert_str_eq(config.program[PROGRAM_RSYNC], "/usr/bin/rsync");
	cr_assert_str_eq(config.program[PROGRAM_SFTP_SERVER], "/usr/lib/openssh/sftp-server");
	cr_assert_eq(config.facility, LOG_AUTHPRIV);
	cr_assert_eq(config.audit_required, true);
	cr_assert_eq(config.audit_json, false);
	cr_assert_eq(config.scope.directions, DIRECTION_RECEIVE | DIRECTION_SEND | DIRECTION_LIVE);
	cr_assert_eq(config.scope.instance_count, 0);
	cr_assert_eq(config.scope.peer_count, 0);
}

/* Writes a file of all keys with their defaults, except key number without. */
static size_t write_defaults(char *out, size_t size, unsigned without)
{
	size_t used = 0;
	const char *section = "";

	for (unsigned i = 0; config_key_at(i).name != NULL; i++) {
		const struct config_key key = config_key_at(i);

		if (strcmp(key.section, section) != 0)
			used += (size_t)snprintf(out + used, size - used, "\n[%s]\n", key.section);
		section = key.section;
		used += (size_t)snprintf(
			out + used, size - used, "%s%s = %s\n", i == without ? ";" : "", key.name, key.initial);
	}
	cr_assert_lt(used, size);
	return used;
}

Test(config, of_all_defaults_written_out_is_the_default)
{
	char text[8192];
	struct config config, expected;
	unsigned count = 0;

	config_default(&expected);
	while (config_key_at(count).name != NULL)
		count++;
	cr_assert_gt(count, 15);
	for (unsigned without = 0; without <= count; without++) {
		write_defaults(text, sizeof(text), without);
		cr_assert(parse(&config, text), "line %u %s: %s", faults.at[0].line, faults.at[0].key,
			config_error_text(faults.at[0].error));
		cr_assert(is_same(&config, &expected), "without key %u", without);
	}
	cr_assert_null(config_key_at(count).section);
	cr_assert_null(config_key_at(UINT32_MAX).name);
}

Test(config, refuses_each_key_twice)
{
	char text[8192];

	for (unsigned i = 0; config_key_at(i).name != NULL; i++) {
		const struct config_key key = config_key_at(i);
		char expected[sizeof(faults.at[0].key)];

		snprintf(expected, sizeof(expected), "%s.%s", key.section, key.name);
		snprintf(text, sizeof(text), "[%s]\n%s = %s\n\n[%s]\n%s=%s\n", key.section, key.name, key.initial,
			key.section, key.name, key.initial);
		cr_assert_not(accepts(text), "%s", text);
		cr_assert_eq(faults.count, 1);
		cr_assert_eq(faults.at[0].error, CONFIG_REPEATED_KEY, "%s", text);
		cr_assert_eq(faults.at[0].line, 5);
		cr_assert_str_eq(faults.at[0].key, expected);
	}
}

Test(config, refuses_each_key_in_every_other_section)
{
	char text[8192];

	for (unsigned i = 0; config_key_at(i).name != NULL; i++) {
		for (unsigned j = 0; config_key_at(j).name != NULL; j++) {
			const struct config_key key = config_key_at(i), other = config_key_at(j);

			snprintf(text, sizeof(text), "[%s]\n%s = %s\n", other.section, key.name, key.initial);
			cr_assert_eq(accepts(text), strcmp(key.section, other.section) == 0, "%s", text);
		}
	}
}

static const struct {
	const char *section, *line;
	bool good;
} values[] = {
	{ "shell", "remote_filesystem_transport = ssh", true },
	{ "shell", "remote_filesystem_transport=rsync", true },
	{ "shell", "remote_filesystem_transport = ssh, rsync", true },
	{ "shell", "remote_filesystem_transport = rsync,ssh", true },
	{ "shell", "remote_filesystem_transport = ssh rsync", false },
	{ "shell", "remote_filesystem_transport = ssh, ssh", false },
	{ "shell", "remote_filesystem_transport = SSH", false },
	{ "shell", "remote_filesystem_transport = none", false },
	{ "shell", "remote_filesystem_transport = -", false },
	{ "shell", "remote_filesystem_transport = ssh,", false },
	{ "shell", "remote_filesystem_transport = ,ssh", false },
	{ "shell", "remote_filesystem_transport = ssh,,rsync", false },
	{ "shell", "remote_filesystem_transport =", false },
	{ "shell", "remote_filesystem_transport = \"ssh\"", false },
	{ "shell", "instances_path = /srv/nova/instances", true },
	{ "shell", "instances_path = /var/lib/nova/instances, /srv/instances", true },
	{ "shell", "instances_path = /a/1,/a/2,/a/3,/a/4", true },
	{ "shell", "instances_path = /a/1,/a/2,/a/3,/a/4,/a/5", false },
	{ "shell", "instances_path =", false },
	{ "shell", "instances_path = /", false },
	{ "shell", "instances_path = //", false },
	{ "shell", "instances_path = /srv", false },
	{ "shell", "instances_path = /home", false },
	{ "shell", "instances_path = /var", false },
	{ "shell", "instances_path = /var/lib", false },
	{ "shell", "instances_path = /var/lib/nova", false },
	{ "shell", "instances_path = /var/lib/nova/", false },
	{ "shell", "instances_path = /var/lib/nova/.ssh", false },
	{ "shell", "instances_path = /etc", false },
	{ "shell", "instances_path = /etc/nova", false },
	{ "shell", "instances_path = /usr/lib/x", false },
	{ "shell", "instances_path = /root/x", false },
	{ "shell", "instances_path = /proc/self", false },
	{ "shell", "instances_path = /dev/shm", false },
	{ "shell", "instances_path = /run/nova", false },
	{ "shell", "instances_path = /var/run/nova", false },
	{ "shell", "instances_path = /boot/x", false },
	{ "shell", "instances_path = /sys/x", false },
	{ "shell", "instances_path = /lib/x", false },
	{ "shell", "instances_path = /etcetera/x", true },
	{ "shell", "instances_path = nova/instances", false },
	{ "shell", "instances_path = ./nova/instances", false },
	{ "shell", "instances_path = ../nova/instances", false },
	{ "shell", "instances_path = /var/lib/nova/instances/", true },
	{ "shell", "instances_path = /var/lib/nova/instances//", false },
	{ "shell", "instances_path = /a/b/, /a/b", false },
	{ "shell", "instances_path = /a/b, /a/b/c/", false },
	{ "shell", "instances_path = /a/b/, /a/c/", true },
	{ "shell", "instances_path = /srv/", false },
	{ "shell", "instances_path = /var/lib/nova//instances", false },
	{ "shell", "instances_path = /var/lib/nova/./instances", false },
	{ "shell", "instances_path = /var/lib/nova/../instances", false },
	{ "shell", "instances_path = /var/lib/nova/my instances", false },
	{ "shell", "instances_path = /var/lib/nova/instances # here", false },
	{ "shell", "instances_path = /var/lib/nova/instances ; here", true },
	{ "shell", "instances_path = \"/var/lib/nova/instances\"", false },
	{ "shell", "instances_path = /var/lib/$state/instances", false },
	{ "shell", "instances_path = /var/lib/nova/insta*", false },
	{ "shell", "instances_path = /a/b, /a/b", false },
	{ "shell", "instances_path = /a/b, /a/b/c", false },
	{ "shell", "instances_path = /a/b/c, /a/b", false },
	{ "shell", "instances_path = /a/b, /a/bc", true },
	{ "paths", "write = %u", true },
	{ "paths", "write = %u/disk, %u/vtpm", true },
	{ "paths", "write =", false },
	{ "paths", "write = _base", false },
	{ "paths", "write = %u, _base", false },
	{ "paths", "write = %ux", false },
	{ "paths", "write = %u_resize", false },
	{ "paths", "write = *", false },
	{ "paths", "write = %x", false },
	{ "paths", "write = %u/..", false },
	{ "paths", "write = %u/../x", false },
	{ "paths", "write = /%u", false },
	{ "paths", "write = %u/", false },
	{ "paths", "write = .", false },
	{ "paths", "probe = %u/%x.probe", true },
	{ "paths", "probe = %x.tmp", false },
	{ "paths", "probe = %u/%n", false },
	{ "paths", "read =", true },
	{ "paths", "read = _base", true },
	{ "paths", "read = a,b,c,d,e,f,g,h", true },
	{ "paths", "read = a,b,c,d,e,f,g,h,i", false },
	{ "paths", "read = ,", false },
	{ "paths", "read = _base,", false },
	{ "paths", "read = _base # all", false },
	{ "paths", "read = /etc", false },
	{ "paths", "read = ..", false },
	{ "paths", "read = .ssh", false },
	{ "paths", "read = %", false },
	{ "claims", "mode = enforce", true },
	{ "claims", "mode = audit", true },
	{ "claims", "mode = off", true },
	{ "claims", "mode = none", false },
	{ "claims", "mode = Off", false },
	{ "claims", "mode =", false },
	{ "claims", "window = 1", true },
	{ "claims", "window = 1s", true },
	{ "claims", "window = 90m", true },
	{ "claims", "peers_file =", true },
	{ "claims", "peers_file = /etc/rssh-nova.peers", true },
	{ "claims", "peers_file = rssh-nova.peers", false },
	{ "claims", "peers_file = /etc/../peers", false },
	{ "claims", "window = 30d", true },
	{ "claims", "window = 720h", true },
	{ "claims", "window = 2592000", true },
	{ "claims", "window = 2592001", false },
	{ "claims", "window = 31d", false },
	{ "claims", "window = 0", false },
	{ "claims", "window = 0h", false },
	{ "claims", "window = -1h", false },
	{ "claims", "window = 1.5h", false },
	{ "claims", "window = 24 h", false },
	{ "claims", "window = 1w", false },
	{ "claims", "window = forever", false },
	{ "claims", "window =", false },
	{ "claims", "identity = address", true },
	{ "claims", "identity = key", true },
	{ "claims", "identity = address+key", true },
	{ "claims", "identity = key+address", false },
	{ "claims", "identity = address + key", false },
	{ "claims", "identity = address, key", false },
	{ "claims", "identity = none", false },
	{ "claims", "identity =", false },
	{ "sandbox", "landlock = required", true },
	{ "sandbox", "landlock = optional", true },
	{ "sandbox", "landlock = off", false },
	{ "sandbox", "landlock = Required", false },
	{ "sandbox", "landlock =", false },
	{ "sandbox", "min_abi = 1", true },
	{ "sandbox", "min_abi = 7", true },
	{ "sandbox", "min_abi = 1000", true },
	{ "sandbox", "min_abi = 1001", false },
	{ "sandbox", "min_abi = 0", false },
	{ "sandbox", "min_abi = -1", false },
	{ "sandbox", "min_abi = +1", false },
	{ "sandbox", "min_abi = 0x1", false },
	{ "sandbox", "min_abi = 1 2", false },
	{ "sandbox", "min_abi = 1s", false },
	{ "sandbox", "min_abi = 999999999999999999", false },
	{ "sandbox", "min_abi = 9999999999999999999", false },
	{ "sandbox", "min_abi = 18446744073709551617", false },
	{ "sandbox", "namespaces = off", true },
	{ "sandbox", "namespaces = auto", true },
	{ "sandbox", "namespaces = required", true },
	{ "sandbox", "namespaces = on", false },
	{ "libvirt", "tunnels = 0", true },
	{ "libvirt", "tunnels = 4096", true },
	{ "libvirt", "tunnels = 4097", false },
	{ "libvirt", "tunnels = -1", false },
	{ "limits", "sessions = 0", true },
	{ "limits", "sessions = 1", true },
	{ "limits", "sessions = 4096", true },
	{ "limits", "sessions = 4097", false },
	{ "limits", "sessions = -1", false },
	{ "limits", "sessions = 1s", false },
	{ "limits", "sessions = unlimited", false },
	{ "limits", "sessions =", false },
	{ "limits", "peer_sessions = 0", true },
	{ "limits", "peer_sessions = 4096", true },
	{ "limits", "peer_sessions = 4097", false },
	{ "limits", "processes = 0", true },
	{ "limits", "processes = 1", true },
	{ "limits", "processes = 4096", true },
	{ "limits", "processes = 4097", false },
	{ "limits", "processes = -1", false },
	{ "limits", "idle_timeout = 0", true },
	{ "limits", "idle_timeout = 1s", true },
	{ "limits", "idle_timeout = 30d", true },
	{ "limits", "idle_timeout = 31d", false },
	{ "limits", "idle_timeout = never", false },
	{ "limits", "wall_time = 0", true },
	{ "limits", "wall_time = 90", true },
	{ "limits", "wall_time = 90s", true },
	{ "limits", "wall_time = 5m", true },
	{ "limits", "wall_time = 30d", true },
	{ "limits", "wall_time = 31d", false },
	{ "limits", "wall_time = 1w", false },
	{ "limits", "wall_time = 1hh", false },
	{ "limits", "wall_time = h", false },
	{ "limits", "wall_time = 1 h", false },
	{ "limits", "wall_time = 1.5h", false },
	{ "limits", "wall_time = 999999999999999999d", false },
	{ "limits", "wall_time =", false },
	{ "limits", "memory = 512M", true },
	{ "limits", "memory = 1024", true },
	{ "limits", "memory = 1T", true },
	{ "limits", "memory = 8388607T", true },
	{ "limits", "memory = 8388608T", false },
	{ "limits", "memory = 999999999999999999T", false },
	{ "limits", "memory = 1k", false },
	{ "limits", "memory = 1GB", false },
	{ "limits", "memory = 1P", false },
	{ "limits", "memory = -1G", false },
	{ "limits", "free_space = 0", true },
	{ "limits", "free_space = 10G", true },
	{ "limits", "free_space = 10 G", false },
	{ "limits", "file_size = 100G", true },
	{ "images", "headers = audit", true },
	{ "images", "headers = off", true },
	{ "images", "headers = no", false },
	{ "images", "formats = qcow2", true },
	{ "images", "formats = raw, qcow2, vdi, vpc, vhdx", true },
	{ "images", "formats =", false },
	{ "images", "formats = raw, raw", false },
	{ "images", "formats = raw, qcow3", false },
	{ "images", "formats = none", false },
	{ "images", "formats = raw, qed", false },
	{ "images", "formats = vmdk", false },
	{ "images", "formats = qcow", false },
	{ "images", "formats = luks", false },
	{ "images", "backing =", true },
	{ "images", "backing = _base, cache/old", true },
	{ "images", "backing = /_base", false },
	{ "images", "backing = ..", false },
	{ "images", "fence = open", true },
	{ "images", "fence = yes", false },
	{ "images", "fence_wait = 0", true },
	{ "images", "fence_wait = 1m", true },
	{ "images", "fence_wait = 61", false },
	{ "programs", "scp = /opt/bin/scp", true },
	{ "programs", "scp = scp", false },
	{ "programs", "scp = /opt/bin/scp -S x", false },
	{ "programs", "scp = /opt/../bin/scp", false },
	{ "programs", "rsync =", false },
	{ "programs", "rsync = /", false },
	{ "programs", "sftp_server = internal-sftp", false },
	{ "audit", "facility = daemon", true },
	{ "audit", "facility = local7", true },
	{ "audit", "facility = local8", false },
	{ "audit", "facility = kern", false },
	{ "audit", "facility = LOCAL7", false },
	{ "audit", "required = yes", true },
	{ "audit", "required = no", true },
	{ "audit", "required = true", false },
	{ "audit", "required = 1", false },
	{ "audit", "format = json", true },
	{ "audit", "format = logfmt", true },
	{ "audit", "format = xml", false },
	{ "sender", "ssh_options =", true },
	{ "sender", "ssh_options = Port=22", true },
	{ "sender", "ssh_options = Port=22, User=nova,Ciphers=x", true },
	{ "sender", "ssh_options = ProxyCommand=nc %h %p", true },
	{ "sender", "ssh_options = A=1,A=2,A=3,A=4,A=5,A=6,A=7,A=8,A=9", false },
	{ "sender", "ssh_options = Port", false },
	{ "sender", "ssh_options = Port=", false },
	{ "sender", "ssh_options = =22", false },
	{ "sender", "ssh_options = -oPort=22", false },
	{ "sender", "ssh_options = Port 22", false },
	{ "sender", "ssh_options = Port=22,", false },
	{ "sender", "ssh_options = User='nova'", false },
	{ "sender", "connect_timeout = 1", true },
	{ "sender", "connect_timeout = 1h", true },
	{ "sender", "connect_timeout = 0", false },
	{ "sender", "connect_timeout = 3601", false },
	{ "sender", "connect_timeout = -1", false },
	{ "sender", "retries = 0", true },
	{ "sender", "retries = 10", true },
	{ "sender", "retries = 11", false },
	{ "sender", "retries = 1s", false },
};

Test(config, takes_good_values_and_no_bad_ones)
{
	for (size_t i = 0; i < N_ELEMENTS(values); i++) {
		char text[512];

		snprintf(text, sizeof(text), "; one key\n[%s]\n\n%s\n", values[i].section, values[i].line);
		cr_assert_eq(accepts(text), values[i].good, "%s", text);
		if (values[i].good) {
			cr_assert_eq(faults.count, 0);
			continue;
		}
		cr_assert_eq(faults.count, 1, "%s", text);
		cr_assert_eq(faults.at[0].line, 4, "%s", text);
		cr_assert_eq(faults.at[0].error, CONFIG_BAD_VALUE, "%s", text);
		cr_assert_eq(strncmp(faults.at[0].key, values[i].section, strlen(values[i].section)), 0);
	}
}

Test(config, stores_what_it_takes)
{
	static const char text[] =
		"[shell]\nremote_filesystem_transport = rsync\ninstances_path = /a/b ,\t/c/d\n"
		"[paths]\nwrite = %u/in\nprobe=%u/%x.p\nread =\n"
		"[claims]\nmode = audit\nwindow = 90m\nidentity = address+key\n"
		"[images]\nheaders = audit\nformats = vhdx\nbacking = _base, cache\nfence = open\nfence_wait = 9\n"
		"[sandbox]\nlandlock = optional\nmin_abi = 3\nnamespaces = required\n"
		"[limits]\nwall_time = 2d\nmemory = 3M\nfree_space = 4T\nfile_size = 7K\n"
		"[programs]\nscp = /x/scp\nrsync: /x/rsync\nsftp_server = /x/sftp ; why\n"
		"[audit]\nfacility = local3\nrequired = no\nformat = json\n";
	struct config config;

	cr_assert(parse(&config, text), "line %u: %s", faults.at[0].line, faults.at[0].key);
	cr_assert_eq(config.transports, 1u << TRANSPORT_RSYNC);
	cr_assert_eq(config.roots.count, 2);
	cr_assert_str_eq(text_at(&config.roots, 0), "/a/b");
	cr_assert_str_eq(text_at(&config.roots, 1), "/c/d");
	cr_assert_str_eq(text_at(&config.write, 0), "%u/in");
	cr_assert_str_eq(text_at(&config.probe, 0), "%u/%x.p");
	cr_assert_eq(config.read.count, 0);
	cr_assert_eq(config.claims_mode, CLAIMS_AUDIT);
	cr_assert_eq(config.claims_window, 90 * 60);
	cr_assert_eq(config.claims_identity, IDENTITY_ADDRESS_AND_KEY);
	cr_assert_eq(config.images_mode, IMAGES_AUDIT);
	cr_assert_eq(config.image_formats, 1u << IMAGE_FORMAT_VHDX);
	cr_assert_eq(config.image_backing.count, 2);
	cr_assert_str_eq(text_at(&config.image_backing, 1), "cache");
	cr_assert(config.fence_open);
	cr_assert_eq(config.fence_wait, 9);
	cr_assert_eq(config.landlock_optional, true);
	cr_assert_eq(config.min_abi, 3);
	cr_assert_eq(config.namespaces, NAMESPACES_REQUIRED);
	cr_assert_eq(config.wall_time, 2 * 86400);
	cr_assert_eq(config.memory, 3 << 20);
	cr_assert_eq(config.free_space, INT64_C(4) << 40);
	cr_assert_eq(config.file_size, 7 << 10);
	cr_assert_str_eq(config.program[PROGRAM_SCP], "/x/scp");
	cr_assert_str_eq(config.program[PROGRAM_RSYNC], "/x/rsync");
	cr_assert_str_eq(config.program[PROGRAM_SFTP_SERVER], "/x/sftp");
	cr_assert_eq(config.facility, LOG_LOCAL3);
	cr_assert_eq(config.audit_required, false);
	cr_assert_eq(config.audit_json, true);
}

/* A row with a NUL in it has its length beside it. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
	const char *text;
	size_t len;
	enum config_error error;
	unsigned line;
	const char *key;
} broken[] = {
	{ TEXT(""), CONFIG_EMPTY, 0, "" },
	{ TEXT("\n\n  \n\t\n"), CONFIG_EMPTY, 0, "" },
	{ TEXT("; nothing but a comment\n"), CONFIG_EMPTY, 0, "" },
	{ TEXT("[shell]\n[paths]\n"), CONFIG_EMPTY, 0, "" },
	{ TEXT("[audit]\nformat = json\0\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("\0"), CONFIG_BAD_BYTE, 1, "" },
	{ TEXT("[audit]\n\0format = json\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\nformat = json\n; \0hidden\n"), CONFIG_BAD_BYTE, 3, "" },
	{ TEXT("[audit]\nformat = json\r\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\nformat = json\r"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("\xef\xbb\xbf[audit]\nformat = json\n"), CONFIG_BAD_BYTE, 1, "" },
	{ TEXT("[audit]\nformat = json ; caf\xc3\xa9\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\nformat = js\x1bon\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\nformat = json\x7f\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\nformat = json\v\n"), CONFIG_BAD_BYTE, 2, "" },
	{ TEXT("[audit]\n format = json\n"), CONFIG_LEADING_BLANK, 2, "" },
	{ TEXT("[audit]\nformat =\n\tjson\n"), CONFIG_LEADING_BLANK, 3, "" },
	{ TEXT(" [audit]\nformat = json\n"), CONFIG_LEADING_BLANK, 1, "" },
	{ TEXT("[audit]\nformat = json\n ; comment\n"), CONFIG_LEADING_BLANK, 3, "" },
	{ TEXT("[audit\nformat = json\n"), CONFIG_SYNTAX, 1, "" },
	{ TEXT("[shell]\ninstances_path = /a/b\n[audit ;]\nformat = json\n"), CONFIG_UNKNOWN_SECTION, 3, "audit ;" },
	{ TEXT("[audit] format = json\n"), CONFIG_SYNTAX, 1, "" },
	{ TEXT("[audit]]\nformat = json\n"), CONFIG_SYNTAX, 1, "" },
	{ TEXT("[audit];x\nformat = json\n"), CONFIG_SYNTAX, 1, "" },
	{ TEXT("[audit]\nformat json\n"), CONFIG_SYNTAX, 2, "" },
	{ TEXT("[audit]\nformat\n"), CONFIG_SYNTAX, 2, "" },
	{ TEXT("[audit]\nformat ; = json\n"), CONFIG_SYNTAX, 2, "" },
	{ TEXT("[audit]\n= json\n"), CONFIG_SYNTAX, 2, "" },
	{ TEXT("garbage"), CONFIG_SYNTAX, 1, "" },
	{ TEXT("format = json\n"), CONFIG_UNKNOWN_SECTION, 1, "format" },
	{ TEXT("[]\nformat = json\n"), CONFIG_UNKNOWN_SECTION, 1, "" },
	{ TEXT("[Audit]\nformat = json\n"), CONFIG_UNKNOWN_SECTION, 1, "Audit" },
	{ TEXT("[ audit ]\nformat = json\n"), CONFIG_UNKNOWN_SECTION, 1, " audit " },
	{ TEXT("[audit]\nformat = json\n[senders]\n"), CONFIG_UNKNOWN_SECTION, 3, "senders" },
	{ TEXT("[audit]\nformat = json\n[extra] ; none\n"), CONFIG_UNKNOWN_SECTION, 3, "extra" },
	{ TEXT("[audi]\n"), CONFIG_UNKNOWN_SECTION, 1, "audi" },
	{ TEXT("[audit]\nformats = json\n"), CONFIG_UNKNOWN_KEY, 2, "audit.formats" },
	{ TEXT("[audit]\nFormat = json\n"), CONFIG_UNKNOWN_KEY, 2, "audit.Format" },
	{ TEXT("[audit]\nfor mat = json\n"), CONFIG_UNKNOWN_KEY, 2, "audit.for mat" },
	{ TEXT("[audit]\nformat = json\n\nformat = json"), CONFIG_REPEATED_KEY, 4, "audit.format" },
	{ TEXT("[audit]\nformat = xml"), CONFIG_BAD_VALUE, 2, "audit.format" },
	{ TEXT("[sandbox]\nnamespaces = require\n"), CONFIG_BAD_VALUE, 2, "sandbox.namespaces" },
	{ TEXT("[sender]\nretries = 1\ncontrol_persist = 4\n"), CONFIG_UNKNOWN_KEY, 3, "sender.control_persist" },
	{ TEXT("[audit]\nrequired = yes\ncontrol_persist = 0\n"), CONFIG_UNKNOWN_KEY, 3, "audit.control_persist" },
	{ TEXT("[sender]\nretries = 1\npersist = 0\n"), CONFIG_UNKNOWN_KEY, 3, "sender.persist" },
	{ TEXT("[sender]\ncontrol_persist = 0\n"), CONFIG_EMPTY, 0, "" },
};

/* An upgraded node keeps its file, which the release before shipped. */
Test(config, takes_a_key_of_the_release_before_as_it_was_shipped)
{
	struct config config, without;
	static const char *const spellings[] = { "0", "00", "0s", "0d" };
	char old[128];

	memset(&without, 0x5a, sizeof(without));
	cr_assert(config_parse(&without, &faults, bytes_of("[sender]\nretries = 3\n")));
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		snprintf(old, sizeof(old), "[sender]\nretries = 3\ncontrol_persist = %s\n", spellings[i]);
		memset(&config, 0x5a, sizeof(config));
		cr_assert(config_parse(&config, &faults, bytes_of(old)), "%s", spellings[i]);
		cr_expect_eq(memcmp(&config, &without, sizeof(config)), 0);
	}
	for (unsigned i = 0; config_key_at(i).name != NULL; i++)
		cr_expect_str_neq(config_key_at(i).name, "control_persist");
}

Test(config, refuses_a_broken_file_and_says_where)
{
	bool yielded[CONFIG_BAD_VALUE + 1] = { false };
	struct config defaults;

	memset(&defaults, 0x5a, sizeof(defaults));
	config_default(&defaults);
	for (size_t i = 0; i < N_ELEMENTS(broken); i++) {
		struct config config;

		memset(&config, 0x5a, sizeof(config));
		cr_assert_not(config_parse(&config, &faults, (struct bytes){ broken[i].text, broken[i].len }),
			"row %zu: %s", i, broken[i].text);
		cr_assert_eq(faults.count, 1, "row %zu: %s (%u faults)", i, broken[i].text, faults.count);
		cr_assert_eq(faults.at[0].error, broken[i].error, "row %zu: %s (%s)", i, broken[i].text,
			config_error_text(faults.at[0].error));
		cr_assert_eq(
			faults.at[0].line, broken[i].line, "row %zu: %s (%u)", i, broken[i].text, faults.at[0].line);
		cr_assert_str_eq(faults.at[0].key, broken[i].key, "row %zu", i);
		cr_assert_eq(memcmp(&config, &defaults, sizeof(config)), 0, "row %zu left more than defaults", i);
		yielded[broken[i].error] = true;
	}
	/* The next two tests yield those of sizes. */
	yielded[CONFIG_OK] = yielded[CONFIG_TOO_LARGE] = yielded[CONFIG_LINE_TOO_LONG] = true;
	for (unsigned i = 0; i < N_ELEMENTS(yielded); i++)
		cr_assert(yielded[i], "nothing yields: %s", config_error_text((enum config_error)i));
}

Test(config, takes_lines_of_197_bytes_and_no_longer_ones)
{
	for (size_t len = 1; len < 500; len++) {
		char text[600] = "[audit]\nformat = json\n;";
		const size_t head = strlen(text);

		memset(text + head, 'c', len - 1);
		text[head + len - 1] = '\0';
		cr_assert_eq(accepts(text), len <= CONFIG_LINE_MAX, "%zu", len);
		if (len > CONFIG_LINE_MAX) {
			cr_assert_eq(faults.at[0].error, CONFIG_LINE_TOO_LONG);
			cr_assert_eq(faults.at[0].line, 3);
		}
		/* Blanks count too: inih would read the text after them as a new line. */
		memset(text + head - 1, ' ', len);
		cr_assert_eq(accepts(text), len <= CONFIG_LINE_MAX, "%zu blanks", len);
	}
}

Test(config, is_not_set_by_the_tail_of_a_long_line)
{
	for (size_t len = 150; len < 450; len++) {
		char text[1024] = "[audit]\nformat = json\n[sandbox]\n;";

		memset(text + strlen(text), 'c', len);
		strcat(text, "landlock = optional\n");
		if (len + 1 + strlen("landlock = optional") <= CONFIG_LINE_MAX)
			cr_assert(accepts(text));
		else
			cr_assert_not(accepts(text), "%zu", len);
	}
}

Test(config, of_over_64_KiB_is_refused_unread)
{
	static char text[CONFIG_MAX + 4096];
	struct config config;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 100 == 99 ? '\n' : i % 100 == 0 ? ';' : 'c';
	memcpy(text, "[audit]\nformat = json\n;", strlen("[audit]\nformat = json\n;"));
	cr_assert(config_parse(&config, &faults, (struct bytes){ text, CONFIG_MAX }));
	for (size_t len = CONFIG_MAX + 1; len < sizeof(text); len += 499) {
		cr_assert_not(config_parse(&config, &faults, (struct bytes){ text, len }));
		cr_assert_eq(faults.count, 1);
		cr_assert_eq(faults.at[0].error, CONFIG_TOO_LARGE);
		cr_assert_eq(faults.at[0].line, 0);
	}
	cr_assert_not(config_parse(&config, &faults, (struct bytes){ NULL, SIZE_MAX }));
	cr_assert_eq(faults.at[0].error, CONFIG_TOO_LARGE);
	cr_assert_not(config_parse(&config, &faults, (struct bytes){ NULL, 0 }));
	cr_assert_eq(faults.at[0].error, CONFIG_EMPTY);
}

Test(config, needs_no_newline_at_its_end)
{
	struct config config;

	cr_assert(parse(&config, "[audit]\nformat = json"));
	cr_assert_eq(config.audit_json, true);
}

Test(config, reports_every_broken_line_in_order)
{
	static const char text[] = "[audit\nformat json\n key = x\n[nowhere]\n[audit] x\n\x01\n";
	static const enum config_error expected[] = { CONFIG_SYNTAX, CONFIG_SYNTAX, CONFIG_LEADING_BLANK,
		CONFIG_UNKNOWN_SECTION, CONFIG_SYNTAX, CONFIG_BAD_BYTE };

	cr_assert_not(accepts(text));
	cr_assert_eq(faults.count, N_ELEMENTS(expected));
	for (unsigned i = 0; i < N_ELEMENTS(expected); i++) {
		cr_assert_eq(faults.at[i].error, expected[i], "%u: %s", i, config_error_text(faults.at[i].error));
		cr_assert_eq(faults.at[i].line, i + 1);
	}
}

Test(config, reports_every_bad_setting_in_order)
{
	cr_assert_not(accepts("[audit]\nformat = xml\nrequired = maybe\n[limits]\nmemory = much\nx = 1\n"));
	cr_assert_eq(faults.count, 4);
	cr_assert_str_eq(faults.at[0].key, "audit.format");
	cr_assert_eq(faults.at[0].line, 2);
	cr_assert_str_eq(faults.at[1].key, "audit.required");
	cr_assert_eq(faults.at[1].line, 3);
	cr_assert_str_eq(faults.at[2].key, "limits.memory");
	cr_assert_eq(faults.at[2].line, 5);
	cr_assert_str_eq(faults.at[3].key, "limits.x");
	cr_assert_eq(faults.at[3].error, CONFIG_UNKNOWN_KEY);
}

Test(config, holds_no_more_faults_than_fit)
{
	char text[8192] = "[audit]\n";

	for (unsigned i = 0; i < 100; i++)
		strcat(text, "a_key_with_a_name_that_is_a_good_deal_longer_than_a_fault_can_hold = 1\n");
	cr_assert_not(accepts(text));
	cr_assert_eq(faults.count, CONFIG_FAULTS_MAX);
	for (unsigned i = 0; i < CONFIG_FAULTS_MAX; i++)
		cr_assert_eq(strlen(faults.at[i].key), sizeof(faults.at[i].key) - 1);
	memset(text, '\x01', 4000);
	cr_assert_not(accepts(text));
	memset(text, '\n', 4000);
	for (unsigned i = 0; i < 2000; i++)
		text[2 * i] = '\x01';
	cr_assert_not(accepts(text));
	cr_assert_eq(faults.count, CONFIG_FAULTS_MAX);
}

Test(config, always_gives_a_fault_when_it_refuses)
{
	static const char *const pieces[] = { "[audit]\n", "[shell]\n", "format = json\n", "[", "]", " ", "\n", ";",
		"#", "=", ":", "instances_path = /a/b\n", "x", ",", "%u", "\t", "required = no\n", "\r",
		"[paths]\nread =", "memory = 1G\n", "[limits]\n" };
	struct random random = { 99 };
	unsigned good = 0;

	for (unsigned round = 0; round < 100000; round++) {
		char text[1024] = "";

		for (size_t n = random_below(&random, 12); n != 0; n--)
			strcat(text, pieces[random_below(&random, N_ELEMENTS(pieces))]);
		if (accepts(text)) {
			cr_assert_eq(faults.count, 0, "%s", text);
			good++;
		} else {
			cr_assert_neq(faults.count, 0, "%s", text);
			for (unsigned i = 0; i < faults.count; i++)
				cr_assert_leq(faults.at[i].line, 200, "%s", text);
		}
	}
	cr_assert_gt(good, 100);
}

Test(config, has_a_sentence_for_each_error)
{
	for (unsigned i = 0; i <= CONFIG_WIDENS; i++)
		for (unsigned j = 0; j < i; j++)
			cr_assert_str_neq(
				config_error_text((enum config_error)i), config_error_text((enum config_error)j));
	cr_assert_str_eq(config_error_text((enum config_error)4711), "unknown fault");
}

#define BASE "[shell]\nremote_filesystem_transport = ssh, rsync\n"
#define UUID "0f8d2b6e-91c4-4a37-b5de-3c7a90e1f246"

static bool parse_as(struct config *out, const char *text, const char *profile)
{
	return config_parse_profile(out, &faults, bytes_of(text), profile);
}

/* Each row: the file without a profile, a line of a profile, and the result. */
static const struct {
	const char *base, *line;
	enum config_error error;
} narrowings[] = {
	{ BASE, "remote_filesystem_transport = ssh", CONFIG_OK },
	{ BASE, "remote_filesystem_transport = rsync", CONFIG_OK },
	{ BASE, "remote_filesystem_transport = rsync, ssh", CONFIG_OK },
	{ "[shell]\nremote_filesystem_transport = ssh\n", "remote_filesystem_transport = ssh", CONFIG_OK },
	{ "[shell]\nremote_filesystem_transport = ssh\n", "remote_filesystem_transport = rsync", CONFIG_WIDENS },
	{ "[shell]\nremote_filesystem_transport = ssh\n", "remote_filesystem_transport = ssh, rsync", CONFIG_WIDENS },
	{ "[shell]\nremote_filesystem_transport = rsync\n", "remote_filesystem_transport = ssh", CONFIG_WIDENS },
	{ BASE, "remote_filesystem_transport =", CONFIG_BAD_VALUE },
	{ BASE, "direction = receive", CONFIG_OK },
	{ BASE, "direction = send", CONFIG_OK },
	{ BASE, "direction = live", CONFIG_OK },
	{ BASE, "direction = all", CONFIG_OK },
	{ BASE, "direction = both", CONFIG_BAD_VALUE },
	{ BASE, "direction = receive, send", CONFIG_BAD_VALUE },
	{ BASE, "direction = sender", CONFIG_BAD_VALUE },
	{ BASE, "direction = receives", CONFIG_BAD_VALUE },
	{ BASE, "direction =", CONFIG_BAD_VALUE },
	{ BASE, "instances = " UUID, CONFIG_OK },
	{ BASE, "instances = " UUID ", 1" UUID, CONFIG_BAD_VALUE },
	{ BASE, "instances =", CONFIG_BAD_VALUE },
	{ BASE, "instances = *", CONFIG_BAD_VALUE },
	{ BASE, "instances = %u", CONFIG_BAD_VALUE },
	{ BASE, "instances = 0F8D2B6E-91C4-4A37-B5DE-3C7A90E1F246", CONFIG_BAD_VALUE },
	{ BASE, "instances = " UUID ",", CONFIG_BAD_VALUE },
	{ BASE, "instances = " UUID ", " UUID ", " UUID ", " UUID, CONFIG_OK },
	{ BASE, "peers = 192.0.2.7", CONFIG_OK },
	{ BASE, "peers = 192.0.2.0/24, 2001:db8::/32", CONFIG_OK },
	{ BASE, "peers = 1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8", CONFIG_OK },
	{ BASE, "peers = 1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9", CONFIG_BAD_VALUE },
	{ BASE, "peers =", CONFIG_BAD_VALUE },
	{ BASE, "peers = ,", CONFIG_BAD_VALUE },
	{ BASE, "peers = *", CONFIG_BAD_VALUE },
	{ BASE, "peers = node-b", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2.7/33", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2.7/24", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2.7/", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2.0/024", CONFIG_BAD_VALUE },
	{ BASE, "peers = 192.0.2.0/-1", CONFIG_BAD_VALUE },
	{ BASE, "peers = 2001:db8::1/32", CONFIG_BAD_VALUE },
	{ BASE, "peers = 2001:db8::/129", CONFIG_BAD_VALUE },
	{ BASE, "peers = fe80::1%eth0", CONFIG_BAD_VALUE },
	{ BASE, "peers = -", CONFIG_BAD_VALUE },
	{ "[limits]\nwall_time = 1h\n", "wall_time = 1h", CONFIG_OK },
	{ "[limits]\nwall_time = 1h\n", "wall_time = 59m", CONFIG_OK },
	{ "[limits]\nwall_time = 1h\n", "wall_time = 3601", CONFIG_WIDENS },
	{ "[limits]\nwall_time = 1h\n", "wall_time = 0", CONFIG_WIDENS },
	{ "[limits]\nwall_time = 0\n", "wall_time = 0", CONFIG_OK },
	{ "[limits]\nwall_time = 0\n", "wall_time = 30d", CONFIG_OK },
	{ "[limits]\nwall_time = 0\n", "wall_time = 31d", CONFIG_BAD_VALUE },
	{ "[limits]\nmemory = 1G\n", "memory = 1G", CONFIG_OK },
	{ "[limits]\nmemory = 1G\n", "memory = 512M", CONFIG_OK },
	{ "[limits]\nmemory = 1G\n", "memory = 1025M", CONFIG_WIDENS },
	{ "[limits]\nmemory = 1G\n", "memory = 0", CONFIG_WIDENS },
	{ "[limits]\nfile_size = 100G\n", "file_size = 100G", CONFIG_OK },
	{ "[limits]\nfile_size = 100G\n", "file_size = 101G", CONFIG_WIDENS },
	{ "[limits]\nfile_size = 100G\n", "file_size = 0", CONFIG_WIDENS },
	{ "[limits]\nfile_size = 0\n", "file_size = 1T", CONFIG_OK },
	{ "[limits]\nfree_space = 1G\n", "free_space = 1G", CONFIG_OK },
	{ "[limits]\nfree_space = 1G\n", "free_space = 2G", CONFIG_OK },
	{ "[limits]\nfree_space = 1G\n", "free_space = 1023M", CONFIG_WIDENS },
	{ "[limits]\nfree_space = 1G\n", "free_space = 0", CONFIG_WIDENS },
	{ "[limits]\nfree_space = 0\n", "free_space = 0", CONFIG_OK },
	{ "[limits]\nsessions = 4\n", "sessions = 1", CONFIG_OK },
	{ "[limits]\nsessions = 4\n", "sessions = 4096", CONFIG_OK },
	{ "[limits]\nsessions = 4\n", "sessions = 4097", CONFIG_BAD_VALUE },
	{ "[limits]\nsessions = 4\n", "peer_sessions = 1", CONFIG_UNKNOWN_KEY },
	{ "[limits]\nidle_timeout = 0\n", "idle_timeout = 1h", CONFIG_OK },
	{ "[limits]\nidle_timeout = 1h\n", "idle_timeout = 1h", CONFIG_OK },
	{ "[limits]\nidle_timeout = 1h\n", "idle_timeout = 61m", CONFIG_WIDENS },
	{ "[limits]\nidle_timeout = 1h\n", "idle_timeout = 0", CONFIG_WIDENS },
	{ "[limits]\nprocesses = 0\n", "processes = 0", CONFIG_OK },
	{ "[limits]\nprocesses = 3\n", "processes = 3", CONFIG_OK },
	{ "[limits]\nprocesses = 3\n", "processes = 4", CONFIG_WIDENS },
	{ "[limits]\nprocesses = 3\n", "processes = 0", CONFIG_WIDENS },
	{ BASE, "instances_path = /var/lib/nova/instances", CONFIG_UNKNOWN_KEY },
	{ BASE, "write = %u/disk", CONFIG_UNKNOWN_KEY },
	{ BASE, "mode = enforce", CONFIG_UNKNOWN_KEY },
	{ BASE, "landlock = required", CONFIG_UNKNOWN_KEY },
	{ BASE, "scp = /usr/bin/scp", CONFIG_UNKNOWN_KEY },
	{ BASE, "required = yes", CONFIG_UNKNOWN_KEY },
	{ BASE, "profile = p", CONFIG_UNKNOWN_KEY },
};

/* Each profile is checked, wanted or not, before or after the other sections. */
Test(config_profile, may_narrow_and_never_widen)
{
	bool seen[32] = { false };
	unsigned count = 0;

	for (size_t i = 0; i < N_ELEMENTS(narrowings); i++) {
		static const char *const wanted[] = { "", "p", "q" };
		char before[1024], behind[1024];

		snprintf(before, sizeof(before), "[profile p]\n%s\n[profile q]\n%s", narrowings[i].line,
			narrowings[i].base);
		snprintf(behind, sizeof(behind), "%s[profile q]\n\n[profile p]\n%s\n", narrowings[i].base,
			narrowings[i].line);
		for (unsigned w = 0; w < N_ELEMENTS(wanted); w++) {
			struct config config;

			faults.count = 0;
			cr_assert_eq(parse_as(&config, before, wanted[w]), narrowings[i].error == CONFIG_OK, "%s: %s",
				before, config_error_text(faults.at[0].error));
			if (narrowings[i].error != CONFIG_OK) {
				cr_assert_eq(faults.count, 1);
				cr_assert_eq(faults.at[0].error, narrowings[i].error, "%s: %s", before,
					config_error_text(faults.at[0].error));
				cr_assert_eq(faults.at[0].line, 2);
				cr_assert_eq(strncmp(faults.at[0].key, "profile p.", 10), 0);
			}
			cr_assert_eq(
				parse_as(&config, behind, wanted[w]), narrowings[i].error == CONFIG_OK, "%s", behind);
		}
		for (count = 0; config_profile_key_at(count) != NULL; count++) {
			const char *const name = config_profile_key_at(count);

			if (narrowings[i].error == CONFIG_OK && strncmp(narrowings[i].line, name, strlen(name)) == 0)
				seen[count] = true;
		}
	}
	cr_assert_gt(count, 8);
	for (unsigned i = 0; i < count; i++)
		cr_assert(seen[i], "%s is never taken", config_profile_key_at(i));
}

static const char two[] = "[profile a]\ndirection = receive\ninstances = " UUID "\nwall_time = 10\n"
			  "[profile b]\nremote_filesystem_transport = rsync\npeers = 192.0.2.0/24\nmemory = 1M\n"
			  "file_size = 2M\nfree_space = 1G\n"
			  "[profile empty]\n"
			  "[shell]\nremote_filesystem_transport = ssh, rsync\n[limits]\nwall_time = 1h\n";

Test(config_profile, that_is_chosen_alone_counts)
{
	struct config base, a, b, empty;

	cr_assert(parse(&base, two), "%s", config_error_text(faults.at[0].error));
	cr_assert(parse_as(&a, two, "a"));
	cr_assert(parse_as(&b, two, "b"));
	cr_assert(parse_as(&empty, two, "empty"));
	/* Live migrations must be named: profiles are older than the tunnel. */
	cr_assert_eq(empty.scope.directions, DIRECTION_RECEIVE | DIRECTION_SEND);
	empty.scope.directions = base.scope.directions;
	cr_assert(is_same(&base, &empty));
	cr_assert_eq(base.scope.directions, DIRECTION_RECEIVE | DIRECTION_SEND | DIRECTION_LIVE);
	cr_assert_eq(base.wall_time, 3600);
	cr_assert_eq(a.scope.directions, DIRECTION_RECEIVE);
	cr_assert_eq(a.scope.instance_count, 1);
	cr_assert_str_eq(a.scope.instances[0], UUID);
	cr_assert_eq(a.wall_time, 10);
	cr_assert_eq(a.transports, base.transports);
	cr_assert_eq(a.scope.peer_count, 0);
	cr_assert_eq(b.transports, 1u << TRANSPORT_RSYNC);
	cr_assert_eq(b.scope.peer_count, 1);
	cr_assert_eq(b.scope.directions, DIRECTION_RECEIVE | DIRECTION_SEND);
	cr_assert_eq(b.memory, 1 << 20);
	cr_assert_eq(b.file_size, 2 << 20);
	cr_assert_eq(b.free_space, 1 << 30);
	cr_assert_eq(b.wall_time, 3600);
}

/* Otherwise a key with a misspelt profile would be allowed everything. */
Test(config_profile, that_is_not_there_voids_the_file)
{
	static const char *const names[] = { "c", "A", "a ", "profile a", "ab", "shell", "[", "a]" };
	struct config config, expected;

	config_default(&expected);
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		cr_assert_not(parse_as(&config, two, names[i]), "%s", names[i]);
		cr_assert_eq(faults.count, 1);
		cr_assert_eq(faults.at[0].error, CONFIG_NO_PROFILE);
		cr_assert_eq(faults.at[0].line, 0);
		cr_assert_eq(strncmp(faults.at[0].key, "profile.", 8), 0);
		cr_assert(is_same(&config, &expected));
	}
	cr_assert_not(parse_as(&config, BASE, "a"));
	cr_assert_eq(faults.at[0].error, CONFIG_NO_PROFILE);
}

Test(config_profile, has_a_name_that_can_stand_in_a_forced_command)
{
	static const struct {
		const char *header;
		enum config_error error;
	} rows[] = {
		{ "[profile a]", CONFIG_OK },
		{ "[profile node-7.example_net]", CONFIG_OK },
		{ "[profile 7]", CONFIG_OK },
		{ "[profile abcdefghijklmnopqrstuvwxyz01234] ; 31 letters", CONFIG_OK },
		{ "[profile abcdefghijklmnopqrstuvwxyz012345]", CONFIG_BAD_PROFILE },
		{ "[profile ]", CONFIG_BAD_PROFILE },
		{ "[profile  a]", CONFIG_BAD_PROFILE },
		{ "[profile a ]", CONFIG_BAD_PROFILE },
		{ "[profile a b]", CONFIG_BAD_PROFILE },
		{ "[profile -a]", CONFIG_BAD_PROFILE },
		{ "[profile .a]", CONFIG_BAD_PROFILE },
		{ "[profile a/b]", CONFIG_BAD_PROFILE },
		{ "[profile a\"]", CONFIG_BAD_PROFILE },
		{ "[profile]", CONFIG_UNKNOWN_SECTION },
		{ "[profile\ta]", CONFIG_UNKNOWN_SECTION },
		{ "[Profile a]", CONFIG_UNKNOWN_SECTION },
		{ "[profiles a]", CONFIG_UNKNOWN_SECTION },
		{ "[profile a", CONFIG_SYNTAX },
		{ "[profile a] x", CONFIG_SYNTAX },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text), "[audit]\nformat = json\n%s\ndirection = send\n", rows[i].header);
		cr_assert_eq(accepts(text), rows[i].error == CONFIG_OK, "%s", text);
		if (rows[i].error != CONFIG_OK) {
			cr_assert_eq(faults.at[0].error, rows[i].error, "%s", text);
			cr_assert_eq(faults.at[0].line, 3);
		}
	}
}

Test(config_profile, stands_once_and_sets_each_key_once)
{
	cr_assert(accepts(BASE "[profile a]\ndirection = send\n[profile b]\ndirection = send\n"));
	cr_assert_not(accepts(BASE "[profile a]\n[profile b]\n[profile a] ; again\ndirection = send\n"));
	cr_assert_eq(faults.count, 1);
	cr_assert_eq(faults.at[0].error, CONFIG_REPEATED_PROFILE);
	cr_assert_eq(faults.at[0].line, 5);
	cr_assert_str_eq(faults.at[0].key, "profile a");
	cr_assert_not(accepts(BASE "[profile a]\n[profile a]\n"));
	cr_assert(accepts(BASE ";[profile a]\n[profile a]\n"));
	cr_assert_not(accepts(BASE "[profile a]\ndirection = send\ndirection = send\n"));
	cr_assert_eq(faults.at[0].error, CONFIG_REPEATED_KEY);
	cr_assert_eq(faults.at[0].line, 5);
	cr_assert_str_eq(faults.at[0].key, "profile a.direction");
}

Test(config_profile, alone_makes_no_configuration)
{
	cr_assert_not(accepts("[profile a]\ndirection = send\n"));
	cr_assert_eq(faults.at[0].error, CONFIG_EMPTY);
}

/* Reports all faults of all profiles at once, in order, with their lines. */
Test(config_profile, faults_are_all_told)
{
	cr_assert_not(accepts("[profile a]\nwall_time = 0\nx = 1\n[profile b]\nmemory = 3G\n" BASE));
	cr_assert_eq(faults.count, 3);
	cr_assert_eq(faults.at[0].error, CONFIG_WIDENS);
	cr_assert_eq(faults.at[0].line, 2);
	cr_assert_str_eq(faults.at[0].key, "profile a.wall_time");
	cr_assert_eq(faults.at[1].error, CONFIG_UNKNOWN_KEY);
	cr_assert_eq(faults.at[1].line, 3);
	cr_assert_eq(faults.at[2].error, CONFIG_WIDENS);
	cr_assert_eq(faults.at[2].line, 5);
}

static size_t read_shipped(char *out, size_t size)
{
	FILE *const file = fopen(RSSH_NOVA_CONF, "r");
	size_t len;

	cr_assert_not_null(file, "%s is not there", RSSH_NOVA_CONF);
	len = fread(out, 1, size, file);
	cr_assert_lt(len, size);
	fclose(file);
	return len;
}

/* True if line i of the shipped file sets a key: "name = value" from the start of the line. */
static bool line_sets(const char *line, const char *name)
{
	const size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && line[len + strspn(line + len, " \t")] == '=';
}

Test(shipped_config, is_valid_and_equals_the_defaults)
{
	static char text[CONFIG_MAX + 1];
	const size_t len = read_shipped(text, sizeof(text));
	struct config config, expected;

	config_default(&expected);
	cr_assert(config_parse(&config, &faults, (struct bytes){ text, len }), "line %u %s: %s", faults.at[0].line,
		faults.at[0].key, config_error_text(faults.at[0].error));
	cr_assert(is_same(&config, &expected));
}

Test(shipped_config, sets_every_key_once_under_its_section)
{
	static char text[CONFIG_MAX + 1];
	unsigned seen[64] = { 0 };
	char section[64] = "";

	text[read_shipped(text, sizeof(text) - 1)] = '\0';
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (line[0] == '[')
			snprintf(section, sizeof(section), "%.*s", (int)strcspn(line + 1, "]"), line + 1);
		for (unsigned i = 0; config_key_at(i).name != NULL; i++)
			seen[i] += strcmp(config_key_at(i).section, section) == 0 &&
				line_sets(line, config_key_at(i).name);
	}
	for (unsigned i = 0; config_key_at(i).name != NULL; i++)
		cr_assert_eq(
			seen[i], 1, "%s.%s is set %u times", config_key_at(i).section, config_key_at(i).name, seen[i]);
}
