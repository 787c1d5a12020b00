/* SPDX-License-Identifier: MIT-0 */
/* Functions of floats that generated models call and avr-libc lacks. Definitions: NIST Handbook of Mathematical
 * Functions, 4.2.19, 7.6.1 and 7.9.1. */
#include <math.h>

float expm1f(float x); /* declared for models in harness_model_macros.h */
float erff(float x);

/* Near zero by its series, to the eighth power; elsewhere the difference keeps its digits. */
float expm1f(float x)
{
  if (x < -0.35f || x > 0.35f || x != x) {
    return expf(x) - 1.0f;
  }
  return x * (1.0f + x * (1.0f / 2 + x * (1.0f / 6 + x * (1.0f / 24 + x * (1.0f / 120 + x * (1.0f / 720 +
         x * (1.0f / 5040)))))));
}

/* Up to 2 by its series, then by the continued fraction of what is missing to one. */
float erff(float x)
{
  const float square = x * x;
  const float magnitude = x < 0.0f ? -x : x;

  if (x != x) {
    return x;
  }
  if (magnitude >= 4.0f) {
    return x < 0.0f ? -1.0f : 1.0f;
  }
  if (magnitude < 2.0f) {
    float term = x;
    float sum = x;
    for (int n = 1; n < 24; ++n) {
      term *= -square / (float)n;
      sum += term / (float)(2 * n + 1);
    }
    return 1.12837917f * sum; /* 2 / sqrt(pi) */
  }
  {
    float fraction = magnitude;
    for (int n = 16; n > 0; --n) {
      fraction = magnitude + 0.5f * (float)n / fraction;
    }
    fraction = 1.0f - expf(-square) / (1.77245385f * fraction); /* sqrt(pi) */
    return x < 0.0f ? -fraction : fraction;
  }
}
