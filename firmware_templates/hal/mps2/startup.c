/* SPDX-License-Identifier: Apache-2.0 */
/* Arm MPS2 and MPS3: vector table, start-up before main, and what happens on a fault. */
#include <stddef.h>
#include <stdint.h>

#include "harness_config.h"
#include "harness_hal.h"
#include "mps2.h"

extern uint32_t __data_source, __data_start, __data_end, __bss_start, __bss_end, __stack_top;

int main(void);
void hal_entry(void);

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CFSR (*(volatile uint32_t *)0xE000ED28u)
#define HFSR (*(volatile uint32_t *)0xE000ED2Cu)
#define MMFAR (*(volatile uint32_t *)0xE000ED34u)
#define BFAR (*(volatile uint32_t *)0xE000ED38u)
#define ICSR (*(volatile uint32_t *)0xE000ED04u)

__attribute__((noreturn)) void hal_entry(void)
{
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  CPACR |= 0xFu << 20; /* full access to FPU and MVE, before the first instruction of either */
  __asm__ volatile("dsb\n isb" ::: "memory");
#endif
  const uint32_t *from = &__data_source;
  for (uint32_t *to = &__data_start; to < &__data_end;) {
    *to++ = *from++;
  }
  for (uint32_t *to = &__bss_start; to < &__bss_end;) {
    *to++ = 0;
  }
  main();
  for (;;) {
    __asm__ volatile("wfi");
  }
}

static void put_text(const char *text)
{
  while (*text != '\0') {
    mps2_put_byte((uint8_t)*text++);
  }
}

static void put_register(const char *name, uint32_t value)
{
  put_text(name);
  for (int shift = 28; shift >= 0; shift -= 4) {
    mps2_put_byte((uint8_t) "0123456789abcdef"[(value >> shift) & 15u]);
  }
}

/* `frame` is what the core stacked: r0 to r3, r12, lr, pc, xpsr. The line names all that is needed to find the place. */
__attribute__((noreturn, used)) static void report_fault(const uint32_t *frame)
{
  put_text("\r\nFAULT exception=");
  put_register("", ICSR & 0x1FFu);
  put_register(" sp=", (uint32_t)(uintptr_t)frame);
  put_register(" cfsr=", CFSR);
  put_register(" hfsr=", HFSR);
  put_register(" mmfar=", MMFAR);
  put_register(" bfar=", BFAR);
  if (hal_stack_limit() <= (const uint8_t *)frame && frame + 8 <= &__stack_top) {
    put_register(" pc=", frame[6]);
    put_register(" lr=", frame[5]);
    put_register(" r0=", frame[0]);
    put_register(" r1=", frame[1]);
    put_register(" r2=", frame[2]);
    put_register(" r3=", frame[3]);
  }
  put_text("\r\n");
  mps2_restart_after_fault();
}

/* Also the handler of every interrupt that nobody expects. Where the stack has overflowed, the report starts it anew. */
__attribute__((naked)) static void on_fault(void)
{
  __asm__ volatile(
      "mrs r0, msp\n"
      "ldr r1, =__stack_limit + 256\n"
      "cmp r0, r1\n"
      "bhs 1f\n"
      "ldr r1, =__stack_top\n"
      "mov sp, r1\n"
      "1: b report_fault\n");
}

typedef void (*vector_t)(void);

#define IRQS 64u
#define UART_VECTOR (15u + HAL_UART0_RECEIVE_IRQ)

__attribute__((section(".hal_start"), used)) static const struct {
  uint32_t *stack_top;
  vector_t handlers[15u + IRQS];
} vectors = {
    &__stack_top,
    {
        [0] = hal_entry, /* reset */
        [1 ... UART_VECTOR - 1u] = on_fault,
        [UART_VECTOR] = mps2_on_receive,
        [UART_VECTOR + 1u ... 14u + IRQS] = on_fault,
    },
};
