/* SPDX-License-Identifier: Apache-2.0 */
/* The test firmware as a process: its port is its standard input and output. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void inference(void);
void layer_loop(void);
void layer_nested(void);

void inference(void)
{
}

void layer_loop(void)
{
}

void layer_nested(void)
{
}

void board_init(void)
{
}

int board_get(void)
{
  unsigned char byte;
  if (read(0, &byte, 1) != 1) {
    exit(0);
  }
  return byte;
}

void board_put(int byte)
{
  unsigned char octet = (unsigned char)byte;
  if (write(1, &octet, 1) != 1) {
    exit(0);
  }
}

uint32_t board_ticks(void)
{
  return 0;
}

void board_crash(void)
{
  fputs("crashes as it was told to\n", stderr);
  exit(7);
}

void board_reset(void)
{
}
