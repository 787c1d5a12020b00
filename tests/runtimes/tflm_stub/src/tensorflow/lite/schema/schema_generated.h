/* SPDX-License-Identifier: Apache-2.0 */
/* A model is whatever lies there. */
#pragma once

namespace tflite {

struct Model {
  unsigned char bytes[4];
};

inline const Model *GetModel(const void *buffer) { return static_cast<const Model *>(buffer); }

}  // namespace tflite
