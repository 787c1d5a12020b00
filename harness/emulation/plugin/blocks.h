/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of Thumb code as QEMU translates them: which instructions they hold, by class, and which block was executed
 * behind which. A conditional branch is not taken where the next block begins straight behind it.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "classes.h"
#include "ledger.h"
#include "qemu_plugin_api.h"

typedef struct block block_t;

/* Return the block that begins at an address and holds so many instructions, forgetting what it held before. */
block_t *begin_block(uint64_t address, size_t instructions);

/* Add an instruction of `bytes` bytes to a block, and its classes to `worth`; say whether it is a pipelined load. */
bool add_to_block(block_t *block, uint16_t first, uint16_t second, size_t bytes, uint16_t worth[WORTH]);

/* Let a block tell when it is executed. */
void watch_block(struct qemu_plugin_tb *translated, block_t *block);

#endif
