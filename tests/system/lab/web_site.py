"""A small web server over TLS that says what a test has written down for each path."""

import http.server
import ssl
import threading


class WebSite:
    """Listens at one address and port; `asked` holds the paths in the order of the questions."""

    def __init__(self, host, port, certificate):
        self.host = host
        self.answers = {}
        self.asked = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append(self.path)
                status, headers, body = site.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked has had enough

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self._server = Server((host, port), Handler)
        self._server.context = context
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def use(self, context):
        """Shows another certificate from now on; returns what it has shown so far."""
        before, self._server.context = self._server.context, context
        return before

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        request.settimeout(10)
        super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)

    def handle_error(self, request, client_address):
        """A client that breaks off is what some tests are about."""
