/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config_error.h"

const char *config_error_text(enum config_error error)
{
	switch (error) {
	case CONFIG_OK:
		return "no fault";
	case CONFIG_TOO_LARGE:
		return "the file is over 64 KiB: shorten it";
	case CONFIG_EMPTY:
		return "the file sets no key outside profiles: start from the shipped rssh-nova.conf";
	case CONFIG_BAD_BYTE:
		return "a byte that is neither printable ASCII nor a tab: remove it";
	case CONFIG_LINE_TOO_LONG:
		return "a line of over 197 bytes: shorten it";
	case CONFIG_LEADING_BLANK:
		return "a line begins with a blank: remove it, continuation lines are not allowed";
	case CONFIG_SYNTAX:
		return "neither [section], key = value nor a comment: write one of them, alone on its line";
	case CONFIG_UNKNOWN_SECTION:
		return "unknown section: see rssh-nova.conf(5) for the known ones";
	case CONFIG_UNKNOWN_KEY:
		return "unknown key in this section: see rssh-nova.conf(5) for the known ones";
	case CONFIG_REPEATED_KEY:
		return "the key was set before: keep one of the lines";
	case CONFIG_BAD_VALUE:
		return "the key does not take this value: see rssh-nova.conf(5) for what it takes";
	case CONFIG_BAD_PROFILE:
		return "not a profile's name: give it one word of up to 31 letters, digits, '.', '_' and '-'";
	case CONFIG_REPEATED_PROFILE:
		return "the profile was there before: put all its keys below one [profile NAME]";
	case CONFIG_NO_PROFILE:
		return "there is no such profile: write its section, or correct the name behind --profile";
	case CONFIG_WIDENS:
		return "a profile may only narrow, and this allows more than the file does without it: "
		       "take less, or raise the key of the same name in its own section";
	}
	return "unknown fault";
}
