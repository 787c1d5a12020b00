/* SPDX-License-Identifier: Apache-2.0 */
/* A RISC-V core in machine mode (privileged architecture 1.10): what happens on a trap, and sleep. */
#include "riscv.h"

#include "bare_metal.h"
#include "harness_hal.h"

#define MSTATUS_MIE 0x8u
#define MIE_EXTERNAL 0x800u
#define CAUSE_INTERRUPT 0x80000000u

void riscv_on_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack_pointer);

void riscv_allow_interrupts(void)
{
  __asm__ volatile("csrw mie, %0\n csrs mstatus, %1" ::"r"(MIE_EXTERNAL), "r"(MSTATUS_MIE) : "memory");
}

void riscv_mask_interrupts(void)
{
  __asm__ volatile("csrc mstatus, %0\n csrw mie, zero" ::"r"(MSTATUS_MIE) : "memory");
}

void riscv_sleep_forever(void)
{
  riscv_mask_interrupts();
  for (;;) {
    __asm__ volatile("wfi");
  }
}

/* WFI ends at a pending interrupt even while mstatus masks it, so none is lost between the look at the ring and WFI. */
void hal_wait(void)
{
  __asm__ volatile("csrc mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
  if (bare_metal_is_empty()) {
    __asm__ volatile("wfi" ::: "memory");
  }
  __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE) : "memory");
}

void hal_reset(void)
{
  hal_restart(CAUSE_SOFTWARE);
}

/* Called by the trap entry of start.S: an interrupt, or a fault. */
void riscv_on_trap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t stack_pointer)
{
  if ((cause & CAUSE_INTERRUPT) != 0u) {
    hal_on_interrupt();
    return;
  }
  bare_metal_put_text("\r\nFAULT");
  bare_metal_put_register(" mcause=", cause);
  bare_metal_put_register(" pc=", pc);
  bare_metal_put_register(" mtval=", value);
  bare_metal_put_register(" sp=", stack_pointer);
  bare_metal_put_text("\r\n");
  if (!bare_metal_restart_helps()) {
    riscv_sleep_forever();
  }
  hal_restart(CAUSE_FAULT);
}
