/* SPDX-License-Identifier: Apache-2.0 */
/* The board "host": a process that speaks the link on its standard input and output, and ends with its input. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "harness_hal.h"

#define BOOT_VARIABLE "HARNESS_BOOT_COUNT" /* how a process that starts itself anew passes its count on */
#define STACK_BYTES ((uintptr_t)1 << 20)   /* how much below the runner is painted */

static uint32_t boot_count = 1;
static int probe[2] = {-1, -1}; /* a pipe by which the kernel tells whether an address may be read */

void hal_init(void)
{
  const char *count = getenv(BOOT_VARIABLE);
  struct termios terminal;

  if (count != NULL) {
    boot_count = (uint32_t)strtoul(count, NULL, 10);
  }
  if (tcgetattr(STDIN_FILENO, &terminal) == 0) {
    cfmakeraw(&terminal);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
  }
  if (pipe2(probe, O_CLOEXEC | O_NONBLOCK) != 0) {
    probe[0] = probe[1] = -1;
  }
}

/* Whether the input has bytes (or its end) to read; waits for as long as `milliseconds`, -1 for ever. */
static int ready(int milliseconds)
{
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};

  return poll(&input, 1, milliseconds) > 0;
}

size_t hal_read(uint8_t *bytes, size_t size)
{
  ssize_t count;

  if (size == 0 || !ready(0)) {
    return 0;
  }
  count = read(STDIN_FILENO, bytes, size);
  if (count > 0) {
    return (size_t)count;
  }
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
    return 0;
  }
  exit(0); /* the other side is gone: nobody will ever ask again */
}

void hal_wait(void)
{
  (void)ready(-1);
}

void hal_write(const uint8_t *bytes, size_t size)
{
  while (size > 0) {
    ssize_t count = write(STDOUT_FILENO, bytes, size);
    if (count >= 0) {
      bytes += count;
      size -= (size_t)count;
    } else if (errno == EAGAIN) {
      struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      (void)poll(&output, 1, -1);
    } else if (errno != EINTR) {
      exit(0);
    }
  }
}

uint64_t hal_ticks(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t hal_ticks_per_second(void)
{
  return 1000000000u;
}

uint32_t hal_clock_hz(void)
{
  return 1000000000u; /* of the timer: the processor's own varies */
}

void hal_chip_id(uint8_t id[16])
{
  memset(id, 0, 16);
}

uint8_t hal_reset_cause(void)
{
  return getenv(BOOT_VARIABLE) == NULL ? 1 : 2;
}

uint32_t hal_boot_count(void)
{
  return boot_count;
}

void hal_reset(void)
{
  char count[16];
  char *const arguments[] = {(char *)"firmware", NULL};

  (void)snprintf(count, sizeof count, "%lu", (unsigned long)boot_count + 1u);
  (void)setenv(BOOT_VARIABLE, count, 1);
  (void)execv("/proc/self/exe", arguments);
  _exit(1);
}

uint8_t *hal_stack_limit(void)
{
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  struct rlimit limit;

  if (getrlimit(RLIMIT_STACK, &limit) != 0 || (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 2 * STACK_BYTES)) {
    return NULL;
  }
  return (uint8_t *)((here - STACK_BYTES) & ~(uintptr_t)15u);
}

uint32_t hal_heap_bytes(void)
{
  return 0; /* the C library's own buffers are no part of the firmware */
}

int hal_readable(uintptr_t address, uint32_t size)
{
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t end = address + size;
  char byte;

  while (address < end) {
    if (write(probe[1], (const void *)address, 1) != 1 || read(probe[0], &byte, 1) != 1) {
      return 0;
    }
    address = (address | (page - 1u)) + 1u;
    if (address == 0) {
      break;
    }
  }
  return 1;
}
