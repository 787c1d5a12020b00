/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and bytes read are in the comments; the tests expect exactly these. An address is loaded from a literal
 * between the code, which is a read of four bytes of flash. */
  .text
  .literal_position

  .macro function name
  .balign 4
  .global \name
  .type \name, @function
\name:
  .endm

  .macro endfunction name
  .size \name, . - \name
  .endm

function leaf /* 3 */
  nop
  nop
  ret
endfunction leaf

function layer_hook /* 4; flash 4, ram 4 */
  movi a2, break_off
  l32i a2, a2, 0
  bnez a2, 1f
  ret
1:
  j board_reset
endfunction layer_hook

function layer_loop /* 2 + 2 * 1000 */
  movi a2, 1000
1:
  addi a2, a2, -1
  bnez a2, 1b
  ret
endfunction layer_loop

function layer_nested /* 7 + 2 leaves = 13; ram 4 */
  addi a1, a1, -16
  s32i a0, a1, 12
  call0 leaf
  call0 leaf
  l32i a0, a1, 12
  addi a1, a1, 16
  ret
endfunction layer_nested

function layer_reads /* 11; flash 7 and three literals = 19, ram 8, other 8 */
  movi a3, constants
  l8ui a2, a3, 0
  l16ui a2, a3, 2
  l32i a2, a3, 4
  movi a4, variables
  l32i a2, a4, 0
  l32i a2, a4, 4
  movi a5, 0x9D050020 /* the UART's state */
  l32i a2, a5, 20
  l32i a2, a5, 20
  ret
endfunction layer_reads

function layer_tail /* 2 + leaf = 5 */
  movi a2, 1
  j leaf
endfunction layer_tail

function inference /* 9 of its own; ram 4 */
  addi a1, a1, -16
  s32i a0, a1, 12
  call0 layer_hook
  call0 layer_loop
  call0 layer_nested
  call0 layer_reads
  l32i a0, a1, 12
  addi a1, a1, 16
  j layer_tail /* a tail call: control comes back in the caller */
endfunction inference

  .section .rodata
  .balign 4
constants:
  .word 1, 2

  .bss
  .balign 16
variables:
  .space 16
