/* SPDX-License-Identifier: Apache-2.0 */
  .option norelax

  .section .init
  .global _start
_start:
  la sp, stack_top
  j main

  .section .noinit, "aw", @nobits
  .balign 16
  .space 4096
stack_top:
