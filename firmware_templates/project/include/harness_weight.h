/* SPDX-License-Identifier: MIT-0 */
/* Where a model's constants live, and how they are read. Flat memories need nothing: a constant is a constant. */
#ifndef HARNESS_WEIGHT_H
#define HARNESS_WEIGHT_H

/* Qualifies the definition of a constant array: static HARNESS_WEIGHT int8_t weights[4] = {1, 2, 3, 4}; */
#define HARNESS_WEIGHT const

#endif
