/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An AVR as a process: libsimavr runs an image of its flash, UART 0 is an open file, and every inference is counted,
 * instruction by instruction. Arguments: MCU CLOCK_HZ IMAGE_FD LINE_FD [CONFIG_FD RECORDS_FD]. A configuration has a
 * line for each range of addresses: caller, inference, layer, memory, first address, first one behind it; data lies at
 * 0x800000. A record has words of 64 bits: instructions and cycles of the inference, then of each layer, then the bytes
 * read from each memory, and from elsewhere, by the inference, then by each layer. What is executed in an interrupt, the
 * timer's overflow, is not counted: it falls into one inference and not into the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counting.h"

#define UCSR0B 0xC1u
#define RXEN0 0x10u
#define LOOK_AFTER 2000u /* instructions between two looks at the line of a device that is busy */

static avr_t *avr;
static int line_fd;

static avr_irq_t *uart_input;
static int uart_has_room = 1;

void fail(const char *what) {
  fprintf(stderr, "simavr_device: %s\n", what);
  exit(1);
}

/* ---- The line ---- */

static void on_output(struct avr_irq_t *irq, uint32_t value, void *data) {
  uint8_t byte = (uint8_t)value;
  (void)irq, (void)data;
  while (write(line_fd, &byte, 1) != 1) {
    if (errno != EINTR && errno != EAGAIN) {
      fail("the line is gone");
    }
  }
}

static void on_room(struct avr_irq_t *irq, uint32_t value, void *data) {
  (void)irq, (void)value;
  uart_has_room = data != NULL;
}

/* Hand bytes that have come to the UART, as many as it takes; wait for the first, at most so long. */
static void look_at_line(int milliseconds) {
  struct pollfd line = {.fd = line_fd, .events = POLLIN};
  int listens = (avr->data[UCSR0B] & RXEN0) != 0 && uart_has_room; /* else bytes wait in the line */
  if (!listens) {
    if (milliseconds > 0) {
      (void)poll(NULL, 0, milliseconds);
    }
    return;
  }
  while (uart_has_room && poll(&line, 1, milliseconds) > 0) {
    uint8_t byte;
    if (read(line_fd, &byte, 1) != 1) {
      fail("the line is gone");
    }
    avr_raise_irq(uart_input, byte);
    milliseconds = 0;
  }
}

/* The core sleeps until its next timer is due: so does this process, unless a byte comes. */
static void on_sleep(avr_t *core, avr_cycle_count_t how_long) {
  look_at_line((int)(how_long * 1000 / core->frequency));
}

static void connect_line(void) {
  const char *names = "0";
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS(names[0]), &flags); /* prints nothing itself, and never sleeps by itself */
  uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ(names[0]), UART_IRQ_INPUT);
  if (uart_input == NULL) {
    fail("this chip has no UART 0");
  }
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ(names[0]), UART_IRQ_OUTPUT), on_output, NULL);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ(names[0]), UART_IRQ_OUT_XON), on_room, avr);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ(names[0]), UART_IRQ_OUT_XOFF), on_room, NULL);
}

/* ---- Start ---- */

static void log_warnings(struct avr_t *core, const int level, const char *format, va_list arguments) {
  (void)core;
  if (level <= LOG_WARNING && level != LOG_OUTPUT) {
    vfprintf(stderr, format, arguments);
  }
}

static void load_flash(int fd) {
  struct stat status;
  uint8_t *image;
  if (fstat(fd, &status) != 0 || status.st_size > (off_t)avr->flashend + 1) {
    fail("the image is larger than the flash");
  }
  image = malloc((size_t)status.st_size);
  if (image == NULL || pread(fd, image, (size_t)status.st_size, 0) != status.st_size) {
    fail("the image cannot be read");
  }
  avr_loadcode(avr, image, (uint32_t)status.st_size, 0);
  avr->codeend = avr->flashend;
  free(image);
}

int main(int argc, char **argv) {
  unsigned int left = LOOK_AFTER;
  if (argc != 5 && argc != 7) {
    fail("arguments: MCU CLOCK_HZ IMAGE_FD LINE_FD [CONFIG_FD RECORDS_FD]");
  }
  avr_global_logger_set(log_warnings);
  avr = avr_make_mcu_by_name(argv[1]);
  if (avr == NULL) {
    fail("libsimavr does not know this chip");
  }
  avr_init(avr);
  avr->frequency = (uint32_t)strtoul(argv[2], NULL, 10);
  avr->sleep = on_sleep;
  avr->run_cycle_limit = 1; /* one instruction at a time */
  avr->run_cycle_count = 1;
  avr->log = LOG_WARNING;
  load_flash(atoi(argv[3]));
  line_fd = atoi(argv[4]);
  counting_init(avr, argc == 7 ? atoi(argv[5]) : -1, argc == 7 ? atoi(argv[6]) : -1);
  connect_line();
  while (avr->state != cpu_Crashed) {
    if (avr->state == cpu_Done) { /* asleep with interrupts off: nothing will ever wake it */
      pause();
    }
    counting_step();
    if (--left == 0) {
      left = LOOK_AFTER;
      look_at_line(0);
    }
  }
  fprintf(stderr, "simavr_device: the program has crashed at 0x%05x\n", avr->pc);
  return 7;
}
