/* SPDX-License-Identifier: Apache-2.0 */
/* The program, where the framework does not bring its own (Arduino's setup() and loop() call the runner themselves). */
#include "harness_runner.h"

#ifndef HARNESS_NO_MAIN
int main(void)
{
  harness_runner_start();
  for (;;) {
    harness_runner_poll();
  }
}
#endif
