/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of Thumb code as QEMU translates them: which instructions they hold, by class, and which block was executed
 * behind which. A conditional branch is not taken where the next block begins straight behind it.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "accesses.h"
#include "classes.h"
#include "ledger.h"
#include "qemu_plugin_api.h"

typedef struct block block_t;

/* Return the block that begins at an address and holds so many instructions, forgetting what it held before. */
block_t *begin_block(uint64_t address, size_t instructions);

/* Add an instruction to a block, and its classes to `worth`; say what it is as a load. */
load_t add_to_block(block_t *block, uint16_t first, uint16_t second, uint16_t worth[WORTH]);

/* Tell that a block is complete. */
void end_block(const block_t *block);

/* Let a block tell when it is executed. */
void watch_block(struct qemu_plugin_tb *translated, block_t *block);

#endif
