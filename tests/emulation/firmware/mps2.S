/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and bytes read are in the comments; the tests expect exactly these. */
  .syntax unified
  .thumb
  .text

  .macro function name
  .balign 4
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .macro endfunction name
  .balign 4
  .size \name, . - \name
  .endm

function leaf /* 3 */
  nop
  nop
  bx lr
endfunction leaf

function layer_hook /* 4; flash 4, ram 4 */
  ldr r0, =break_off
  ldr r0, [r0]
  cbz r0, 1f
  b board_reset
1:
  bx lr
  .ltorg
endfunction layer_hook

function layer_loop /* 2 + 2 * 1000 */
  movw r0, #1000
1:
  subs r0, #1
  bne 1b
  bx lr
endfunction layer_loop

function layer_nested /* 4 + 2 leaves = 10; ram 8 */
  push {r4, lr}
  bl leaf
  bl leaf
  pop {r4, pc}
endfunction layer_nested

function layer_reads /* 10; flash 15, ram 20, other 8 */
  ldr r1, =constants
  ldrb r0, [r1]
  ldrh r0, [r1, #2]
  ldr r2, =variables
  ldrd r0, r3, [r2]
  ldmia r2, {r0, r1, r3}
  ldr r2, =0x40004004 /* the UART's state */
  ldr r0, [r2]
  ldr r0, [r2]
  bx lr
  .ltorg
endfunction layer_reads

function layer_tail /* 2 + leaf = 5 */
  movs r0, #1
  b leaf
endfunction layer_tail

function inference /* 7 of its own; ram 8 */
  push {r4, lr}
  bl layer_hook
  bl layer_loop
  bl layer_nested
  bl layer_reads
  pop.w {r4, lr}
  b layer_tail /* a tail call: control comes back in the caller */
endfunction inference

  .section .rodata
  .balign 4
constants:
  .word 1, 2

  .bss
  .balign 8
variables:
  .space 16
