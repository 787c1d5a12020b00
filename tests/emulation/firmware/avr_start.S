/* SPDX-License-Identifier: Apache-2.0 */
  .section .init, "ax", @progbits
  .global _start
_start:
  clr r1
  ldi r24, 0xFF
  ldi r25, 0x21
  out 0x3D, r24
  out 0x3E, r25
  jmp main

  .global __do_copy_data /* a compiler asks its library for it; there is nothing to copy */
  .global __do_clear_bss
__do_copy_data:
__do_clear_bss:
