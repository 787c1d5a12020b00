/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions, cycles (data sheet Atmel 2549, chapter 34: a program counter of 22 bits) and bytes read are in the
 * comments; the tests expect exactly these. */
  .text

  .macro function name
  .global \name
  .type \name, @function
\name:
  .endm

  .macro endfunction name
  .size \name, . - \name
  .endm

function leaf /* 3, cycles 1 + 1 + 5 = 7 */
  nop
  nop
  ret
endfunction leaf

function layer_hook /* 4, cycles 2 + 1 + 1 + 5 = 9; ram 1 */
  lds r24, break_off
  tst r24
  brne 1f
  ret
1:
  jmp board_reset
endfunction layer_hook

function layer_loop /* 3 + 2 * 1000, cycles 2 + 4 * 1000 - 1 + 5 = 4006 */
  ldi r24, lo8(1000)
  ldi r25, hi8(1000)
1:
  sbiw r24, 1
  brne 1b
  ret
endfunction layer_loop

function layer_nested /* 5 + 2 leaves = 11, cycles 2 + 5 + 4 + 2 + 5 + 2 * 7 = 32; ram 1 */
  push r16
  call leaf
  rcall leaf
  pop r16
  ret
endfunction layer_nested

function layer_reads /* 21, cycles 42; near flash 4, ram 6, other 2 */
  ldi r30, lo8(constants)
  ldi r31, hi8(constants)
  lpm r24, Z /* 3 each */
  lpm r24, Z+
  lpm
  elpm r24, Z+
  lds r24, variables /* 2 each */
  ldi r26, lo8(variables)
  ldi r27, hi8(variables)
  ld r24, X
  ld r24, X+
  ld r24, -X
  ldi r30, lo8(variables)
  ldi r31, hi8(variables)
  ldd r24, Z+5
  ld r24, Z+
  lds r24, 0xC0 /* the UART's state */
  lds r24, 0xC0
  mul r24, r24
  clr r1
  ret
endfunction layer_reads

function layer_tail /* 2 + leaf = 5, cycles 1 + 2 + 7 = 10 */
  ldi r24, 1
  rjmp leaf
endfunction layer_tail

function inference /* 7 of its own, cycles 2 + 4 * 4 + 2 + 2 = 22; ram 1 */
  push r17
  rcall layer_hook
  rcall layer_loop
  rcall layer_nested
  rcall layer_reads
  pop r17
  rjmp layer_tail /* a tail call: control comes back in the caller */
endfunction inference

  .section .progmem.data, "a", @progbits
constants:
  .byte 1, 2, 3, 4

  .section .bss
variables:
  .skip 16
