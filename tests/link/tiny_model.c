/* SPDX-License-Identifier: Apache-2.0 */
/* A model written by hand for the tests of the link: it counts its inferences, keeps a state and destroys its inputs.
   outputs: number of inferences since the start and steps since the reset; 40 bytes mixed from both inputs. */
#include <stdlib.h>
#include <string.h>

#include "harness_hal.h"
#include "harness_model.h"

static uint8_t input_a[40];
static uint8_t input_b[24];
static uint8_t sums[40];
static uint8_t mixed[40];
static uint32_t counters[2];
static volatile uint32_t depth_sink;

static void sum_layer(void)
{
  for (unsigned i = 0; i < sizeof sums; i++) {
    sums[i] = (uint8_t)(input_a[i] + input_b[i % sizeof input_b]);
  }
  memset(input_a, 0xEE, sizeof input_a);
}

static void mix_layer(void)
{
  uint8_t last = 0;
  volatile uint8_t deep[600];

  for (unsigned i = 0; i < sizeof deep; i++) {
    deep[i] = (uint8_t)i;
  }
  depth_sink += deep[sizeof deep - 1];
  for (unsigned i = 0; i < sizeof mixed; i++) {
    last = (uint8_t)(last * 3u + sums[i]);
    mixed[i] = last;
  }
}

static void count_layer(void)
{
  counters[0]++;
  counters[1]++;
  if (input_b[0] == 0xFF && input_b[1] == 0xDD) {
    abort(); /* a device that dies, on request */
  }
  if (input_b[0] == 0xFF && input_b[1] == 0xDE) {
    hal_reset(); /* one that restarts, as after a fault */
  }
}

static void invoke(void)
{
  sum_layer();
  mix_layer();
  count_layer();
}

static void reset(void)
{
  counters[1] = 0;
}

static const harness_tensor_t inputs[] = {{input_a, sizeof input_a}, {input_b, sizeof input_b}};
static const harness_tensor_t outputs[] = {{counters, sizeof counters}, {mixed, sizeof mixed}};
static const harness_layer_t layers[] = {{sum_layer, {sums, sizeof sums}},
                                         {mix_layer, {mixed, sizeof mixed}},
                                         {count_layer, {counters, sizeof counters}}};

const harness_model_t harness_model = {invoke, reset, 2, 2, 3, inputs, outputs, layers, 0};

/* In a rendered project a file of its own defines it. */
extern const uint8_t harness_build_key[32];
const uint8_t harness_build_key[32] = {
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
};
