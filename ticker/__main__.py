"""``python -m ticker`` and the ``ticker`` command: the command line as a process of its own.

Most commands end a moment after their imports, which leave hardly any garbage. So garbage is looked
for only after ``NEW_OBJECTS``, and not once more at the end, which would go over all modules: that
saves a tenth of a short command. Servers set the usual numbers (``ticker.cli.processes``).
"""

import gc
import sys
from typing import NoReturn

NEW_OBJECTS = 50_000
"""New objects after which garbage is looked for."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it."""

gc.set_threshold(NEW_OBJECTS)  # before the imports


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    try:
        from ticker.cli.main import main as run

        run()
    except KeyboardInterrupt:  # before a command has begun, or in the completion of a shell
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
