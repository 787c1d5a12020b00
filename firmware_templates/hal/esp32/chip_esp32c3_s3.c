/* SPDX-License-Identifier: Apache-2.0 */
/* The ESP32-C3 and the ESP32-S3 (their Technical Reference Manuals: low-power management, system timer, "Cache"). */
#include "chip.h"

#ifdef HAL_EXTMEM

#define UNLOCK 0x50D83AA1u
#define UNLOCK_SUPER 0x8F1D312Au
#define FEED_SUPER_BY_ITSELF (1u << 31)
#define RTC(offset) REGISTER(HAL_RTC_CNTL + (offset))
#define TIMER_WATCHDOG REGISTER(HAL_TIMER_GROUP0 + 0x48u)
#define TIMER_WATCHDOG_LOCK REGISTER(HAL_TIMER_GROUP0 + 0x64u)

#define CLOCK_SOURCE REGISTER(HAL_SYSCLK_CONF)
#define CLOCK_SOURCE_BITS 0xFFFu /* source in bits 10 and 11: 0 is the crystal; below, the divisor less one */

#define TIMER_NOW REGISTER(HAL_SYSTIMER + 0x04u)
#define TIMER_HIGH REGISTER(HAL_SYSTIMER + 0x40u)
#define TIMER_LOW REGISTER(HAL_SYSTIMER + 0x44u)
#define TIMER_UPDATE (1u << 30)
#define TIMER_VALID (1u << 29)

#define CACHE_CONTROL REGISTER(HAL_EXTMEM)
#define CACHE_CONTROL1 REGISTER(HAL_EXTMEM + 0x04u)
#define CACHE_SYNC REGISTER(HAL_EXTMEM + 0x28u)
#define CACHE_SYNC_ADDRESS REGISTER(HAL_EXTMEM + 0x2Cu)
#define CACHE_SYNC_SIZE REGISTER(HAL_EXTMEM + 0x30u)
#define CACHE_ENABLE 0x01u
#define CACHE_SHUT_BUSES 0x03u
#define CACHE_INVALIDATE 0x01u
#define CACHE_DONE (1u << HAL_CACHE_DONE_BIT)
#define PAGES ((volatile uint32_t *)(HAL_EXTMEM + 0x1000u))

void chip_stop_watchdogs(void)
{
  RTC(HAL_RTC_WATCHDOG + 0x18u) = UNLOCK;
  RTC(HAL_RTC_WATCHDOG) = 0;
  RTC(HAL_RTC_WATCHDOG + 0x20u) = UNLOCK_SUPER;
  RTC(HAL_RTC_WATCHDOG + 0x1Cu) |= FEED_SUPER_BY_ITSELF;
  TIMER_WATCHDOG_LOCK = UNLOCK;
  TIMER_WATCHDOG = 0;
}

void chip_map_flash(void)
{
  CACHE_CONTROL &= ~CACHE_ENABLE;
  chip_fill_pages(PAGES);
  CACHE_SYNC_ADDRESS = 0; /* with a size of 0: all of it */
  CACHE_SYNC_SIZE = 0;
  CACHE_SYNC |= CACHE_INVALIDATE;
  while ((CACHE_SYNC & CACHE_DONE) == 0u) {
  }
  CACHE_CONTROL1 &= ~CACHE_SHUT_BUSES;
  CACHE_CONTROL |= CACHE_ENABLE;
}

/* The system timer runs at 16 MHz from the start, whatever the clock of the core; that becomes the crystal's, undivided. */
void chip_start_timer(void)
{
  CLOCK_SOURCE &= ~CLOCK_SOURCE_BITS;
}

/* The emulated timer forgets the part of a tick that has passed whenever it is read: who reads it again and again must
 * leave a whole tick, 63 instructions, between two looks, or it stands still. */
uint64_t chip_ticks(void)
{
  uint64_t ticks;

  TIMER_NOW = TIMER_UPDATE;
  while ((TIMER_NOW & TIMER_VALID) == 0u) {
  }
  ticks = TIMER_LOW;
  ticks |= (uint64_t)TIMER_HIGH << 32;
  for (uint32_t i = 0; i < 32u; ++i) {
    __asm__ volatile("" ::: "memory");
  }
  return ticks;
}

#endif
