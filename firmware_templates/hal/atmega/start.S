/* SPDX-License-Identifier: Apache-2.0 */
/* ATmega2560: vectors, and start-up before main (data sheet, chapter 14 and 7.6). */
#include <avr/io.h>

  .section .vectors, "ax", @progbits
  jmp hal_entry
  .rept 19
  jmp on_nothing_expected
  .endr
  jmp __vector_20 /* timer 1 overflows */
  .rept 4
  jmp on_nothing_expected
  .endr
  jmp __vector_25 /* a byte has come by UART 0 */
  .rept 31
  jmp on_nothing_expected
  .endr

  .section .hal_start, "ax", @progbits
  .global hal_entry
  .type hal_entry, @function
hal_entry:
  clr r1
  out _SFR_IO_ADDR(SREG), r1
  out _SFR_IO_ADDR(EIND), r1
  ldi r24, lo8(__stack_top - 1)
  ldi r25, hi8(__stack_top - 1)
  out _SFR_IO_ADDR(SPL), r24
  out _SFR_IO_ADDR(SPH), r25

  ldi r30, lo8(__data_source)
  ldi r31, hi8(__data_source)
  ldi r16, hlo8(__data_source)
  out _SFR_IO_ADDR(RAMPZ), r16
  ldi r26, lo8(__data_start)
  ldi r27, hi8(__data_start)
  ldi r17, hi8(__data_end)
  rjmp 2f
1:
  elpm r0, Z+
  st X+, r0
2:
  cpi r26, lo8(__data_end)
  cpc r27, r17
  brne 1b
  out _SFR_IO_ADDR(RAMPZ), r1

  ldi r26, lo8(__bss_start)
  ldi r27, hi8(__bss_start)
  ldi r17, hi8(__bss_end)
  rjmp 4f
3:
  st X+, r1
4:
  cpi r26, lo8(__bss_end)
  cpc r27, r17
  brne 3b
  call main
5:
  cli
  sleep
  rjmp 5b
  .size hal_entry, . - hal_entry

/* By these names a compiler asks its library for start-up code; here it stands above. */
  .global __do_copy_data
  .global __do_clear_bss
__do_copy_data:
__do_clear_bss:

  .type on_nothing_expected, @function
on_nothing_expected:
  clr r1
  jmp atmega_on_nothing_expected
  .size on_nothing_expected, . - on_nothing_expected
