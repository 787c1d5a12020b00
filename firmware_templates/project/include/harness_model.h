/* SPDX-License-Identifier: Apache-2.0 */
/* What the runner needs of a model, whichever runtime rendered it. <prefix>_binding.c defines `harness_model`. */
#ifndef HARNESS_MODEL_H
#define HARNESS_MODEL_H

#include <stdint.h>

typedef struct {
  void *data;
  uint32_t size_bytes;
} harness_tensor_t;

typedef struct {
  void (*run)(void);       /* computes this layer from the outputs of those before it */
  harness_tensor_t output; /* valid until a later layer runs: memory is shared */
} harness_layer_t;

typedef struct {
  void (*invoke)(void); /* the whole inference; may destroy the inputs */
  void (*reset)(void);  /* clears the state of a streaming model */
  uint16_t input_count;
  uint16_t output_count;
  uint16_t layer_count;
  const harness_tensor_t *inputs;
  const harness_tensor_t *outputs;
  const harness_layer_t *layers;
  void (*prepare)(void); /* called once, before anything else is asked of the model; NULL where there is no need */
} harness_model_t;

extern const harness_model_t harness_model;

#endif
