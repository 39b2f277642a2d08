"""Runs moto on a port of loopback until standard input ends, that is, until the tests do."""

import os
import sys
import threading


def wait():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=wait, daemon=True).start()

from moto.ec2.responses import EC2Response  # noqa: E402
from moto.server import main  # noqa: E402


def answer(action, body):
    """An answer to a call that moto does not know, as AWS gives it to an account that never used the feature."""

    def respond(_):
        return f'<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>{body}</{action}Response>'

    return respond


EC2Response.describe_vpc_block_public_access_options = answer(
    "DescribeVpcBlockPublicAccessOptions",
    "<vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</internetGatewayBlockMode></vpcBlockPublicAccessOptions>",
)
EC2Response.describe_vpc_block_public_access_exclusions = answer(
    "DescribeVpcBlockPublicAccessExclusions", "<vpcBlockPublicAccessExclusionSet/>"
)

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
