"""Runs one server of the local AWS: server.py moto PORT | server.py ministack"""

import sys

HOST = "127.0.0.1"


def run_moto(port):
    from moto.emr.responses import ElasticMapReduceResponse
    from moto.server import main

    # EMR in Moto reads the Region from the host name, and finds us-east-1 in 127.0.0.1. Without this
    # method, it reads the Region from the signature of the request, like every other service.
    del ElasticMapReduceResponse.get_region_from_url
    main(["-H", HOST, "-p", port])


def run_ministack():
    from ministack.app import main

    main()


if __name__ == "__main__":
    server, *arguments = sys.argv[1:]
    # Both servers read the command line, too.
    sys.argv = [server]
    if server == "moto":
        run_moto(*arguments)
    else:
        run_ministack()
