/* SPDX-License-Identifier: Apache-2.0 */
/* Needs an arena of 1000 bytes and one operator; an inference copies the input. */
#include "tensorflow/lite/micro/micro_interpreter.h"

#include <string.h>

namespace tflite {

static const size_t kTensorBytes = 24;
static const size_t kArenaBytes = 1000;

MicroInterpreter::MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes)
    : model_(model), resolver_(resolver), arena_(arena), bytes_(bytes), tensors_()
{
}

MicroInterpreter::~MicroInterpreter() {}

TfLiteStatus MicroInterpreter::AllocateTensors()
{
  if (model_ == nullptr || resolver_.registered != 1 || bytes_ < kArenaBytes) {
    return kTfLiteError;
  }
  for (size_t i = 0; i < 2; i++) {
    tensors_[i].data.data = arena_ + i * kTensorBytes;
    tensors_[i].bytes = kTensorBytes;
  }
  return kTfLiteOk;
}

TfLiteStatus MicroInterpreter::Invoke()
{
  memcpy(tensors_[1].data.data, tensors_[0].data.data, kTensorBytes);
  return kTfLiteOk;
}

TfLiteStatus MicroInterpreter::Reset() { return kTfLiteOk; }

TfLiteTensor *MicroInterpreter::input(size_t index) { return index == 0 ? &tensors_[0] : nullptr; }

TfLiteTensor *MicroInterpreter::output(size_t index) { return index == 0 ? &tensors_[1] : nullptr; }

}  // namespace tflite
