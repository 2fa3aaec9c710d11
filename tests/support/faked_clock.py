"""A wall clock that a test sets, for a real server process: its C library is asked through a shim.

    clock = FakedClock(tmp_path)
    server = RedisServer("valkey", environment=clock.environment)
    clock.set_forward(-3_600)

The server's monotonic clock goes on, as it does on a machine whose time is corrected. Needs a C
compiler and Linux; without them the test fails under CI and is skipped elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *offset;

__attribute__((constructor)) static void begin(void) {
  int file = open(getenv("FAKED_CLOCK"), O_RDONLY);
  if (file >= 0) offset = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, now);
  if (clock == CLOCK_REALTIME && offset) now->tv_sec += *offset;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}
"""


class FakedClock:
    """The difference to the machine's clock, in seconds; 0 at first."""

    def __init__(self, directory: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None or not sys.platform.startswith("linux"):
            message = "no C compiler for the clock shim: steps of the clock are NOT tested"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        source, library = directory / "clock.c", directory / "clock.so"
        source.write_text(SHIM)
        build = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(build, check=True, capture_output=True)
        self._file = directory / "offset"
        self.offset = 0
        self._write()
        self.environment = {"LD_PRELOAD": str(library), "FAKED_CLOCK": str(self._file)}

    def set_forward(self, seconds: int) -> None:
        """Set it forward, or back by a negative number."""
        self.offset += seconds
        self._write()

    def _write(self) -> None:
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(self.offset.to_bytes(8, sys.byteorder, signed=True))
