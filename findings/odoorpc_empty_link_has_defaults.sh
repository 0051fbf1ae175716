#!/usr/bin/env bash
# OdooRPC: a field read through an empty many2one is the linked model's default value, not False.
#
# One would guess: picking.sale_id.state of a picking without a sale order is False, as on Odoo's own empty recordset,
# whose API OdooRPC follows. In fact OdooRPC makes the empty recordset by asking Odoo for default_get() of the linked
# model, and answers from that: the state of the sale order that does not exist is 'draft', and a report that counts by
# it finds quotations where there is nothing. Each look at an empty link costs one such request; nothing is kept.
#
# Needs Python 3 with venv, and a package index for pip. OdooRPC is pinned; the server is a stand-in of the script's own
# on the loopback interface, which answers by JSON-RPC as Odoo does. Seen on a real Odoo 14.0 too:
# parent_id.type of a partner without a parent is 'contact'.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check odoorpc==0.10.1

"$work/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

FIELDS = {
    "stock.picking": {
        "name": {"type": "char"},
        "sale_id": {"type": "many2one", "relation": "sale.order"},
    },
    "sale.order": {
        "name": {"type": "char"},
        "state": {"type": "selection", "selection": [["draft", "Quotation"], ["sale", "Sales Order"]]},
        "note": {"type": "text"},
    },
}
RECORDS = {
    "stock.picking": {
        1: {"id": 1, "name": "OUT/1", "sale_id": 5},
        2: {"id": 2, "name": "OUT/2", "sale_id": False},
    },
    "sale.order": {5: {"id": 5, "name": "S5", "state": "sale", "note": False}},
}
DEFAULTS = {"sale.order": {"name": "New", "state": "draft"}}
calls = Counter()


def answer(params):
    if params["service"] == "common":
        return 2
    model, method, *args = params["args"][3:]
    if params["method"] == "execute_kw":
        args = args[0]
    calls[model, method] += 1
    if method == "context_get":
        return {"lang": "en_US", "tz": "UTC"}
    if method == "fields_get":
        return FIELDS[model]
    if method == "default_get":
        return {name: value for name, value in DEFAULTS[model].items() if name in args[0]}
    assert method == "read", method
    ids, names = args
    return [{name: RECORDS[model][id][name] for name in ["id", *names]} for id in ids]


class Odoo(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/web/webclient/version_info":
            result = {"server_version": "18.0", "server_version_info": [18, 0, 0, "final", 0, ""]}
        else:
            result = answer(request["params"])
        body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Odoo)
threading.Thread(target=server.serve_forever, daemon=True).start()

import odoorpc

print("OdooRPC", version("odoorpc"))
odoo = odoorpc.ODOO("127.0.0.1", port=server.server_port)
odoo.login("db", "user", "secret")
sold, unsold = (odoo.env["stock.picking"].browse(id) for id in (1, 2))

seen = [
    ("with a sale order: state", sold.sale_id.state, "sale"),
    ("without: the link is true", bool(unsold.sale_id), False),
    ("without: its id", unsold.sale_id.id, None),
    ("without: its state", unsold.sale_id.state, "draft"),
    ("without: its name", unsold.sale_id.name, "New"),
    ("without: its note, which has no default", unsold.sale_id.note, False),
    ("default_get requests for these five", calls["sale.order", "default_get"], 5),
]
for what, value, _ in seen:
    print(f"{what}: {value!r}")
for what, value, recorded in seen:
    if value != recorded or type(value) is not type(recorded):
        sys.exit(f"DIFFERS: {what}: {value!r}, recorded was: {recorded!r}")
print("As recorded: an empty link answers with the linked model's defaults.")
PYTHON
