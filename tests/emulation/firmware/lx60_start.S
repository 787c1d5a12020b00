/* SPDX-License-Identifier: Apache-2.0 */
  .section .start, "ax"
  .global _start
_start:
  j 1f
  .balign 4
  .literal_position
1:
  movi a1, stack_top
  movi a0, main
  callx0 a0

  .section .noinit, "aw", @nobits
  .balign 16
  .space 4096
  .global stack_top
stack_top:
