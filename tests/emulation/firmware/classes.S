/* SPDX-License-Identifier: Apache-2.0 */
/* Thumb-2 instructions, each with its class behind it; tests/emulation/test_classes.py adds them up. */
  .syntax unified
  .thumb
  .text

  .macro function name
  .balign 4
  .globl \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .macro endfunction name
  .balign 4
  .size \name, . - \name
  .endm

function leaf
  bx lr @ bx
endfunction leaf

function layer_arithmetic
  movs r0, #7 @ mov_imm
  mov.w r1, #0x10001 @ mov_imm
  mvn r2, #3 @ mov_imm
  movw r3, #1234 @ mov_imm
  movt r3, #5 @ mov_imm
  mov r2, r0 @ alu
  mov.w r2, r0 @ alu
  adds r2, r0, r1 @ alu
  add.w r2, r0, r1 @ alu
  adds r2, #1 @ alu
  add r2, sp, #8 @ alu
  adr r2, leaf @ alu
  lsls r2, r0, #3 @ alu
  lsl.w r2, r0, #3 @ alu_shift
  lsl.w r2, r0, r1 @ alu
  rors r2, r0 @ alu
  cmp r0, r1 @ alu
  cmp.w r0, r1 @ alu
  tst r0, r1 @ alu
  add.w r2, r0, r1, lsl #2 @ alu_shift
  eor.w r2, r0, r1, asr #31 @ alu_shift
  cmp.w r0, r1, lsl #1 @ alu_shift
  bfi r2, r0, #8, #8 @ alu
  ubfx r2, r0, #1, #3 @ extend
  clz r2, r0 @ alu
  rev r2, r0 @ alu
  rev.w r2, r0 @ alu
  sxtb r2, r0 @ extend
  uxth.w r2, r0 @ extend
  sxtb16 r2, r0 @ extend
  sxtb16 r2, r0, ror #8 @ extend
  sxtab r2, r0, r1 @ dsp_alu
  uxtab16 r2, r0, r1 @ dsp_alu
  ssat r2, #8, r0, asr #1 @ dsp_alu
  usat r2, #7, r0 @ dsp_alu
  ssat16 r2, #8, r0 @ dsp_alu
  pkhbt r2, r0, r1, lsl #16 @ dsp_alu
  pkhtb r2, r0, r1, asr #16 @ dsp_alu
  qadd r2, r0, r1 @ dsp_alu
  qadd16 r2, r0, r1 @ dsp_alu
  uadd8 r2, r0, r1 @ dsp_alu
  sel r2, r0, r1 @ dsp_alu
  usada8 r2, r0, r1, r2 @ dsp_alu
  nop @ misc
  dsb @ misc
  pld [sp] @ misc
  bx lr @ bx
endfunction layer_arithmetic

function layer_products
  movs r0, #7 @ mov_imm
  movs r1, #9 @ mov_imm
  muls r0, r1, r0 @ mul
  mul r2, r0, r1 @ mul
  smulbb r2, r0, r1 @ mul
  smmul r2, r0, r1 @ mul
  mla r2, r0, r1, r2 @ mla
  mls r2, r0, r1, r2 @ mla
  smlabb r2, r0, r1, r2 @ mla
  smlatb r2, r0, r1, r2 @ mla
  smmlar r2, r0, r1, r2 @ mla
  smmls r2, r0, r1, r2 @ mla
  smlad r2, r0, r1, r2 @ simd_mac
  smladx r2, r0, r1, r2 @ simd_mac
  smuad r2, r0, r1 @ simd_mac
  smlsd r2, r0, r1, r2 @ simd_mac
  smlald r2, r3, r0, r1 @ simd_mac
  smlsld r2, r3, r0, r1 @ simd_mac
  smull r2, r3, r0, r1 @ mull
  umull r2, r3, r0, r1 @ mull
  smlal r2, r3, r0, r1 @ mlal
  umlal r2, r3, r0, r1 @ mlal
  umaal r2, r3, r0, r1 @ mlal
  smlalbb r2, r3, r0, r1 @ mlal
  sdiv r2, r0, r1 @ div
  udiv r2, r0, r1 @ div
  bx lr @ bx
endfunction layer_products

function layer_loads
  ldr r1, =constants @ load flash_scattered
  ldr r3, =variables @ load_pipelined flash_sequential
  nop @ misc
  ldr r0, [r1] @ load flash_scattered
  ldr r2, [r1, #4] @ load_pipelined flash_sequential
  ldrb r2, [r1, #8] @ load_pipelined flash_sequential
  ldrsb r2, [r1, #9] @ load_pipelined flash_sequential
  ldrh r2, [r1, #12] @ load_pipelined flash_scattered
  ldrsh.w r2, [r1, #14] @ load_pipelined flash_sequential
  ldr r2, [r3] @ load_pipelined region_change
  ldr r2, [r3, #4] @ load_pipelined
  ldr r2, [r1, #16] @ load_pipelined region_change flash_sequential
  nop @ misc
  ldr r2, [r1], #4 @ load_wb flash_scattered
  ldr r2, [r1, #4]! @ load_wb flash_scattered
  ldr r2, [r1] @ load_pipelined flash_scattered
  add r0, r1, #4 @ alu
  ldr r2, [r0] @ load addr_dep flash_sequential
  mov.w r0, #4 @ mov_imm
  ldr r2, [r1, r0] @ load addr_dep flash_scattered
  ldr.w r2, [r1, r0, lsl #1] @ load_pipelined flash_sequential
  str r3, [r3, #8] @ store_after_mem
  ldr r2, [r3, #8] @ load
  ldr r2, [r2, #4] @ load
  ldr r2, [r3, #1] @ load_pipelined unaligned_ld
  ldrh r2, [r3, #3] @ load_pipelined unaligned_ld
  ldrd r0, r2, [r3] @ ldrd
  ldr r2, [r3] @ load
  add r0, r1, #0 @ alu
  ldm r0!, {r2, r12} @ ldm ldm_regs ldm_regs addr_dep flash_scattered flash_sequential
  ldm.w r0, {r2, r12} @ ldm ldm_regs ldm_regs flash_sequential flash_sequential
  ldr.w r2, [sp, #-8] @ load
  bx lr @ bx
  .ltorg
endfunction layer_loads

function layer_stores
  ldr r3, =variables @ load flash_scattered
  movs r0, #4 @ mov_imm
  str r0, [r3] @ store
  strb r0, [r3, #1] @ store_after_mem
  nop @ misc
  strh r0, [r3, #2] @ store
  nop @ misc
  str r0, [r3, r0] @ store_reg
  strb.w r0, [r3, r0, lsl #1] @ store_reg
  str.w r0, [r3], #4 @ store_after_mem
  nop @ misc
  strd r0, r1, [r3] @ strd
  nop @ misc
  str r0, [r3, #1] @ store unaligned_st
  nop @ misc
  strh r0, [r3, #1] @ store unaligned_st
  nop @ misc
  strb r0, [r3, #1] @ store
  push {r0, r4, lr} @ stm stm_regs stm_regs stm_regs
  push.w {r0, r8} @ stm stm_regs stm_regs
  str r0, [sp] @ store_after_mem
  add sp, #8 @ alu
  pop {r0, r4, pc} @ ldm ldm_regs ldm_regs ldm_regs pc_load addr_dep
  .ltorg
endfunction layer_stores

function layer_branches
  push {r4, lr} @ stm stm_regs stm_regs
  movs r0, #10 @ mov_imm
1:
  subs r0, #1 @ alu 10
  bne 1b @ bcond 10, bcond_taken 9
  cbz r0, 2f @ bcond bcond_taken
  nop
2:
  cbnz r0, 3f @ bcond
  beq.w 3f @ bcond bcond_taken
  nop
3:
  bne.w 1b @ bcond
  it ne @ it
  bxne lr @ bcond, as it is not taken
  it ne @ it
  popne {r4, pc} @ ldm ldm_regs ldm_regs, whose condition is false
  ite eq @ it
  moveq r1, #1 @ mov_imm
  movne r1, #2 @ mov_imm
  itt eq @ it
  moveq r1, #1 @ mov_imm
  beq 4f @ b
  nop
4:
  bl leaf @ call
  ldr r1, =leaf @ load flash_scattered
  blx r1 @ call
  tbb [pc, r0] @ table_branch flash_scattered
5:
  .byte (6f - 5b) / 2, 0
6:
  b 7f @ b
  nop
7:
  adr r1, 8f @ alu
  mov pc, r1 @ b
  nop
  .balign 4
8:
  ldr r4, [sp], #4 @ load_wb
  ldr pc, [sp], #4 @ load_wb pc_load
  .ltorg
endfunction layer_branches

function layer_floats
  ldr r3, =variables @ load flash_scattered
  nop @ misc
  vldr s0, [r3] @ f_ld
  vmov.f32 s1, #1.0 @ f_alu
  vadd.f32 s2, s0, s1 @ f_alu
  vmul.f32 s2, s0, s1 @ f_alu
  vmla.f32 s2, s0, s1 @ f_mac
  vfma.f32 s2, s0, s1 @ f_mac
  vnmls.f32 s2, s0, s1 @ f_mac
  vdiv.f32 s2, s1, s1 @ f_div
  vsqrt.f32 s2, s1 @ f_div
  vcvt.s32.f32 s2, s1 @ f_alu
  vcmp.f32 s2, s1 @ f_alu
  vmrs APSR_nzcv, fpscr @ f_mov
  vmov r0, s1 @ f_mov
  vmov s1, r0 @ f_mov
  vmov r0, r1, s2, s3 @ f_mov
  vstr s2, [r3] @ f_st
  vldr d0, [r3] @ fldm fldm_regs fldm_regs
  vpush {s0, s1, s2} @ fldm fldm_regs fldm_regs fldm_regs
  vpop {s0, s1, s2} @ fldm fldm_regs fldm_regs fldm_regs
  bx lr @ bx
  .ltorg
endfunction layer_floats

function inference
  push {r4, lr} @ stm stm_regs stm_regs
  bl layer_arithmetic @ call
  bl layer_products @ call
  bl layer_loads @ call
  bl layer_stores @ call
  bl layer_branches @ call
  bl layer_floats @ call
  pop {r4, pc} @ ldm ldm_regs ldm_regs pc_load
endfunction inference

function layer_loop
  bx lr
endfunction layer_loop

function layer_nested
  bx lr
endfunction layer_nested

  .section .rodata
  .balign 4
constants:
  .space 64

  .bss
  .balign 8
variables:
  .space 64
