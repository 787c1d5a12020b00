/* SPDX-License-Identifier: Apache-2.0 */
/* A Cortex-M: vector table, start-up before main, what happens on a fault, restarts and sleep. */
#include "cortex_m.h"

#include <stddef.h>

#include "bare_metal.h"
#include "cortex_m_hal.h"
#include "harness_config.h"
#include "harness_hal.h"

extern uint32_t __data_source, __data_start, __data_end, __bss_start, __bss_end, __stack_top;

int main(void);
void hal_entry(void);

#define SYSTEM(offset) (*(volatile uint32_t *)(0xE000ED00u + (offset)))
#define ICSR SYSTEM(0x04u)
#define AIRCR SYSTEM(0x0Cu)
#define CFSR SYSTEM(0x28u)
#define HFSR SYSTEM(0x2Cu)
#define MMFAR SYSTEM(0x34u)
#define BFAR SYSTEM(0x38u)
#define CPACR SYSTEM(0x88u)

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
    cortex_m_sleep();
  }
}

void cortex_m_sleep(void)
{
  __asm__ volatile("dsb\n wfi" ::: "memory");
}

void cortex_m_allow_interrupts(void)
{
  NVIC_ENABLE(HAL_RECEIVE_IRQ);
  __asm__ volatile("cpsie i" ::: "memory");
}

/* With interrupts masked, one that arrives between the look at the ring and WFI stays pending and ends WFI at once. */
void hal_wait(void)
{
  __asm__ volatile("cpsid i" ::: "memory");
  if (bare_metal_is_empty()) {
    hal_wait_for_interrupt();
  }
  __asm__ volatile("cpsie i" ::: "memory");
}

void cortex_m_restart(uint32_t cause)
{
  bare_metal_note_restart(cause);
  __asm__ volatile("dsb" ::: "memory");
  AIRCR = 0x05FA0004u; /* SYSRESETREQ */
  for (;;) {
    cortex_m_sleep();
  }
}

void hal_reset(void)
{
  cortex_m_restart(CAUSE_SOFTWARE);
}

static __attribute__((noreturn)) void restart_after_fault(void)
{
  if (!bare_metal_restart_helps()) {
    __asm__ volatile("cpsid i" ::: "memory");
    for (uint32_t irq = 0; irq < HAL_IRQS; irq += 32u) {
      NVIC_WORD(0xE000E180u, irq) = 0xFFFFFFFFu; /* a pending one would end every WFI at once */
    }
    for (;;) {
      cortex_m_sleep();
    }
  }
  cortex_m_restart(CAUSE_FAULT);
}

/* `frame` is what the core stacked: r0 to r3, r12, lr, pc, xpsr. The line names all that is needed to find the place;
 * an Armv6-M core has no register that tells a cause. */
__attribute__((noreturn, used)) static void report_fault(const uint32_t *frame)
{
  bare_metal_put_text("\r\nFAULT exception=");
  bare_metal_put_register("", ICSR & 0x1FFu);
  bare_metal_put_register(" sp=", (uint32_t)(uintptr_t)frame);
#if __ARM_ARCH > 6
  bare_metal_put_register(" cfsr=", CFSR);
  bare_metal_put_register(" hfsr=", HFSR);
  bare_metal_put_register(" mmfar=", MMFAR);
  bare_metal_put_register(" bfar=", BFAR);
#endif
  if (hal_stack_limit() <= (const uint8_t *)frame && frame + 8 <= &__stack_top) {
    bare_metal_put_register(" pc=", frame[6]);
    bare_metal_put_register(" lr=", frame[5]);
    bare_metal_put_register(" r0=", frame[0]);
    bare_metal_put_register(" r1=", frame[1]);
    bare_metal_put_register(" r2=", frame[2]);
    bare_metal_put_register(" r3=", frame[3]);
  }
  bare_metal_put_text("\r\n");
  restart_after_fault();
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

#define RECEIVE_VECTOR (15u + HAL_RECEIVE_IRQ)

__attribute__((section(".hal_start"), used)) static const struct {
  uint32_t *stack_top;
  vector_t handlers[15u + HAL_IRQS];
} vectors = {
    &__stack_top,
    {
        [0] = hal_entry, /* reset */
        [1 ... RECEIVE_VECTOR - 1u] = on_fault,
        [RECEIVE_VECTOR] = hal_on_receive,
        [RECEIVE_VECTOR + 1u ... 14u + HAL_IRQS] = on_fault,
    },
};
