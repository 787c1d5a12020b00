/* SPDX-License-Identifier: Apache-2.0 */
/* The only places that call into the model: timed, layer by layer, and over painted stack. */
#include <stddef.h>

#include "harness_hal.h"
#include "harness_model.h"
#include "harness_runner.h"

#if defined(__clang__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone)) /* a clone would have another name, which no counter looks for */
#endif

/* Keeps the call before it from becoming a jump: the instruction counter waits for the return into this function. */
#define COMES_BACK() __asm__ volatile("" ::: "memory")

#if defined(__SANITIZE_ADDRESS__)
#define RAW_MEMORY __attribute__((noinline, no_sanitize_address))
#else
#define RAW_MEMORY __attribute__((noinline))
#endif

NOINLINE void harness_run_inference(void (*invoke)(void))
{
  invoke();
  COMES_BACK();
}

NOINLINE void harness_run_layer(uint16_t index)
{
  harness_model.layers[index].run();
  COMES_BACK();
}

uint64_t harness_timed_inference(void)
{
  uint64_t before = hal_ticks();
  uint64_t start;

  while ((start = hal_ticks()) == before) {
    /* begins on the edge of a tick, so that equal runs give equal figures */
  }
  harness_run_inference(harness_model.invoke);
  return hal_ticks() - start;
}

/* FNV-1a, 32 bits, over the bytes of all outputs in the model's order. */
uint32_t harness_output_hash(void)
{
  uint32_t hash = 0x811C9DC5u;

  for (uint16_t i = 0; i < harness_model.output_count; i++) {
    const uint8_t *bytes = harness_model.outputs[i].data;
    for (uint32_t k = 0; k < harness_model.outputs[i].size_bytes; k++) {
      hash = ((hash ^ bytes[k]) * 0x01000193u) & 0xFFFFFFFFu;
    }
  }
  return hash;
}

#define PAINT 0x5AC3963Cu

/* The stack pointer, less what the ABI lets a function use below it (x86-64: red zone; Xtensa: register save area). */
#if defined(__arm__)
/* By the clobber the compiler saves its registers first: saved below this pointer, they would be painted over. */
#define STACK_POINTER(p) __asm__ volatile("mov %0, sp" : "=r"(p) : : "lr")
#define BELOW_POINTER 0
#elif defined(__riscv)
#define STACK_POINTER(p) __asm__ volatile("mv %0, sp" : "=r"(p))
#define BELOW_POINTER 0
#elif defined(__xtensa__)
#define STACK_POINTER(p) __asm__ volatile("mov %0, a1" : "=r"(p))
#define BELOW_POINTER 32
#elif defined(__AVR__)
#define STACK_POINTER(p) __asm__ volatile("in %A0, __SP_L__\n\tin %B0, __SP_H__" : "=r"(p))
#define BELOW_POINTER 0 /* it points at the first free byte */
#elif defined(__x86_64__)
#define STACK_POINTER(p) __asm__ volatile("mov %%rsp, %0" : "=r"(p))
#define BELOW_POINTER 128
#else
#define STACK_POINTER(p) ((p) = __builtin_frame_address(0))
#define BELOW_POINTER 64
#endif

static uint8_t *volatile entry; /* the stack pointer with which an inference begins */

/* Called in the inference's place, so that it sees the stack pointer the inference will see. */
static NOINLINE void note_entry(void)
{
#if defined(__clang__) || defined(__XTENSA_WINDOWED_ABI__)
  entry = __builtin_frame_address(0);
#else
  entry = __builtin_dwarf_cfa();
#endif
}

static uint32_t *first_word(uint8_t *limit)
{
  return (uint32_t *)(((uintptr_t)limit + 3u) & ~(uintptr_t)3u);
}

/* From the top down, so that a stack that grows on demand grows. */
static RAW_MEMORY void paint_below(uint8_t *limit)
{
  uint8_t *pointer;
  volatile uint32_t *word;
  volatile uint32_t *first = first_word(limit);

  STACK_POINTER(pointer);
  word = (volatile uint32_t *)(((uintptr_t)pointer - BELOW_POINTER) & ~(uintptr_t)3u);
  while (word > first) {
    word--;
    *word = PAINT;
  }
}

static RAW_MEMORY uint8_t *lowest_touched(uint8_t *limit)
{
  const volatile uint32_t *word = first_word(limit);

  while ((uint8_t *)word < entry && *word == PAINT) {
    word++;
  }
  return (uint8_t *)word;
}

harness_status_t harness_peak_stack(uint32_t *bytes)
{
  uint8_t *limit = hal_stack_limit();
  uint8_t *lowest;

  if (limit == NULL) {
    return HARNESS_NOT_AVAILABLE;
  }
  harness_write_inputs();
  harness_model.reset();
  harness_run_inference(note_entry);
  paint_below(limit);
  harness_run_inference(harness_model.invoke);
  lowest = lowest_touched(limit);
  if (lowest <= (uint8_t *)first_word(limit)) {
    return HARNESS_STACK_FULL;
  }
  *bytes = lowest < entry ? (uint32_t)(entry - lowest) : 0;
  return HARNESS_OK;
}
