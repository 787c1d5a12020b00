/* SPDX-License-Identifier: Apache-2.0 */
/* Nordic nRF51, Cortex-M0: vector table, start-up before main, and what happens on a fault. */
#include <stddef.h>
#include <stdint.h>

#include "harness_config.h"
#include "harness_hal.h"
#include "nrf51.h"

extern uint32_t __data_source, __data_start, __data_end, __bss_start, __bss_end, __stack_top;

int main(void);
void hal_entry(void);

#define ICSR (*(volatile uint32_t *)0xE000ED04u)

__attribute__((noreturn)) void hal_entry(void)
{
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
    nrf51_put_byte((uint8_t)*text++);
  }
}

static void put_register(const char *name, uint32_t value)
{
  put_text(name);
  for (int shift = 28; shift >= 0; shift -= 4) {
    nrf51_put_byte((uint8_t) "0123456789abcdef"[(value >> shift) & 15u]);
  }
}

/* `frame` is what the core stacked: r0 to r3, r12, lr, pc, xpsr. An Armv6-M core has no register that tells a cause. */
__attribute__((noreturn, used)) static void report_fault(const uint32_t *frame)
{
  put_text("\r\nFAULT exception=");
  put_register("", ICSR & 0x1FFu);
  put_register(" sp=", (uint32_t)(uintptr_t)frame);
  if (hal_stack_limit() <= (const uint8_t *)frame && frame + 8 <= &__stack_top) {
    put_register(" pc=", frame[6]);
    put_register(" lr=", frame[5]);
    put_register(" r0=", frame[0]);
    put_register(" r1=", frame[1]);
    put_register(" r2=", frame[2]);
    put_register(" r3=", frame[3]);
  }
  put_text("\r\n");
  nrf51_restart_after_fault();
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
      "1: ldr r1, =report_fault\n"
      "bx r1\n");
}

typedef void (*vector_t)(void);

#define IRQS 32u
#define UART_VECTOR (15u + HAL_UART0_IRQ)

__attribute__((section(".hal_start"), used)) static const struct {
  uint32_t *stack_top;
  vector_t handlers[15u + IRQS];
} vectors = {
    &__stack_top,
    {
        [0] = hal_entry, /* reset */
        [1 ... UART_VECTOR - 1u] = on_fault,
        [UART_VECTOR] = nrf51_on_uart,
        [UART_VECTOR + 1u ... 14u + IRQS] = on_fault,
    },
};
