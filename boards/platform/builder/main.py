# SPDX-License-Identifier: Apache-2.0
"""Build script for PlatformIO's SCons: compile ``src``, link ``firmware.elf`` with a map; upload boots it once."""

import os
import sys
from pathlib import Path

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment, Depends, NoCache

HERE = "/proc/self/cwd"  # a name of the project's folder that is the same wherever it lies

env = DefaultEnvironment()
platform_dir = Path(env.PioPlatform().get_dir())
board = env.BoardConfig()
prefix = board.get("build.prefix")
core_flags = board.get("build.flags")
prefix_map = "-fdebug-prefix-map" if prefix == "avr-" else "-ffile-prefix-map"  # the first is what GCC 5 knows
build_dir = os.path.relpath(env.subst("$BUILD_DIR"))
toolchain = board.get("build.toolchain")  # a package of PlatformIO's; else the compiler in PATH
if toolchain:
    env.PrependENVPath("PATH", str(Path(env.PioPlatform().get_package_dir(toolchain)) / "bin"))

os.environ["PWD"] = HERE  # by this name the compiler calls the folder in which it runs
env.Replace(
    CC=f"{prefix}gcc",
    CXX=f"{prefix}g++",
    AS=f"{prefix}gcc",
    LINK=f"{prefix}gcc",
    AR=f"{prefix}gcc-ar",
    RANLIB=f"{prefix}gcc-ranlib",
    OBJCOPY=f"{prefix}objcopy",
    ARFLAGS=["rcD"],
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    LIBS=["m"],
    SIZETOOL=None,  # the harness reads sizes from the ELF; a call less for every build
)
env.Append(
    ASFLAGS=core_flags,
    CCFLAGS=[
        *core_flags,
        "-ffunction-sections",
        "-fdata-sections",
        f"{prefix_map}={HERE}=.",
    ],
    CXXFLAGS=["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"],
    LINKFLAGS=[
        *core_flags,
        *board.get("build.link_flags"),
        "-Wl,--gc-sections",
        "-Wl,--emit-relocs",  # by these the harness tells the model's part of the code from what others use too
        f"-Wl,-Map={build_dir}/firmware.map",
        "-Wl,--build-id=none",
    ],
)
# Objects that do not belong to a model are shared between projects, if the caller names a folder for them.
objects = os.environ.get("HARNESS_OBJECT_CACHE")
if objects:
    env.CacheDir(objects)


def belongs_to_one_build(node):
    """Say whether an object changes with every model."""
    return "/src/model/" in node.get_path() or node.get_path().endswith("/harness_build_key.o")


linker_script = board.get("build.linker_script") and platform_dir / "boards" / board.get("build.linker_script")
if linker_script:
    env.Replace(LDSCRIPT_PATH=os.path.relpath(linker_script))

program = env.BuildProgram()
if linker_script:
    Depends(program, env.File(str(linker_script)))
NoCache(program)
NoCache([node for nodes in env["PIOBUILDFILES"] for node in nodes if belongs_to_one_build(node)])
env.SideEffect("$BUILD_DIR/firmware.map", program)


def boot_once(source, **_kwargs):
    """Start the image in its emulator and wait for a sign of life."""
    sys.path.insert(0, str(platform_dir))
    import emulator

    return emulator.boot_once(board.get("emulation"), Path(str(source[0])))


def make_flash_image(target, source, **_kwargs):
    """Write the content of the chip's flash, from which its mask ROM starts the program."""
    sys.path.insert(0, str(platform_dir))
    import espressif

    try:
        espressif.write_flash_image(
            board.get("flash"), Path(str(source[0])), env.subst("$OBJCOPY"), Path(str(target[0]))
        )
    except espressif.FlashImageError as error:
        print(f"Error: {error}")
        return 1
    return 0


if "flash" in board:
    flash_image = env.Command("$BUILD_DIR/flash.bin", program, env.VerboseAction(make_flash_image, "Making $TARGET"))
    NoCache(flash_image)
    env.Alias("flash_image", flash_image)
AlwaysBuild(env.Alias("upload", program, env.VerboseAction(boot_once, "Starting $SOURCE in the emulator")))
Default(program)
