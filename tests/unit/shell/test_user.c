/* SPDX-License-Identifier: Apache-2.0 */
/* user: the line of a user among those that only look like it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "shell/user.h"

static void expect(const char *file, uid_t uid, const char *name, const char *home)
{
	char text[1024], found_name[USER_MAX], found_home[HOME_MAX];

	cr_assert_lt(strlen(file), sizeof(text));
	strcpy(text, file);
	user_read(text, uid, found_name, found_home);
	cr_expect_str_eq(found_name, name, "%s", file);
	cr_expect_str_eq(found_home, home, "%s", file);
}

#define ROOT "root:x:0:0:root:/root:/bin/bash\n"
#define NOVA "nova:x:64060:64060:Nova:/var/lib/nova:/usr/bin/rssh-nova\n"

Test(user, finds_the_line_of_a_number)
{
	expect(ROOT NOVA, 64060, "nova", "/var/lib/nova");
	expect(ROOT NOVA, 0, "root", "/root");
	expect(NOVA ROOT, 0, "root", "/root");
	expect("nova:x:64060:64060:Nova:/var/lib/nova:", 64060, "nova", "/var/lib/nova");
}

Test(user, tells_none_where_no_line_is_about_the_number)
{
	expect("", 0, "-", "");
	expect("\n", 0, "-", "");
	expect(ROOT NOVA, 6406, "-", "");
	expect(ROOT NOVA, 4060, "-", "");
	expect(ROOT NOVA, 64061, "-", "");
}

Test(user, takes_no_other_field_for_the_number)
{
	expect("group:x:7:64060::/g:/bin/sh\n" NOVA, 64060, "nova", "/var/lib/nova");
	expect("password:64060:7:7::/p:/bin/sh\n" NOVA, 64060, "nova", "/var/lib/nova");
	expect("words:x:7:7:a:64060:b\n" NOVA, 64060, "nova", "/var/lib/nova");
	expect("64060:x:7:7::/n:/bin/sh\n", 64060, "-", "");
	expect(":64060:7:7::/n:/bin/sh\n", 64060, "-", "");
	expect("both:64060:64060:64060::/both:/bin/sh\n", 64060, "both", "/both");
	expect("a\nb:64060:7:7::/n:/bin/sh\n", 64060, "-", "");
	expect("a:x\n:64060:\n", 64060, "-", "");
}

Test(user, takes_the_first_of_several)
{
	expect("first:x:5:5::/first:/bin/sh\nsecond:x:5:5::/second:/bin/sh\n", 5, "first", "/first");
}

Test(user, tells_none_of_a_line_that_is_cut_or_does_not_fit)
{
	char name[64] = "", home[512] = "", line[700];

	expect("nova:x:5\n", 5, "-", "");
	expect("nova:x:5:5:Nova:/home\n", 5, "-", "");
	expect(":x:5:5::/home:/bin/sh\n", 5, "-", "");
	memset(name, 'n', USER_MAX - 1);
	snprintf(line, sizeof(line), "%s:x:5:5::/home:/bin/sh\n", name);
	expect(line, 5, name, "/home");
	name[USER_MAX - 1] = 'n';
	snprintf(line, sizeof(line), "%s:x:5:5::/home:/bin/sh\n", name);
	expect(line, 5, "-", "");
	memset(home, 'h', HOME_MAX - 1);
	snprintf(line, sizeof(line), "nova:x:5:5::%s:/bin/sh\n", home);
	expect(line, 5, "nova", home);
	home[HOME_MAX - 1] = 'h';
	snprintf(line, sizeof(line), "nova:x:5:5::%s:/bin/sh\n", home);
	expect(line, 5, "-", "");
}
