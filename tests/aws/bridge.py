"""Calls of boto3 for the tests, a line of JSON each: what AWS has, seen without flowlogs."""

import json
import sys

import boto3

clients = {}
for line in sys.stdin:
    service, method, arguments = json.loads(line)
    if service not in clients:
        clients[service] = boto3.client(service)
    try:
        answer = {"ok": getattr(clients[service], method)(**arguments)}
    except Exception as error:  # The test reports it, whatever it is.
        answer = {"error": str(error)}
    print(json.dumps(answer, default=str), flush=True)
