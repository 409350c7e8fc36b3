/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/received.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "node/instance.h"

/* Returns the root of the instance, as the configuration spells it; "" for none: then no backing file is good. */
static const char *root_of(const struct held_instance *one, const struct config *config, const struct roots *roots)
{
	struct stat here, there;

	if (fstat(one->fd, &here) != 0)
		return "";
	for (unsigned i = 0; i < roots->count; i++)
		if (fstatat(roots->fd[i], one->uuid, &there, AT_SYMLINK_NOFOLLOW) == 0 && here.st_dev == there.st_dev &&
			here.st_ino == there.st_ino)
			return text_at(&config->roots, i);
	return "";
}

/* Did nobody else get the instance? If the claim's window has ended, what the peer brought in it is still unjudged. A
 * peer can prevent the look whether the instance lives here. Then we judge the images. */
static bool is_still_theirs(const struct held_instance *one, const struct config *config, const struct request *request)
{
	if (config->claims_mode == CLAIMS_ENFORCE) {
		const enum claim_state state =
			held_regain(one) ? instance_claim(one->fd, config, request, false) : CLAIM_BUSY;

		if (state != CLAIM_OWN && state != CLAIM_GRACE && state != CLAIM_EXPIRED)
			return false;
	}
	return instance_life(one->fd) != 1;
}

const struct held_instance *received_judge(struct image_report *out, const struct held *held,
	const struct config *config, const struct roots *roots, const struct request *request, bool alone)
{
	const struct held_instance *first = NULL;

	if (config->images_mode == IMAGES_OFF)
		return NULL;
	for (unsigned i = 0; i < held->count; i++) {
		if (!is_still_theirs(&held->at[i], config, request))
			continue;
		const struct image_rules rules = { config, root_of(&held->at[i], config, roots), NULL, false };
		struct image_report found;

		if (image_check_instance(&found, held->at[i].fd, -1, &rules, alone) == 0 || first != NULL)
			continue;
		first = &held->at[i];
		*out = found;
	}
	return first;
}
