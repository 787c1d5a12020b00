/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and bytes read are in the comments; the tests expect exactly these. */
  .option norelax

  .text

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

function layer_hook /* 5; ram 4 */
  la a0, break_off
  lw a0, (a0)
  bnez a0, 1f
  ret
1:
  j board_reset
endfunction layer_hook

function layer_loop /* 2 + 2 * 1000 */
  li a0, 1000
1:
  addi a0, a0, -1
  bnez a0, 1b
  ret
endfunction layer_loop

function layer_nested /* 7 + 2 leaves = 13; ram 4 */
  addi sp, sp, -16
  sw ra, 12(sp)
  jal leaf
  jal leaf
  lw ra, 12(sp)
  addi sp, sp, 16
  ret
endfunction layer_nested

function layer_reads /* 13; flash 7, ram 8, other 2 */
  la a1, constants
  lbu a0, (a1)
  lhu a0, 2(a1)
  lw a0, 4(a1)
  la a2, variables
  lw a0, (a2)
  lw a0, 4(a2)
  li a3, 0x10000000 /* the UART's state */
  lbu a0, 5(a3)
  lbu a0, 5(a3)
  ret
endfunction layer_reads

function layer_tail /* 2 + leaf = 5 */
  li a0, 1
  j leaf
endfunction layer_tail

function inference /* 9 of its own; ram 4 */
  addi sp, sp, -16
  sw ra, 12(sp)
  jal layer_hook
  jal layer_loop
  jal layer_nested
  jal layer_reads
  lw ra, 12(sp)
  addi sp, sp, 16
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
