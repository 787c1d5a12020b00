/* SPDX-License-Identifier: Apache-2.0 */
/* What start-up and exceptions of Xtensa cores share. The ABI is "call0": a0 return address, a1 stack, a2 to a7 arguments,
 * a12 to a15 kept by who is called. (Xtensa Instruction Set Architecture Reference Manual, "Exception Option".) */

#define FRAME 64

  .section .hal_start.run, "ax"
  .balign 4
  .literal_position

/* The stack is set: copy what is initialised, clear what is not, and run. */
  .globl xtensa_run
xtensa_run:
  movi a2, __data_source
  movi a3, __data_start
  movi a4, __data_end
  j 2f
1:
  l32i a5, a2, 0
  s32i a5, a3, 0
  addi a2, a2, 4
  addi a3, a3, 4
2:
  bltu a3, a4, 1b
  movi a3, __bss_start
  movi a4, __bss_end
  movi a5, 0
  j 4f
3:
  s32i a5, a3, 0
  addi a3, a3, 4
4:
  bltu a3, a4, 3b
  movi a0, main
  callx0 a0
5:
  waiti 15
  j 5b

/* Vectors lead here: an interrupt of level 1, or a fault. */
  .globl xtensa_exception_entry
xtensa_exception_entry:
  addi a1, a1, -FRAME
  s32i a0, a1, 0
  s32i a2, a1, 4
  s32i a3, a1, 8
  s32i a4, a1, 12
  s32i a5, a1, 16
  s32i a6, a1, 20
  s32i a7, a1, 24
  s32i a8, a1, 28
  s32i a9, a1, 32
  s32i a10, a1, 36
  s32i a11, a1, 40
  rsr.sar a2
  s32i a2, a1, 44
  rsr.exccause a2
  rsr.epc1 a3
  rsr.excvaddr a4
  addi a5, a1, FRAME
  movi a0, xtensa_on_exception
  callx0 a0
  l32i a2, a1, 44
  wsr.sar a2
  l32i a0, a1, 0
  l32i a2, a1, 4
  l32i a3, a1, 8
  l32i a4, a1, 12
  l32i a5, a1, 16
  l32i a6, a1, 20
  l32i a7, a1, 24
  l32i a8, a1, 28
  l32i a9, a1, 32
  l32i a10, a1, 36
  l32i a11, a1, 40
  addi a1, a1, FRAME
  rfe

/* An exception within the handler: the stack cannot be trusted. */
  .globl xtensa_double_exception_entry
xtensa_double_exception_entry:
  mov a5, a1
  movi a1, __stack_top
  rsr.exccause a2
  rsr.depc a3
  rsr.excvaddr a4
  movi a0, xtensa_on_exception
  callx0 a0
