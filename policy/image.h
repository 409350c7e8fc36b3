/* SPDX-License-Identifier: Apache-2.0 */
/* image: reads the header of a disk image, and judges whether a guest may have that image.
 * Takes:   the first IMAGE_WINDOW bytes of a file, or all bytes of a shorter file. A header that refers to a place
 *          after the window is refused; QEMU never writes one.
 * Returns: plain values that own nothing.
 * Fails:   with a finding, on any input.
 * Knows each format that QEMU probes for. Source: QEMU's docs/interop/qcow2.txt and the probes of its
 * block/{qcow,qcow2,qed,vmdk,vdi,vpc,vhdx,parallels,bochs,cloop,crypto}.c; ECMA-119 for iso9660.
 * What is refused, and why: CVE-2024-32498, CVE-2024-40767, CVE-2022-47951.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_IMAGE_H
#define POLICY_IMAGE_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/config.h"

enum {
	IMAGE_WINDOW = 64 * 1024,
	IMAGE_BACKING_MAX = 1024, /* QEMU's own bound, with the ending NUL */
	IMAGE_FORMAT_MAX = 16,	  /* a format's name with its ending NUL */
};

enum image_finding {
#define FINDING(name, word, meaning) IMAGE_##name,
#include "policy/image.def"
#undef FINDING
	IMAGE_FINDINGS
};

struct image {
	enum image_format format;
	bool malformed;	  /* do not rely on the header: the next fields may be incomplete */
	bool is_cut;	  /* malformed only because the file ends within its header */
	bool has_backing; /* backing is set */
	bool has_data_file;
	bool is_encrypted;
	char backing[IMAGE_BACKING_MAX];
	char backing_format[IMAGE_FORMAT_MAX]; /* "" if the header names none */
};

/* What image_judge() compares a file with. Borrows. */
struct image_rules {
	const struct config *config;
	const char *root;     /* the instances root that the file is in, as the configuration spells it */
	const char *declared; /* the format that the domain names, as QEMU spells it; NULL for no such format */
	bool is_backing;      /* the file is itself a backing file */
};

/* Reads the header. */
void image_read(struct image *out, struct bytes head);

/* Judges what image_read() read. */
MUST_USE enum image_finding image_judge(const struct image *image, const struct image_rules *rules);

/* Returns the part of the backing file's path below the root. Only for an image that is IMAGE_GOOD and has_backing. */
const char *image_backing_rel(const struct image *image, const struct image_rules *rules);

/* Return the word of the audit field "finding", and one sentence for an operator. Never fail. */
const char *image_finding_word(enum image_finding finding);
const char *image_finding_meaning(enum image_finding finding);

#endif
