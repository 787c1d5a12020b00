/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's board LX60 with an lx106: the core starts here at reset; and its vectors. (Xtensa Instruction Set Architecture
 * Reference Manual, "Relocatable Vector Option".) */

#define VECTORS 0x400
#define TO_INTERRUPT_LEVEL_3 0x20
#define TO_KERNEL 0x30
#define TO_USER 0x50
#define TO_DOUBLE 0x70

  .section .hal_start, "ax"
  .globl hal_entry
hal_entry:
  j start
  .balign 4
  .literal_position
start:
  movi a2, vectors
  wsr.vecbase a2
  movi a2, 0
  wsr.intenable a2
  wsr.ps a2 /* interrupts of every level may come, as soon as one is enabled; the vector for exceptions is the kernel's */
  rsync
  movi a1, __stack_top
  j xtensa_run

  .org VECTORS
vectors:
  .org VECTORS + TO_INTERRUPT_LEVEL_3
  j xtensa_exception_entry
  .org VECTORS + TO_KERNEL
  j xtensa_exception_entry
  .org VECTORS + TO_USER
  j xtensa_exception_entry
  .org VECTORS + TO_DOUBLE
  j xtensa_double_exception_entry
