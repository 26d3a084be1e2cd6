#!/usr/bin/env python3
"""A service whose calls a shop sells. Prints its port; ends when standard input does.

GET /asked                 what it was asked until now: [{"method", "target", "headers", "body"}]
POST /hold, POST /let-go   requests to /held wait from now on; go on
everything else by its path: /status/{code}, /slow/{seconds}, /bytes/{count}, /events, /broken, /rubbish, /redirect, else an echo
"""

import http.server
import json
import os
import threading
import time

asked = []
open_door = threading.Event()
open_door.set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/asked":
            return self.answer(200, json.dumps(asked).encode())
        if path in ("/hold", "/let-go"):
            open_door.clear() if path == "/hold" else open_door.set()
            return self.answer(204, b"")
        asked.append({"method": self.command, "target": self.path, "headers": list(self.headers.items()), "body": body.decode("latin-1")})
        word, _, rest = path[1:].partition("/")
        if word == "held":
            open_door.wait(60)
        if word == "status":
            return self.answer(int(rest), b"as asked")
        if word == "slow":
            time.sleep(float(rest))
        if word == "redirect":
            return self.answer(302, b"", Location="/elsewhere")
        if word == "rubbish":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            self.close_connection = True
            return None
        if word == "broken":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"only this")
            self.close_connection = True
            return None
        if word == "bytes":
            self.send_response(200)
            self.send_header("Content-Length", rest)
            self.end_headers()
            left, piece = int(rest), b"\xa5" * 65536
            while left > 0:
                left -= self.wfile.write(piece[:left])
            return None
        if word == "events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(1, 6):
                line = f"data: {number}\n\n".encode()
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            return None
        echo = {"method": self.command, "target": self.path, "body": body.decode("latin-1")}
        return self.answer(200, json.dumps(echo).encode(), Content_Type="application/json", Set_Cookie="a=b", Payment_Response="forged")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    while os.read(0, 4096):
        pass
    os._exit(0)
