/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/image_format.h"

#include <string.h>

static const char *const words[IMAGE_FORMATS] = {
	[IMAGE_FORMAT_NONE] = "none",
	[IMAGE_FORMAT_RAW] = "raw",
	[IMAGE_FORMAT_QCOW2] = "qcow2",
	[IMAGE_FORMAT_VDI] = "vdi",
	[IMAGE_FORMAT_VPC] = "vpc",
	[IMAGE_FORMAT_VHDX] = "vhdx",
	[IMAGE_FORMAT_ISO] = "iso",
	[IMAGE_FORMAT_LUKS] = "luks",
	[IMAGE_FORMAT_QCOW] = "qcow",
	[IMAGE_FORMAT_QED] = "qed",
	[IMAGE_FORMAT_VMDK] = "vmdk",
	[IMAGE_FORMAT_PARALLELS] = "parallels",
	[IMAGE_FORMAT_BOCHS] = "bochs",
	[IMAGE_FORMAT_CLOOP] = "cloop",
};

const char *image_format_word(enum image_format format)
{
	return words[(unsigned)format < IMAGE_FORMATS ? format : IMAGE_FORMAT_NONE];
}

enum image_format image_format_of(const char *word)
{
	for (enum image_format format = IMAGE_FORMAT_RAW; format < IMAGE_FORMATS; format++)
		if (strcmp(words[format], word) == 0)
			return format;
	return IMAGE_FORMAT_NONE;
}

bool image_format_is_available(enum image_format format)
{
	return format >= IMAGE_FORMAT_RAW && format <= IMAGE_FORMAT_VHDX;
}
