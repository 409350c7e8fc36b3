/* hardlink: does a tree hold a file that has another name somewhere?
 * Writing to such a file in place writes to the other name too, which may lie outside; Landlock judges
 * names and does not see it. No form makes hard links, so that what is looked for before a child starts
 * cannot come to be while it runs. */
#ifndef SHELL_HARDLINK_H
#define SHELL_HARDLINK_H

#include "policy/attributes.h"

/* 1 when the directory fd has one at any depth, 0 when not, -1 and errno when that cannot be told. */
MUST_USE int hardlink_below(int fd);

#endif
