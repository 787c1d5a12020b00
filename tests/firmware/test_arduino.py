# SPDX-License-Identifier: Apache-2.0
"""The HAL for Arduino compiles without a warning against a stub of the framework: no vendor's core is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import proc
from harness.boards import load_board
from harness.firmware import render_project
from tests.firmware.conftest import need
from tests.firmware.models import tiny_model

ARDUINO_H = """\
#pragma once
#include <cstddef>
#include <cstdint>
struct HardwareSerial {
  void begin(unsigned long baud);
  size_t setRxBufferSize(size_t size);
  int available();
  int read();
  size_t write(const uint8_t *bytes, size_t size);
  void flush();
};
extern HardwareSerial Serial;
unsigned long micros();
void yield();
void setup();
void loop();
"""

ESP32_H = """\
struct EspClass {
  uint64_t getEfuseMac();
  void restart();
  uint32_t getHeapSize();
  uint32_t getFreeHeap();
};
extern EspClass ESP;
#define RTC_NOINIT_ATTR __attribute__((section(".rtc_noinit")))
"""

ESP_SYSTEM_H = """\
#pragma once
typedef enum {
  ESP_RST_UNKNOWN, ESP_RST_POWERON, ESP_RST_EXT, ESP_RST_SW, ESP_RST_PANIC, ESP_RST_INT_WDT, ESP_RST_TASK_WDT,
  ESP_RST_WDT, ESP_RST_DEEPSLEEP, ESP_RST_BROWNOUT, ESP_RST_SDIO
} esp_reset_reason_t;
esp_reset_reason_t esp_reset_reason(void);
"""

STM32_H = """\
extern "C" {
uint32_t HAL_GetUIDw0(void);
uint32_t HAL_GetUIDw1(void);
uint32_t HAL_GetUIDw2(void);
void NVIC_SystemReset(void);
}
"""

MALLOC_H = '#pragma once\nstruct mallinfo { int uordblks; };\nextern "C" struct mallinfo mallinfo(void);\n'

CORES = {
    "ARDUINO_ARCH_ESP32": {"Arduino.h": ARDUINO_H + ESP32_H, "esp_system.h": ESP_SYSTEM_H},
    "ARDUINO_ARCH_STM32": {"Arduino.h": ARDUINO_H + STM32_H, "malloc.h": MALLOC_H},
}
BOARDS = {"ARDUINO_ARCH_ESP32": "esp32_arduino", "ARDUINO_ARCH_STM32": "nucleo_l4r5zi"}


def compile_project(folder: Path, stubs: Path, core: str) -> proc.Finished:
    common = ["-c", "-Wall", "-Wextra", "-Werror", f"-D{core}", "-DF_CPU=1000000L", "-I", str(folder / "include")]
    cpp = [str(path) for path in sorted((folder / "src").rglob("*.cpp"))]
    c = [str(path) for path in sorted((folder / "src").rglob("*.c"))]
    commands = (["g++", "-std=c++11", "-isystem", str(stubs), *common, *cpp], ["gcc", "-std=c99", *common, *c])
    results = [proc.run(command, timeout_seconds=60, cwd=stubs) for command in commands]
    return proc.Finished(
        exit_code=max(result.exit_code for result in results), output="".join(result.output for result in results)
    )


@pytest.mark.parametrize("core", sorted(CORES))
def test_a_project_for_arduino_compiles_against_a_stub_of_the_core(tmp_path: Path, core: str) -> None:
    need("g++")
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name, text in CORES[core].items():
        (stubs / name).write_text(text)
    project = render_project(tiny_model(), load_board(BOARDS[core]), tmp_path / "p", optimize="speed")
    finished = compile_project(project.folder, stubs, core)
    assert finished.exit_code == 0, finished.output
    symbols = proc.run(["nm", "hal_arduino.o", "main.o"], timeout_seconds=30, cwd=stubs).output
    defined = {line.split()[2] for line in symbols.splitlines() if len(line.split()) == 3}
    declared = {
        word for word in (project.folder / "include/harness_hal.h").read_text().split() if word.startswith("hal_")
    }
    wanted = {name.partition("(")[0] for name in declared if "(" in name} - {"hal_readable"}
    assert wanted <= defined
    assert {"_Z5setupv", "_Z4loopv"} <= defined
    assert "main" not in defined


def test_an_unknown_arduino_core_is_refused_with_what_to_add(tmp_path: Path) -> None:
    need("g++")
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    (stubs / "Arduino.h").write_text(ARDUINO_H)
    project = render_project(tiny_model(), load_board("esp32_arduino"), tmp_path / "p", optimize="speed")
    finished = compile_project(project.folder, stubs, "ARDUINO_ARCH_ABACUS")
    assert finished.exit_code != 0
    assert "add how yours restarts" in finished.output
