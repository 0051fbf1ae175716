#!/usr/bin/env bash
# Odooly: Model.read(ids, …) sorts the ids and drops repeated ones, so its answers do not belong to the ids in turn.
#
# One would guess: Model.read([3, 1, 3], 'name') gives the names of 3, 1 and 3, as Odoo's own read() of these ids does,
# so that zip(ids, names) pairs them. In fact the client sends [1, 3], and the names come in that order, unlabelled:
# zip() gives record 3 the name of record 1, without an error. order=True, described as a restriction of searches,
# restores the order and the repetitions here; a RecordList made of the same ids keeps both by itself.
#
# Needs Python 3 with venv, and a package index for pip. Odooly is pinned; the server is a stand-in of the script's own
# on the loopback interface, which answers by JSON-RPC as Odoo does, each record in the place of its id. Seen on a real
# Odoo 14.0 too, whose own read() answers [1, 3, 1] as records 1, 3 and 1.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check odooly==2.6.7

HOME=$work "$work/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

NAMES = {1: "Azure", 2: "Brandon", 3: "Colleen"}
COMMON = {"version": {"server_version": "18.0"}, "login": 2, "authenticate": 2}
asked = []


def answer(params):
    if params["service"] == "common":
        return COMMON[params["method"]]
    if params["service"] == "db":
        return ["db"]
    model, method, args = params["args"][3:6]
    if method == "context_get":
        return {"lang": "en_US", "tz": "UTC"}
    if model == "ir.model":
        return {"model": {"type": "char"}} if method == "fields_get" else [{"id": 1, "model": "res.partner"}]
    if method == "fields_get":
        return {"id": {"type": "integer"}, "name": {"type": "char"}}
    assert (model, method) == ("res.partner", "read"), (model, method)
    asked.append(args[0])
    return [{"id": id, "name": NAMES[id]} for id in args[0]]


class Odoo(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/jsonrpc":
            self.send_error(404)
            return
        body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": answer(request["params"])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Odoo)
threading.Thread(target=server.serve_forever, daemon=True).start()

import odooly

print("Odooly", version("odooly"))
client = odooly.Client(f"http://127.0.0.1:{server.server_port}/jsonrpc", "db", "user", "secret")
partners = client.env["res.partner"]
ids = [3, 1, 3]

names = partners.read(ids, "name")
seen = [
    ("read([3, 1, 3], 'name')", names, ["Azure", "Colleen"]),
    ("the ids that Odoo was asked for", asked[-1], [1, 3]),
    ("zip(ids, names)", list(zip(ids, names)), [(3, "Azure"), (1, "Colleen")]),
    ("read([3, 1, 3], 'name', order=True)", partners.read(ids, "name", order=True), ["Colleen", "Azure", "Colleen"]),
    ("browse([3, 1, 3]).name", partners.browse(ids).name, ["Colleen", "Azure", "Colleen"]),
]
for what, value, _ in seen:
    print(f"{what}: {value!r}")
for what, value, recorded in seen:
    if value != recorded:
        sys.exit(f"DIFFERS: {what}: {value!r}, recorded was: {recorded!r}")
print("As recorded: read() answers by ascending id, once each.")
PYTHON
