/* SPDX-License-Identifier: Apache-2.0 */
/* role: which process is confined; selects its seccomp filter (wall/filter.h). Source: role.def. */
#ifndef POLICY_ROLE_H
#define POLICY_ROLE_H

enum role {
	ROLE_NONE,
#define ROLE(name, ...) ROLE_##name,
#include "policy/role.def"
#undef ROLE
	ROLE_COUNT
};

#endif
