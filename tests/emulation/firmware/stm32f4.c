/* SPDX-License-Identifier: Apache-2.0 */
/* STM32F4: USART2 and TIM2. Interrupts stay masked: a pending one ends WFI, and nothing runs in between. */
#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define USART_STATUS REGISTER(0x40004400u)
#define USART_DATA REGISTER(0x40004404u)
#define USART_CONTROL REGISTER(0x4000440Cu)
#define TIMER_CONTROL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000024u)
#define NVIC_ENABLE_1 REGISTER(0xE000E104u)
#define NVIC_CLEAR_1 REGISTER(0xE000E284u)
#define USART_IRQ (1u << (38 - 32))
#define CPACR REGISTER(0xE000ED88u)
#define AIRCR REGISTER(0xE000ED0Cu)

int main(void);

void board_init(void)
{
  __asm__ volatile("cpsid i");
  CPACR |= 0xFu << 20;
  TIMER_CONTROL = 1;
  USART_CONTROL = 1u << 13 | 1u << 5 | 1u << 3 | 1u << 2; /* on, receive interrupt, send, receive */
  NVIC_ENABLE_1 = USART_IRQ;
}

int board_get(void)
{
  while ((USART_STATUS & 1u << 5) == 0) {
    NVIC_CLEAR_1 = USART_IRQ;
    if ((USART_STATUS & 1u << 5) == 0) {
      __asm__ volatile("wfi");
    }
  }
  return (int)(USART_DATA & 0xFFu);
}

void board_put(int byte)
{
  while ((USART_STATUS & 1u << 7) == 0) {
  }
  USART_DATA = (uint32_t)byte;
}

uint32_t board_ticks(void)
{
  return TIMER_VALUE;
}

void board_crash(void)
{
  ((void (*)(void))0xF0000001u)(); /* no memory is there */
}

void board_reset(void)
{
  AIRCR = 0x05FA0004u;
  for (;;) {
  }
}

static void fault(void)
{
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {(void *)0x20020000, (void *)main, (void *)fault,
                                                                           (void *)fault};
