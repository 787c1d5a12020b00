/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the interpreter, as far as an application uses it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum { kTfLiteOk = 0, kTfLiteError = 1 } TfLiteStatus;

typedef union {
  void *data;
  char *raw;
} TfLitePtrUnion;

typedef struct {
  TfLitePtrUnion data;
  size_t bytes;
} TfLiteTensor;

namespace tflite {

struct Model;

class MicroOpResolver {
 public:
  unsigned int registered = 0;
};

class MicroInterpreter {
 public:
  MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes);
  ~MicroInterpreter();
  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  TfLiteStatus Reset();
  TfLiteTensor *input(size_t index);
  TfLiteTensor *output(size_t index);

 private:
  const Model *model_;
  const MicroOpResolver &resolver_;
  uint8_t *arena_;
  size_t bytes_;
  TfLiteTensor tensors_[2];
};

}  // namespace tflite
