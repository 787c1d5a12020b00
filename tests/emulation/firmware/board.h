/* SPDX-License-Identifier: Apache-2.0 */
/* What the test firmware needs of its board. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_init(void);
int board_get(void); /* waits asleep */
void board_put(int byte);
uint32_t board_ticks(void);
void board_crash(void);  /* ends the emulator */
void board_reset(void);

#endif
