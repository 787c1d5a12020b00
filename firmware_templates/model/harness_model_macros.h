/* SPDX-License-Identifier: MIT-0 */
/* How generated models are declared and how they read their constants. A port may define any of these beforehand,
 * in the header that HARNESS_PORT_HEADER names: AVR reads flash through an address space of its own, some cores can
 * read flash by aligned words only. */
#ifndef HARNESS_MODEL_MACROS_H
#define HARNESS_MODEL_MACROS_H

#ifdef HARNESS_PORT_HEADER
#include HARNESS_PORT_HEADER
#endif

/* Qualifies constants and pointers to them: HARNESS_WEIGHT int8_t weights[]. */
#ifndef HARNESS_WEIGHT
#ifdef __AVR__
#define HARNESS_WEIGHT const __flash /* the lower 64 KB of flash, by pointers of their own kind (GNU C) */

/* avr-libc has neither; a program with the harness's start-up has both. */
float expm1f(float x);
float erff(float x);
#else
#define HARNESS_WEIGHT const
#endif
#endif

/* Read one constant. */
#ifndef HARNESS_READ_S8
#define HARNESS_READ_S8(pointer) (*(pointer))
#endif
#ifndef HARNESS_READ_S16
#define HARNESS_READ_S16(pointer) (*(pointer))
#endif
#ifndef HARNESS_READ_S32
#define HARNESS_READ_S32(pointer) (*(pointer))
#endif
#ifndef HARNESS_READ_S64
#define HARNESS_READ_S64(pointer) (*(pointer))
#endif
#ifndef HARNESS_READ_F32
#define HARNESS_READ_F32(pointer) (*(pointer))
#endif
#ifndef HARNESS_READ_F64
#define HARNESS_READ_F64(pointer) (*(pointer))
#endif

/* Precedes every layer's function: it stays a function of its own, so that profilers and people see it. Nor may the
 * compiler draw conclusions from what it does: GCC 12 was seen to drop calls of a layer whose loop reads bytes and
 * writes floats, as if it wrote nothing. */
#ifndef HARNESS_LAYER
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define HARNESS_LAYER __attribute__((noipa))
#elif defined(__GNUC__) && !defined(__clang__)
#define HARNESS_LAYER __attribute__((noinline, noclone, no_icf))
#elif defined(__GNUC__)
#define HARNESS_LAYER __attribute__((noinline))
#else
#define HARNESS_LAYER
#endif
#endif

/* Precedes activation memory: its alignment, and the region that it must lie in where a linker script cares. */
#ifndef HARNESS_ALIGNED
#define HARNESS_ALIGNED(bytes) __attribute__((aligned(bytes)))
#endif
#ifndef HARNESS_REGION
#define HARNESS_REGION(name) __attribute__((section(".region." name)))
#endif

#endif
