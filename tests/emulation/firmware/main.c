/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware of the emulators' tests: says 'B' at each start, then obeys one-letter commands. */
#include "board.h"

void inference(void); /* in kernels.S, as the layers: their instructions and reads are known by construction */
void layer_loop(void);
void layer_nested(void);

volatile uint32_t break_off; /* makes the first layer restart the board */

__attribute__((noinline, noclone)) void run_inference(void (*invoke)(void))
{
  invoke();
  __asm__ volatile("" ::: "memory"); /* comes back here: the call is no jump */
}

static uint32_t get_word(void)
{
  uint32_t word = 0;
  for (int i = 0; i < 4; i++) {
    word |= (uint32_t)board_get() << (8 * i);
  }
  return word;
}

static void put_word(uint32_t word)
{
  for (int i = 0; i < 4; i++) {
    board_put((int)(word >> (8 * i)) & 0xFF);
  }
}

static void timed_run(void)
{
  uint32_t start = board_ticks();
  run_inference(inference);
  put_word(board_ticks() - start);
}

static void obey(int command)
{
  uint32_t count;
  switch (command) {
  case 'r': /* run: answers the ticks it took */
    timed_run();
    break;
  case 's': /* step: layers outside an inference */
    run_inference(layer_loop);
    run_inference(layer_nested);
    board_put('K');
    break;
  case 'a': /* an inference that is broken off by a restart */
    break_off = 1;
    timed_run();
    break;
  case 'i': /* inner: how far the busy loop of a thorough measurement runs */
    for (count = get_word(); count > 0; count--) {
      run_inference(layer_loop);
    }
    board_put('K');
    break;
  case 't': /* talk: sends n bytes 0, 1, 2 ... */
    count = get_word();
    for (uint32_t i = 0; i < count; i++) {
      board_put((int)(i & 0xFF));
    }
    break;
  case 'e': /* echo n bytes */
    for (count = get_word(); count > 0; count--) {
      board_put(board_get());
    }
    break;
  case 'x':
    board_crash();
    break;
  case 'h': /* hang */
    for (;;) {
      __asm__ volatile("");
    }
  default:
    break;
  }
}

int main(void)
{
  break_off = 0;
  board_init();
  board_put('B');
  for (;;) {
    obey(board_get());
  }
}
