/* SPDX-License-Identifier: Apache-2.0 */
/* The ESP32 (Technical Reference Manual 5: DPORT, 18: timer groups, 31: RTC; "Memory Management Unit and Cache"). */
#include "chip.h"

#ifdef HAL_DPORT

#define UNLOCK 0x50D83AA1u
#define RTC_WATCHDOG REGISTER(HAL_RTC_CNTL + 0x8Cu)
#define RTC_WATCHDOG_LOCK REGISTER(HAL_RTC_CNTL + 0xA4u)

#define TIMER(offset) REGISTER(HAL_TIMER_GROUP0 + (offset))
#define TIMER_CONFIG TIMER(0x00u)
#define TIMER_LOW TIMER(0x04u)
#define TIMER_HIGH TIMER(0x08u)
#define TIMER_UPDATE TIMER(0x0Cu)
#define TIMER_WATCHDOG TIMER(0x48u)
#define TIMER_WATCHDOG_LOCK TIMER(0x64u)
#define TIMER_RUNS (1u << 31)
#define TIMER_UP (1u << 30)
#define TIMER_HALF_APB (2u << 13) /* the APB clock, which is the crystal's, divided by two */

#define CACHE_CONTROL REGISTER(HAL_DPORT + 0x40u)
#define CACHE_CONTROL1 REGISTER(HAL_DPORT + 0x44u)
#define CACHE_ENABLE (1u << 3)
#define CACHE_FLUSH (1u << 4)
#define CACHE_FLUSHED (1u << 5)
#define MASK_DATA_SPACE (1u << 4)
#define PAGES ((volatile uint32_t *)(HAL_DPORT + 0x10000u))

void chip_stop_watchdogs(void)
{
  RTC_WATCHDOG_LOCK = UNLOCK;
  RTC_WATCHDOG = 0;
  TIMER_WATCHDOG_LOCK = UNLOCK;
  TIMER_WATCHDOG = 0;
}

void chip_map_flash(void)
{
  CACHE_CONTROL &= ~CACHE_ENABLE;
  chip_fill_pages(PAGES);
  CACHE_CONTROL &= ~CACHE_FLUSH;
  CACHE_CONTROL |= CACHE_FLUSH;
  while ((CACHE_CONTROL & CACHE_FLUSHED) == 0u) {
  }
  CACHE_CONTROL &= ~CACHE_FLUSH;
  CACHE_CONTROL1 &= ~MASK_DATA_SPACE;
  CACHE_CONTROL |= CACHE_ENABLE;
}

void chip_start_timer(void)
{
  TIMER_CONFIG = TIMER_RUNS | TIMER_UP | TIMER_HALF_APB;
}

uint64_t chip_ticks(void)
{
  uint32_t low;

  TIMER_UPDATE = 1;
  low = TIMER_LOW;
  return (uint64_t)TIMER_HIGH << 32 | low;
}

#endif
