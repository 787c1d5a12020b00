/* SPDX-License-Identifier: Apache-2.0 */
/* ESP32-C3: where the mask ROM jumps to, and the core's vectors: it knows the vectored mode alone, with a table of 32
 * jumps at a multiple of 256 (Technical Reference Manual, "mtvec"). */

#ifdef __riscv

  .section .hal_start, "ax"
  .balign 256
vectors:
  .option push
  .option norvc
  .option norelax
  .rept 32
  j riscv_trap_entry
  .endr
  .option pop

  .globl hal_entry
hal_entry:
  csrci mstatus, 8
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  la tp, __tls_base
  la t0, vectors + 1
  csrw mtvec, t0
  j riscv_run

#endif
