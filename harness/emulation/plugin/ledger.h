/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has been executed: by segment, a piece of code that is executed whole. Each has a slot, to which one is added
 * inline for each execution, and knows what an execution is worth, so that classes cost nothing while the code runs.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdint.h>

#include "classes.h"
#include "qemu_plugin_api.h"

/* What is known of a segment: its instructions, and their classes. */
enum { INSTRUCTIONS = CLASSES, WORTH };

/* Where what is executed now is added: a part of the inference, or nowhere in particular. */
extern uint64_t *part;

/* Return the slot of a segment; code that QEMU translates again keeps its own. */
slot_t segment_slot(uint64_t address, const uint16_t worth[WORTH]);

/* Add what has been executed since the last call to `part`. */
void settle_segments(void);

#endif
