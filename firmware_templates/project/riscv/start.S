/* SPDX-License-Identifier: Apache-2.0 */
/* A RISC-V core in machine mode starts here at reset, or a loader jumps here. A HAL whose core wants more brings its own. */

  .section .hal_start, "ax"
  .globl hal_entry
hal_entry:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  la tp, __tls_base
  la t0, riscv_trap_entry
  csrw mtvec, t0
  j riscv_run
