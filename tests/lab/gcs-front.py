"""Before fake-gcs-server: the one request of the XML protocol that it lacks, a plain PUT, becomes the JSON protocol's
upload, condition included; everything else passes as it is.

gcs-front.py <port> <port of fake-gcs-server>
"""
import http.client
import http.server
import json
import sys
import urllib.parse

PORT, BEHIND = int(sys.argv[1]), int(sys.argv[2])
HOP_BY_HOP = {"connection", "transfer-encoding", "host", "content-length"}


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        method, path = self.command, self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        is_put = method == "PUT" and "?" not in path
        if is_put:
            bucket, _, name = path.lstrip("/").partition("/")
            query = {"uploadType": "media", "name": urllib.parse.unquote(name)}
            if condition := self.headers.get("x-goog-if-generation-match"):
                query["ifGenerationMatch"] = condition
            method, path = "POST", f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}"
        connection = http.client.HTTPConnection("127.0.0.1", BEHIND, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        fields = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        length = answer.getheader("Content-Length", "0") if method == "HEAD" else str(len(content))
        if is_put and answer.status == 200:
            stored = json.loads(content)
            fields = [("ETag", f'"{stored["etag"]}"'), ("x-goog-generation", stored["generation"])]
            content, length = b"", "0"
        self.send_response(answer.status)
        for name, value in [*fields, ("Content-Length", length)]:
            self.send_header(name, value)
        self.end_headers()
        if method != "HEAD":
            self.wfile.write(content)
        connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


Server(("127.0.0.1", PORT), Front).serve_forever()
