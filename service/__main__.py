"""`python -m service`."""

import os
import signal
import sys

if __name__ == "__main__":
    # What is imported takes a moment. Ctrl-C ends that quietly, as it ends a program that has not begun.
    ctrl_c = signal.getsignal(signal.SIGINT)
    if ctrl_c is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1:2] == ["serve"]:
        # A container's first process ignores SIGTERM where it does not say otherwise. So far there is nothing to end.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from .cli import main, output

    output.prepare()
    signal.signal(signal.SIGINT, ctrl_c)
    sys.exit(main(sys.argv[1:]))
