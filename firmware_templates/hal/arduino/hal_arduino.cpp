/* SPDX-License-Identifier: Apache-2.0 */
/* Boards of the Arduino framework: the serial port of its name, micros(), and what the chip's maker adds to both. */
#include <Arduino.h>
#include <string.h>

#include "harness_config.h"
#include "harness_hal.h"
#include "harness_runner.h"

#if defined(ARDUINO_ARCH_ESP32)
#include <esp_system.h>
#elif defined(ARDUINO_ARCH_STM32)
#include <malloc.h>
#else
#error "this HAL knows the Arduino cores of ESP32 and STM32: add how yours restarts and tells its chips apart"
#endif

#define MICROSECONDS_PER_SECOND 1000000u

#if defined(ARDUINO_ARCH_ESP32)
static const uint32_t retained_magic = 0x48524E53u;
static RTC_NOINIT_ATTR uint32_t retained[2]; /* magic, boots: kept over all restarts but those of power */
#endif

void setup()
{
  harness_runner_start();
}

void loop()
{
  harness_runner_poll();
}

extern "C" {

void hal_init(void)
{
#if defined(ARDUINO_ARCH_ESP32)
  Serial.setRxBufferSize(2048); /* more than a frame of the link */
  if (retained[0] != retained_magic) {
    retained[0] = retained_magic;
    retained[1] = 0;
  }
  retained[1] += 1;
#endif
  Serial.begin(HARNESS_BAUD);
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  size_t taken = 0;
  while (taken < size && Serial.available() > 0) {
    bytes[taken++] = static_cast<uint8_t>(Serial.read());
  }
  return taken;
}

/* The framework has no way to sleep until a byte comes that all its cores share. */
void hal_wait(void)
{
  yield();
}

void hal_write(const uint8_t *bytes, size_t size)
{
  while (size > 0) {
    size_t sent = Serial.write(bytes, size);
    bytes += sent;
    size -= sent;
  }
  Serial.flush();
}

/* micros() wraps after 71 minutes; the upper bits are counted here whenever it has wrapped since the last look. */
uint64_t hal_ticks(void)
{
  static uint32_t high;
  static uint32_t last;
  uint32_t low = static_cast<uint32_t>(micros());

  if (low < last) {
    high += 1;
  }
  last = low;
  return (static_cast<uint64_t>(high) << 32) | low;
}

uint32_t hal_ticks_per_second(void)
{
  return MICROSECONDS_PER_SECOND;
}

uint32_t hal_clock_hz(void)
{
  return static_cast<uint32_t>(F_CPU);
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16);
#if defined(ARDUINO_ARCH_ESP32)
  uint64_t address = ESP.getEfuseMac();
  memcpy(id, &address, sizeof address);
#elif defined(ARDUINO_ARCH_STM32)
  uint32_t words[3] = {HAL_GetUIDw0(), HAL_GetUIDw1(), HAL_GetUIDw2()};
  memcpy(id, words, sizeof words);
#endif
}

uint8_t hal_reset_cause(void)
{
#if defined(ARDUINO_ARCH_ESP32)
  switch (esp_reset_reason()) {
  case ESP_RST_POWERON:
    return 1;
  case ESP_RST_SW:
    return 2;
  case ESP_RST_INT_WDT:
  case ESP_RST_TASK_WDT:
  case ESP_RST_WDT:
    return 3;
  case ESP_RST_PANIC:
    return 4;
  default:
    return 0;
  }
#else
  return 0; /* the flags lie in another register in each family of STM32 */
#endif
}

uint32_t hal_boot_count(void)
{
#if defined(ARDUINO_ARCH_ESP32)
  return retained[1];
#else
  return 1; /* the core's linker scripts keep no memory over a restart */
#endif
}

void hal_reset(void)
{
#if defined(ARDUINO_ARCH_ESP32)
  ESP.restart();
#else
  NVIC_SystemReset();
#endif
}

uint8_t *hal_stack_limit(void)
{
  return nullptr;
}

uint32_t hal_heap_bytes(void)
{
#if defined(ARDUINO_ARCH_ESP32)
  return ESP.getHeapSize() - ESP.getFreeHeap();
#else
  return static_cast<uint32_t>(mallinfo().uordblks);
#endif
}
}
