/* SPDX-License-Identifier: Apache-2.0 */
/* What no document of tests/tunnel shows: the list of disks, and a judge that is called on after it refused. */
#include <criterion/criterion.h>
#include <string.h>

#include "policy/domain.h"

#define ROOT "/var/lib/nova/instances/"
#define DIRECTORY ROOT "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01/"

static struct config config;
static struct domain domain;

static void begin(void)
{
	config_default(&config);
	domain_begin(&domain, &config);
	cr_assert(domain_open(&domain, bytes_of("<domain"), DOMAIN_XML));
}

static bool start(const char *element, const char *name, const char *value)
{
	const char *const attributes[] = { value == NULL ? NULL : name, value, NULL };

	return domain_start(&domain, element, attributes);
}

static void with_text(const char *element, const char *text)
{
	cr_assert(start(element, NULL, NULL), "%s", domain.detail);
	cr_assert(domain_text(&domain, bytes_of(text)));
	cr_assert(domain_end(&domain), "%s", domain.detail);
}

static void head(void)
{
	cr_assert(start("domain", "type", "kvm"));
	with_text("name", "instance-0000002a");
	with_text("uuid", "8ba9a2a4-7a22-4b3c-9a3d-6f0d5c1e2b01");
	cr_assert(start("devices", NULL, NULL));
}

static void empty(const char *element, const char *name, const char *value)
{
	cr_assert(start(element, name, value), "%s", domain.detail);
	cr_assert(domain_end(&domain), "%s", domain.detail);
}

static void disk(const char *file)
{
	cr_assert(start("disk", "type", "file"));
	empty("source", "file", file);
	cr_assert(domain_end(&domain), "%s", domain.detail);
}

Test(domain, lists_the_files_of_disks, .init = begin)
{
	head();
	disk(DIRECTORY "disk");
	cr_assert(start("serial", "type", "file"));
	empty("source", "path", DIRECTORY "console.log");
	cr_assert(domain_end(&domain));
	disk(DIRECTORY "disk.config");
	cr_expect_str_eq(domain.disks, DIRECTORY "disk," DIRECTORY "disk.config");
	cr_expect_eq(domain.images.count, 3);
}

/* What does not fit is not cut into another name. */
Test(domain, ends_a_list_that_is_too_long, .init = begin)
{
	char file[DISK_PATH_MAX] = DIRECTORY "x/", before[DOMAIN_DISKS_MAX];
	const size_t len = strlen(file);

	memset(file + len, 'y', 250);
	head();
	disk(file);
	disk(file);
	strcpy(before, domain.disks);
	cr_assert_eq(strlen(before), 2 * strlen(file) + 1);
	disk(file);
	cr_expect_eq(strncmp(domain.disks, before, strlen(before)), 0);
	cr_expect_str_eq(domain.disks + strlen(before), ",...");
	disk(DIRECTORY "z");
	cr_expect_str_eq(domain.disks + strlen(before), ",...", "nothing behind it");
}

Test(domain, lists_the_disks_of_the_domain_that_comes, .init = begin)
{
	head();
	disk(DIRECTORY "disk");
	with_text("emulator", "/usr/bin/qemu-system-x86_64");
	cr_assert(domain_end(&domain) && domain_end(&domain) && domain_close(&domain));
	cr_assert(domain_open(&domain, bytes_of("<qemu-migration"), DOMAIN_PREPARE_COOKIE));
	cr_expect_str_eq(domain.disks, DIRECTORY "disk", "a cookie has no disks");
	cr_assert(domain_open(&domain, bytes_of("<domain"), DOMAIN_XML));
	cr_expect_eq(domain.images.count, 0);
	head();
	disk(DIRECTORY "other");
	cr_expect_str_eq(domain.disks, DIRECTORY "disk", "libvirtd ignores the second");
}

Test(domain, stays_refused, .init = begin)
{
	head();
	cr_expect_not(start("hostdev", NULL, NULL));
	cr_expect_eq(domain.finding, TUNNEL_ELEMENT);
	cr_expect_str_eq(domain.detail, "domain/devices/hostdev");
	cr_expect_not(start("disk", "type", "file"));
	cr_expect_not(domain_text(&domain, bytes_of(" ")));
	cr_expect_not(domain_end(&domain));
	cr_expect_not(domain_close(&domain));
	cr_expect_not(domain_refuse(&domain, TUNNEL_VALUE, "other", bytes_of("x")));
	cr_expect_str_eq(domain.detail, "domain/devices/hostdev", "the first one");
}
