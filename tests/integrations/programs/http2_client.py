"""Sends one HTTP/2 request to a port of this machine, by prior knowledge, and prints the response.

    python http2_client.py PORT < REQUEST      # {"fields": [[NAME, VALUE], ...], "body": HEX}

Prints [STATUS, BODY] as JSON; the status is 0 where the stream or the connection ends without a response.
Source: https://www.rfc-editor.org/rfc/rfc9113#section-3.3
"""

import json
import socket
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset


def exchange(port: int, fields: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
    # The fields go out as they are given: a test tries what no client should send.
    client = H2Connection(H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False))
    client.initiate_connection()
    client.send_headers(1, fields, end_stream=not body)
    status, received = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        while True:
            while size := min(len(body), client.local_flow_control_window(1), client.max_outbound_frame_size):
                client.send_data(1, body[:size], end_stream=size == len(body))
                body = body[size:]
            connection.sendall(client.data_to_send())
            data = connection.recv(1 << 16)
            for event in client.receive_data(data) if data else [ConnectionTerminated()]:
                if isinstance(event, ResponseReceived):
                    status = int(dict(event.headers)[b":status"])
                elif isinstance(event, DataReceived):
                    received += event.data
                    client.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, StreamEnded | StreamReset | ConnectionTerminated):
                    return status, received


if __name__ == "__main__":
    request = json.load(sys.stdin)
    fields = [(name, value) for name, value in request["fields"]]
    status, body = exchange(int(sys.argv[1]), fields, bytes.fromhex(request["body"]))
    print(json.dumps([status, body.decode()]))
