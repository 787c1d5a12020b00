/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data accesses: bytes by memory, whether reads follow one another, and what only their addresses tell. */
#ifndef ACCESSES_H
#define ACCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "instruction_sets.h"
#include "ledger.h"
#include "qemu_plugin_api.h"

/*
 * Words for each memory behind the WORTH of a part: bytes read, reads of a word or less that begin where the one before
 * ended, and other reads. The last two are told apart in Thumb code only.
 */
enum { READ_BYTES, READS_SEQUENTIAL, READS_SCATTERED, READ_WORDS };

/* As which load an instruction is observed: the first of a block is pipelined if the block before ended with a load. */
typedef enum { ALONE, PIPELINED, FIRST_OF_BLOCK } load_t;

/* Whether the first instruction of the block that is being executed is a pipelined load. */
extern bool is_first_pipelined;

/* Observe an instruction's accesses. */
void observe(struct qemu_plugin_insn *insn, effect_t effect, load_t load);

/* Add the accesses since the last call to a part of the inference: its classes, and its words for each memory. */
void settle_accesses(uint64_t *part);

/* Begin anew: the next read follows none. */
void forget_reads(void);

#endif
