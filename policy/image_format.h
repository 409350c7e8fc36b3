/* SPDX-License-Identifier: Apache-2.0 */
/* image_format: the formats of disk images that QEMU tells apart by their first bytes, under QEMU's names.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_IMAGE_FORMAT_H
#define POLICY_IMAGE_FORMAT_H

#include <stdbool.h>

enum image_format {
	IMAGE_FORMAT_NONE,
	IMAGE_FORMAT_RAW,
	IMAGE_FORMAT_QCOW2,
	IMAGE_FORMAT_VDI,
	IMAGE_FORMAT_VPC, /* VHD */
	IMAGE_FORMAT_VHDX,
	IMAGE_FORMAT_ISO,  /* raw, as QEMU sees it */
	IMAGE_FORMAT_LUKS, /* version 1 */
	IMAGE_FORMAT_QCOW, /* this and all below are recognized only to be refused */
	IMAGE_FORMAT_QED,
	IMAGE_FORMAT_VMDK,
	IMAGE_FORMAT_PARALLELS,
	IMAGE_FORMAT_BOCHS,
	IMAGE_FORMAT_CLOOP,
	IMAGE_FORMATS
};

/* Never fails: "none" for any other value. */
const char *image_format_word(enum image_format format);

/* IMAGE_FORMAT_NONE for any other word. */
enum image_format image_format_of(const char *word);

/* True if a configuration may allow the format. The others can refer to other files, or nobody uses them. */
bool image_format_is_available(enum image_format format);

#endif
