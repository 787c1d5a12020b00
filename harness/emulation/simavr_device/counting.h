/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of inferences: by address, instruction by instruction. */
#ifndef COUNTING_H
#define COUNTING_H

#include <simavr/sim_avr.h>

/* Once, before the first step; without a configuration (-1) nothing is counted. */
void counting_init(avr_t *core, int config_fd, int records);

/* Execute one instruction, or sleep. */
void counting_step(void);

__attribute__((noreturn)) void fail(const char *what);

#endif
