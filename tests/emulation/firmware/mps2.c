/* SPDX-License-Identifier: Apache-2.0 */
/* MPS2: CMSDK UART 0 and timer 0. Interrupts stay masked: a pending one ends WFI, and nothing runs in between. */
#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_INTERRUPT REGISTER(0x4000400Cu)
#define UART_DIVISOR REGISTER(0x40004010u)
#define TIMER_CONTROL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000004u)
#define TIMER_RELOAD REGISTER(0x40000008u)
#define NVIC_ENABLE REGISTER(0xE000E100u)
#define NVIC_CLEAR REGISTER(0xE000E280u)
#define CPACR REGISTER(0xE000ED88u)
#define AIRCR REGISTER(0xE000ED0Cu)

int main(void);

void board_init(void)
{
  __asm__ volatile("cpsid i");
  CPACR |= 0xFu << 20; /* the floating-point unit, where there is one */
  TIMER_RELOAD = 0xFFFFFFFFu;
  TIMER_VALUE = 0xFFFFFFFFu;
  TIMER_CONTROL = 1;
  UART_DIVISOR = 16;
  UART_CONTROL = 1 | 2 | 8; /* send, receive, receive interrupt */
  NVIC_ENABLE = 1;
}

int board_get(void)
{
  while ((UART_STATE & 2u) == 0) {
    UART_INTERRUPT = 2;
    NVIC_CLEAR = 1;
    if ((UART_STATE & 2u) == 0) {
      __asm__ volatile("wfi");
    }
  }
  return (int)UART_DATA;
}

void board_put(int byte)
{
  while (UART_STATE & 1u) {
  }
  UART_DATA = (uint32_t)byte;
}

uint32_t board_ticks(void)
{
  return 0xFFFFFFFFu - TIMER_VALUE;
}

void board_crash(void)
{
  __asm__ volatile("udf #0"); /* with faults masked: a lock-up */
}

void board_reset(void)
{
  AIRCR = 0x05FA0004u;
  for (;;) {
  }
}

static void fault(void)
{
  __asm__ volatile("udf #1");
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {(void *)0x20400000, (void *)main, (void *)fault,
                                                                           (void *)fault};
