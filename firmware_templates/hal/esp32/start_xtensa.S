/* SPDX-License-Identifier: Apache-2.0 */
/* ESP32 and ESP32-S3: where the mask ROM jumps to, and the core's vectors. (Xtensa Instruction Set Architecture Reference
 * Manual, "Relocatable Vector Option", "Windowed Register Option"; the distances are those of Espressif's cores.) */

#ifdef __XTENSA__

#define TO_LEVEL_2 0x180
#define TO_LEVEL_3 0x1C0
#define TO_LEVEL_4 0x200
#define TO_LEVEL_5 0x240
#define TO_DEBUG 0x280
#define TO_NMI 0x2C0
#define TO_KERNEL 0x300
#define TO_USER 0x340
#define TO_DOUBLE 0x3C0

  .section .hal_start, "ax"
  .balign 1024
vectors:
  .org TO_LEVEL_2
  j xtensa_exception_entry
  .org TO_LEVEL_3
  j xtensa_exception_entry
  .org TO_LEVEL_4
  j xtensa_exception_entry
  .org TO_LEVEL_5
  j xtensa_exception_entry
  .org TO_DEBUG
  j xtensa_exception_entry
  .org TO_NMI
  j xtensa_exception_entry
  .org TO_KERNEL
  j xtensa_exception_entry
  .org TO_USER
  j xtensa_exception_entry
  .org TO_DOUBLE
  j xtensa_double_exception_entry

  .balign 4
  .literal_position
  .globl hal_entry
hal_entry:
  movi a2, 0
  wsr.intenable a2
  movi a2, 1
  .byte 0x20, 0x49, 0x13 /* wsr.windowstart a2: an lx106 has no window, so its assembler does not know the names */
  movi a2, 0
  .byte 0x20, 0x48, 0x13 /* wsr.windowbase a2 */
  rsync
  movi a2, vectors
  wsr.vecbase a2
  movi a2, 0
  wsr.ps a2 /* interrupts of every level may come, as soon as one is enabled; the window is off */
  rsync
  movi a1, __stack_top
  j xtensa_run

#endif
