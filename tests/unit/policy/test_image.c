/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of policy/image.h, on headers that this file writes byte by byte. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "policy/image.h"
#include "tests/unit/policy/random.h"
#include "tests/unit/policy/sample.h"

#define BASE SAMPLE_ROOT "/_base/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"

enum {
	MAGIC_BACKING_FORMAT = (int)0xe2792aca,
	MAGIC_DATA_FILE = 0x44415441,
	MAGIC_FEATURES = 0x6803f857,
};

/* A file's first bytes, and where the next extension goes. */
struct header {
	char bytes[IMAGE_WINDOW];
	size_t len, end;
};

static struct header header;
static struct config config;

static void put(size_t at, uint64_t number, unsigned size)
{
	while (size-- > 0) {
		header.bytes[at + size] = (char)number;
		number >>= 8;
	}
}

static void qcow2(unsigned version)
{
	memset(&header, 0, sizeof(header));
	memcpy(header.bytes, "QFI\xfb", 4);
	put(4, version, 4);
	put(20, 16, 4);
	put(24, 1 << 20, 8);
	if (version >= 3) {
		put(96, 4, 4);
		put(100, 112, 4);
	}
	header.end = version >= 3 ? 112 : 72;
	header.len = sizeof(header.bytes);
}

static void extension(unsigned magic, const char *text)
{
	put(header.end, magic, 4);
	put(header.end + 4, strlen(text), 4);
	memcpy(header.bytes + header.end + 8, text, strlen(text));
	header.end += 8 + (strlen(text) + 7) / 8 * 8;
}

/* After the extensions, where QEMU writes it. */
static void backing(const char *name)
{
	header.end += 8;
	put(8, header.end, 8);
	put(16, strlen(name), 4);
	memcpy(header.bytes + header.end, name, strlen(name));
}

/* Uses memory of the exact size, so that ASan sees a read past the last byte. */
static struct image read_header(void)
{
	char *const copy = malloc(header.len + (header.len == 0));
	struct image image;

	memcpy(copy, header.bytes, header.len);
	image_read(&image, (struct bytes){ copy, header.len });
	free(copy);
	return image;
}

static enum image_finding judge_as(const char *declared, bool is_backing)
{
	const struct image image = read_header();
	const struct image_rules rules = { &config, SAMPLE_ROOT, declared, is_backing };

	return image_judge(&image, &rules);
}

static enum image_finding judge(void)
{
	return judge_as(NULL, false);
}

static void configure(const char *text)
{
	struct config_faults faults;

	cr_assert(config_parse(&config, &faults, bytes_of(text)), "%s", text);
}

static void setup(void)
{
	config_default(&config);
}

TestSuite(image, .init = setup);

Test(image, knows_each_format_by_its_first_bytes)
{
	static const struct {
		enum image_format format;
		size_t at;
		struct bytes bytes;
	} rows[] = {
/* The formatter takes the braces of these macros for blocks. */
/* clang-format off */
#define ROW(format, at, text) { IMAGE_FORMAT_##format, at, { text, sizeof(text) - 1 } }
		/* clang-format on */
		ROW(RAW, 0, ""),
		ROW(RAW, 0, "QFI"),
		ROW(RAW, 1, "QFI\xfb"),
		ROW(QCOW, 0, "QFI\xfb\0\0\0\1"),
		ROW(QCOW2, 0, "QFI\xfb\0\0\0\2"),
		ROW(QCOW2, 0, "QFI\xfb\0\0\0\3"),
		ROW(QCOW2, 0, "QFI\xfb\0\0\0\4"),
		ROW(QCOW2, 0, "QFI\xfb\0\0\0\0"),
		ROW(QED, 0, "QED\0"),
		ROW(RAW, 0, "QEDx"),
		ROW(VMDK, 0, "KDMV"),
		ROW(VMDK, 0, "COWD"),
		ROW(VMDK, 0, "# Disk DescriptorFile\nversion=1\n"),
		ROW(VMDK, 0, "#x\r\n  \r\n \n#y\nversion=3\r\n"),
		ROW(VMDK, 0, "version=2\n"),
		ROW(RAW, 0, "version=4\n"),
		ROW(RAW, 0, "version=0\n"),
		ROW(RAW, 0, "version=11\n"),
		ROW(RAW, 0, "# Disk DescriptorFile\n CID=1\nversion=1\n"),
		ROW(VDI, 64, "\x7f\x10\xda\xbe"),
		ROW(RAW, 63, "\x7f\x10\xda\xbe"),
		ROW(VPC, 0, "conectix"),
		ROW(VHDX, 0, "vhdxfile"),
		ROW(LUKS, 0, "LUKS\xba\xbe\0\1"),
		ROW(RAW, 0, "LUKS\xba\xbe\0\2"),
		ROW(PARALLELS, 0, "WithoutFreeSpace"),
		ROW(PARALLELS, 0, "WithouFreSpacExt"),
		ROW(BOCHS, 0, "Bochs Virtual HD Image"),
		ROW(CLOOP, 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n"),
		ROW(ISO, 32769, "CD001"),
		ROW(RAW, 32768, "CD001"),
#undef ROW
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		memset(&header, 0, sizeof(header));
		memcpy(header.bytes + rows[i].at, rows[i].bytes.at, rows[i].bytes.len);
		header.len = rows[i].at + rows[i].bytes.len;
		cr_assert_eq(read_header().format, rows[i].format, "row %zu", i);
		header.len = sizeof(header.bytes);
		cr_assert_eq(read_header().format, rows[i].format, "row %zu, a whole window", i);
		for (header.len = 0; header.len < rows[i].at + rows[i].bytes.len; header.len++)
			cr_assert(read_header().format != rows[i].format || rows[i].format == IMAGE_FORMAT_RAW ||
					rows[i].format == IMAGE_FORMAT_QCOW2,
				"row %zu cut at %zu", i, header.len);
	}
}

Test(image, lets_through_what_nova_makes)
{
	memset(&header, 0, sizeof(header));
	header.len = sizeof(header.bytes);
	cr_assert_eq(judge_as("raw", false), IMAGE_GOOD);
	memcpy(header.bytes + 32769, "CD001", 5);
	cr_assert_eq(judge_as("raw", false), IMAGE_GOOD);
	for (unsigned version = 2; version <= 3; version++) {
		qcow2(version);
		cr_assert_eq(judge_as("qcow2", false), IMAGE_GOOD);
		extension(MAGIC_BACKING_FORMAT, "raw");
		extension(MAGIC_FEATURES, "48 bytes that name a feature, as QEMU writes it.");
		backing(BASE);
		cr_assert_eq(judge_as("qcow2", false), IMAGE_GOOD);
		cr_assert_eq(judge(), IMAGE_GOOD);
	}
}

Test(image, reads_names_as_they_stand)
{
	struct image image;
	const struct image_rules rules = { &config, SAMPLE_ROOT, NULL, false };

	qcow2(3);
	extension(MAGIC_BACKING_FORMAT, "qcow2");
	backing(BASE);
	put(32, 2, 4);
	image = read_header();
	cr_assert(image.has_backing && image.is_encrypted && !image.has_data_file && !image.malformed);
	cr_assert_str_eq(image.backing, BASE);
	cr_assert_str_eq(image.backing_format, "qcow2");
	cr_assert_str_eq(image_backing_rel(&image, &rules), "_base/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12");
}

Test(image, refuses_a_backing_file_that_is_not_directly_in_base)
{
	static const struct {
		const char *name;
		enum image_finding finding;
	} rows[] = {
		{ BASE, IMAGE_GOOD },
		{ SAMPLE_ROOT "/_base/swap_512", IMAGE_GOOD },
		{ SAMPLE_ROOT "/_base/ephemeral_1_40d1d2c", IMAGE_GOOD },
		{ SAMPLE_ROOT "/_base", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/a/b", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/..", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/.a", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/../" SAMPLE_UUID "/disk", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base//a", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base2/a", IMAGE_BACKING },
		{ SAMPLE_INSTANCE "/disk", IMAGE_BACKING },
		{ SAMPLE_ROOT "/a", IMAGE_BACKING },
		{ SAMPLE_ROOT "2/_base/a", IMAGE_BACKING },
		{ "/etc/shadow", IMAGE_BACKING },
		{ "/dev/sda", IMAGE_BACKING },
		{ "../_base/a", IMAGE_BACKING },
		{ "_base/a", IMAGE_BACKING },
		{ "a", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/a b", IMAGE_BACKING },
		{ SAMPLE_ROOT "/_base/a\n", IMAGE_BACKING },
		{ "json:{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}", IMAGE_PROTOCOL },
		{ "nbd://192.0.2.1/disk", IMAGE_PROTOCOL },
		{ "nbd:unix:/run/socket", IMAGE_PROTOCOL },
		{ "file:" BASE, IMAGE_PROTOCOL },
		{ "fat:rw:/etc", IMAGE_PROTOCOL },
		{ ":" BASE, IMAGE_PROTOCOL },
		{ "/" BASE, IMAGE_PROTOCOL },
		{ "//etc/shadow", IMAGE_PROTOCOL },
	};

	for (unsigned version = 2; version <= 3; version++) {
		for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
			qcow2(version);
			backing(rows[i].name);
			cr_assert_eq(judge(), rows[i].finding, "%s", rows[i].name);
			cr_assert_eq(judge_as(NULL, true), IMAGE_DEPTH, "%s", rows[i].name);
		}
	}
}

Test(image, takes_the_directories_of_backing_files_from_the_configuration)
{
	qcow2(3);
	backing(SAMPLE_ROOT "/cache/a");
	cr_assert_eq(judge(), IMAGE_BACKING);
	configure("[images]\nbacking = _base, cache\n");
	cr_assert_eq(judge(), IMAGE_GOOD);
	configure("[images]\nbacking = cache/old\n");
	cr_assert_eq(judge(), IMAGE_BACKING);
	configure("[images]\nbacking =\n");
	cr_assert_eq(judge(), IMAGE_BACKING);
	qcow2(3);
	cr_assert_eq(judge(), IMAGE_GOOD);
}

Test(image, refuses_an_external_data_file)
{
	qcow2(3);
	put(72, 4, 8);
	cr_assert_eq(judge(), IMAGE_DATA_FILE);
	extension(MAGIC_DATA_FILE, "/etc/shadow");
	cr_assert_eq(judge(), IMAGE_DATA_FILE);
	put(72, 0, 8);
	cr_assert_eq(judge(), IMAGE_DATA_FILE);
	qcow2(2);
	extension(MAGIC_DATA_FILE, "x");
	cr_assert_eq(judge(), IMAGE_DATA_FILE);
	qcow2(3);
	put(72, 4, 8);
	backing(BASE);
	cr_assert_eq(judge_as("qcow2", true), IMAGE_DATA_FILE);
}

Test(image, refuses_formats_that_nobody_named)
{
	memset(&header, 0, sizeof(header));
	header.len = sizeof(header.bytes);
	memcpy(header.bytes, "conectix", 8);
	cr_assert_eq(judge(), IMAGE_FORMAT);
	cr_assert_eq(judge_as("vpc", false), IMAGE_FORMAT);
	cr_assert_eq(judge_as("raw", false), IMAGE_MISMATCH);
	configure("[images]\nformats = raw, vpc\n");
	cr_assert_eq(judge(), IMAGE_GOOD);
	cr_assert_eq(judge_as("raw", false), IMAGE_MISMATCH);
	qcow2(3);
	cr_assert_eq(judge(), IMAGE_FORMAT);
	configure("[images]\nformats = qcow2\n");
	cr_assert_eq(judge(), IMAGE_GOOD);
	memcpy(header.bytes, "rawr", 4);
	cr_assert_eq(judge(), IMAGE_FORMAT);
	memcpy(header.bytes, "QED", 4);
	cr_assert_eq(judge(), IMAGE_FORMAT);
}

Test(image, holds_a_header_against_the_declared_format)
{
	qcow2(3);
	cr_assert_eq(judge_as("raw", false), IMAGE_MISMATCH);
	cr_assert_eq(judge_as("qcow", false), IMAGE_MISMATCH);
	cr_assert_eq(judge_as("", false), IMAGE_MISMATCH);
	cr_assert_eq(judge_as("qcow2", false), IMAGE_GOOD);
	memset(&header.bytes, 0, 8);
	cr_assert_eq(judge_as("qcow2", false), IMAGE_MISMATCH);
	memcpy(header.bytes, "LUKS\xba\xbe\0\1", 8);
	cr_assert_eq(judge_as("raw", false), IMAGE_GOOD);
	cr_assert(read_header().is_encrypted);
}

Test(image, refuses_a_format_of_the_backing_file_that_nobody_named)
{
	static const struct {
		const char *word;
		enum image_finding finding;
	} rows[] = {
		{ "raw", IMAGE_GOOD },
		{ "qcow2", IMAGE_GOOD },
		{ "vmdk", IMAGE_BACKING_FORMAT },
		{ "nbd", IMAGE_BACKING_FORMAT },
		{ "none", IMAGE_BACKING_FORMAT },
		{ "blkdebug", IMAGE_BACKING_FORMAT },
		{ "iso", IMAGE_GOOD },
		{ "vhdx", IMAGE_BACKING_FORMAT },
		{ "RAW", IMAGE_BACKING_FORMAT },
		{ "a-name-of-16-byt", IMAGE_HEADER },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		qcow2(3);
		extension(MAGIC_BACKING_FORMAT, rows[i].word);
		backing(BASE);
		cr_assert_eq(judge(), rows[i].finding, "%s", rows[i].word);
	}
	qcow2(3);
	extension(MAGIC_BACKING_FORMAT, "raw");
	extension(MAGIC_BACKING_FORMAT, "raw");
	backing(BASE);
	cr_assert_eq(judge(), IMAGE_HEADER, "two of them");
}

/* One field each is wrong, in a header that is otherwise good. */
Test(image, refuses_a_header_that_contradicts_itself)
{
	static const struct {
		const char *what;
		size_t at;
		uint64_t number;
		unsigned size;
	} rows[] = {
		{ "version 0", 4, 0, 4 },
		{ "version 4", 4, 4, 4 },
		{ "clusters too small", 20, 8, 4 },
		{ "clusters too large", 20, 22, 4 },
		{ "a shift too far", 20, 64, 4 },
		{ "an encryption that nobody knows", 32, 3, 4 },
		{ "a feature that nobody knows", 72, 32, 8 },
		{ "the highest feature", 72, UINT64_C(1) << 63, 8 },
		{ "a length below the least", 100, 96, 4 },
		{ "an odd length", 100, 113, 4 },
		{ "a length behind the cluster", 100, 65544, 4 },
		{ "a length that is all ones", 100, UINT32_MAX, 4 },
		{ "a backing file behind the cluster", 8, 65537, 8 },
		{ "a backing file at the end of all", 8, UINT64_MAX, 8 },
		{ "a backing file that ends behind the window", 8, 65530, 8 },
		{ "no name of the backing file", 16, 0, 4 },
		{ "a name that is too long", 16, 1024, 4 },
		{ "a name that is all too long", 16, UINT32_MAX, 4 },
		{ "an extension that is longer than its place", 116, 4096, 4 },
		{ "an extension that is all too long", 116, UINT32_MAX, 4 },
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		qcow2(3);
		extension(MAGIC_FEATURES, "12345678");
		backing(BASE);
		cr_assert_eq(judge(), IMAGE_GOOD);
		put(rows[i].at, rows[i].number, rows[i].size);
		cr_assert_eq(judge(), IMAGE_HEADER, "%s", rows[i].what);
	}
}

/* Headers that would pass if one check were missing. */
Test(image, refuses_a_header_for_each_reason_alone)
{
	static const char name[] = SAMPLE_ROOT "/_base/x";

	qcow2(3);
	put(96, 0, 4);
	cr_assert_eq(judge(), IMAGE_GOOD);
	put(100, 96, 4);
	cr_assert_eq(judge(), IMAGE_HEADER, "a length that ends before its own field");
	put(100, 116, 4);
	cr_assert_eq(judge(), IMAGE_HEADER, "a length that is no multiple of eight");
	put(100, 120, 4);
	cr_assert_eq(judge(), IMAGE_GOOD);

	qcow2(3);
	put(20, 9, 4);
	put(8, 512, 8);
	put(16, strlen(name), 4);
	memcpy(header.bytes + 512, name, strlen(name));
	cr_assert_eq(judge(), IMAGE_GOOD);
	put(8, 513, 8);
	memcpy(header.bytes + 513, name, strlen(name));
	cr_assert_eq(judge(), IMAGE_HEADER, "a backing file behind the first cluster");

	qcow2(2);
	put(8, 36, 8);
	put(16, strlen(name), 4);
	memcpy(header.bytes + 36, name, strlen(name));
	cr_assert_eq(judge(), IMAGE_GOOD);
	for (header.len = 67; header.len < 72; header.len++)
		cr_assert_eq(judge(), IMAGE_HEADER, "%zu", header.len);
}

Test(image, refuses_what_is_two_formats_at_once)
{
	qcow2(3);
	memcpy(header.bytes + 32769, "CD001", 5);
	cr_assert_eq(judge(), IMAGE_GOOD, "a config drive in a qcow2 file");
	memcpy(header.bytes + 64, "\x7f\x10\xda\xbe", 4);
	cr_assert_eq(judge(), IMAGE_HEADER);
	configure("[images]\nformats = vdi, vpc\n");
	memcpy(header.bytes, "conectix", 8);
	cr_assert_eq(judge(), IMAGE_HEADER);
	header.bytes[0] = 'C';
	cr_assert_eq(judge(), IMAGE_GOOD);
}

Test(image, refuses_a_name_behind_whose_NUL_another_stands)
{
	qcow2(3);
	backing(BASE "x/etc");
	put(header.end + strlen(BASE), 0, 1);
	cr_assert_eq(judge(), IMAGE_HEADER);
}

Test(image, trusts_no_header_that_is_cut)
{
	size_t end;

	qcow2(3);
	extension(MAGIC_BACKING_FORMAT, "raw");
	backing(BASE);
	end = header.end + strlen(BASE);
	for (header.len = 4; header.len < end; header.len++)
		cr_assert_eq(judge(), IMAGE_HEADER, "%zu", header.len);
	header.len = end;
	cr_assert_eq(judge(), IMAGE_GOOD);
}

/* With clusters of 2 MiB, the extensions may continue after the window. */
Test(image, trusts_no_extension_behind_the_window)
{
	qcow2(3);
	put(20, 21, 4);
	cr_assert_eq(judge(), IMAGE_GOOD);
	put(112, MAGIC_FEATURES, 4);
	put(116, IMAGE_WINDOW - 120, 4);
	cr_assert_eq(judge(), IMAGE_HEADER);
	put(116, IMAGE_WINDOW - 128, 4);
	cr_assert_eq(judge(), IMAGE_GOOD, "the end is the last in the window");
	put(8, 1 << 20, 8);
	put(16, 10, 4);
	cr_assert_eq(judge(), IMAGE_HEADER, "the name is behind it");
	qcow2(3);
	put(112, MAGIC_FEATURES, 4);
	put(116, IMAGE_WINDOW - 120, 4);
	cr_assert_eq(judge(), IMAGE_GOOD, "it fills the cluster");
	header.len = 200;
	cr_assert_eq(judge(), IMAGE_HEADER, "and the file ends before it");
}

/* is_cut only if more bytes could make the header good. */
Test(image, tells_a_file_that_ends_within_its_header)
{
	qcow2(3);
	extension(MAGIC_BACKING_FORMAT, "raw");
	backing(BASE);
	for (header.len = 0; header.len < header.end + strlen(BASE); header.len++) {
		const struct image image = read_header();

		cr_assert(image.malformed == image.is_cut, "%zu", header.len);
		cr_assert(image.is_cut || header.len < 4, "%zu", header.len);
	}
	cr_assert_not(read_header().malformed);
}

Test(image, takes_no_contradiction_for_a_cut)
{
	qcow2(3);
	put(20, 17, 4);
	put(8, 100000, 8);
	put(16, 10, 4);
	cr_assert(read_header().malformed && !read_header().is_cut, "behind the window");
	header.len = 1000;
	cr_assert(read_header().malformed && !read_header().is_cut, "behind it, and the file is short");
	put(8, 990, 8);
	put(16, 20, 4);
	cr_assert(read_header().is_cut);
	put(16, IMAGE_BACKING_MAX, 4);
	cr_assert(read_header().malformed && !read_header().is_cut, "longer than any name");
	qcow2(3);
	put(20, 22, 4);
	header.len = 120;
	cr_assert(read_header().malformed && !read_header().is_cut);
	qcow2(3);
	put(100, 72, 4);
	header.len = 120;
	cr_assert(read_header().malformed && !read_header().is_cut);
	qcow2(3);
	put(112, MAGIC_FEATURES, 4);
	put(116, IMAGE_WINDOW, 4);
	header.len = 200;
	cr_assert(read_header().malformed && !read_header().is_cut, "an extension longer than the cluster");
}

Test(image, says_something_of_anything)
{
	struct random random = { .state = 16 };

	for (unsigned round = 0; round < 200000; round++) {
		qcow2(2 + (unsigned)random_below(&random, 2));
		extension(MAGIC_BACKING_FORMAT, "raw");
		backing(BASE);
		for (unsigned i = 0; i < 3; i++)
			header.bytes[random_below(&random, 256)] = (char)random_next(&random);
		header.len = random_below(&random, 4) == 0 ? random_below(&random, 300) : 512;
		cr_assert_lt((unsigned)judge(), IMAGE_FINDINGS);
	}
}

Test(image, has_a_word_and_a_sentence_for_each_finding)
{
	for (unsigned i = 0; i < IMAGE_FINDINGS; i++) {
		cr_assert_gt(strlen(image_finding_word((enum image_finding)i)), 2);
		cr_assert_gt(strlen(image_finding_meaning((enum image_finding)i)), 10);
		for (unsigned j = 0; j < i; j++)
			cr_assert_str_neq(
				image_finding_word((enum image_finding)i), image_finding_word((enum image_finding)j));
	}
	cr_assert_str_eq(image_finding_word(IMAGE_FINDINGS), "unread");
	cr_assert_str_eq(image_finding_word((enum image_finding)0), "unread", "0 refuses");
}

Test(image, has_a_name_for_each_format)
{
	for (enum image_format format = IMAGE_FORMAT_RAW; format < IMAGE_FORMATS; format++)
		cr_assert_eq(image_format_of(image_format_word(format)), format);
	cr_assert_eq(image_format_of("none"), IMAGE_FORMAT_NONE);
	cr_assert_eq(image_format_of("qcow3"), IMAGE_FORMAT_NONE);
	cr_assert_str_eq(image_format_word(IMAGE_FORMATS), "none");
	cr_assert(image_format_is_available(IMAGE_FORMAT_VHDX));
	cr_assert_not(image_format_is_available(IMAGE_FORMAT_QED));
	cr_assert_not(image_format_is_available(IMAGE_FORMAT_NONE));
}
