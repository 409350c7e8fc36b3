/* SPDX-License-Identifier: Apache-2.0 */
/* tally: the calls that denied_note() was told of, as the last line of a run. */
#ifndef TAKEOVER_TALLY_H
#define TAKEOVER_TALLY_H

void tally_print(void);

#endif
