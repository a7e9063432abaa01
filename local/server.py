"""Runs one server of the local AWS, and ends it with everything it started as soon as whoever started it is gone.

Usage: server.py moto PORT | server.py ministack

It is the leader of its own process group. Its standard input is a pipe from the process that started it, which closes however
that process ends, `kill -9` included.
"""

import os
import shutil
import signal
import sys
import threading

HOST = "127.0.0.1"


def end_with_starter():
    while sys.stdin.buffer.read(1024):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    # MiniStack's Lambda workers are in this group too.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def run_moto(port):
    from moto.emr.responses import ElasticMapReduceResponse
    from moto.server import main

    # EMR in Moto reads the region from the host name, and finds us-east-1 in 127.0.0.1. Without its own way of reading it, it
    # follows the request's signature as every other service does.
    del ElasticMapReduceResponse.get_region_from_url
    main(["-H", HOST, "-p", port])


def run_ministack():
    from ministack.app import main

    main()


if __name__ == "__main__":
    server, *arguments = sys.argv[1:]
    # Both read the command line too.
    sys.argv = [server]
    if os.getpgrp() != os.getpid():
        sys.exit("server.py has to lead its process group: start it detached")
    threading.Thread(target=end_with_starter, daemon=True).start()
    if server == "moto":
        run_moto(*arguments)
    else:
        run_ministack()
