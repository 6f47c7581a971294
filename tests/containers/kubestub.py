"""A small stand-in for a Kubernetes API server, with services and the owners of pods.

Read-only list and watch over plain HTTP on loopback,
behaving like the real server where clients usually go wrong: 401, 403, 410,
resourceVersion, chunked watch streams that end, bookmarks, selectors, limit and
continue.  Objects come from JSON files (a PodList, a List, or single objects)
and from POST /_ctl while it runs.  Standard library only; importable as Stub.
"""
import base64
import copy
import json
import queue
import socket
import struct
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

KINDS = {
    "pods": ("Pod", True), "nodes": ("Node", False), "namespaces": ("Namespace", False), "services": ("Service", True),
    "replicationcontrollers": ("ReplicationController", True), "replicasets": ("ReplicaSet", True), "deployments": ("Deployment", True),
    "daemonsets": ("DaemonSet", True), "statefulsets": ("StatefulSet", True), "jobs": ("Job", True),
}
GROUPS = (["api", "v1"], ["apis", "apps", "v1"], ["apis", "batch", "v1"])
HISTORY = 1000
RESET = object()


def status(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code}


def field(obj, path):
    for p in path.split("."):
        obj = obj.get(p, "") if isinstance(obj, dict) else ""
    return str(obj)


def matches(obj, q):
    """fieldSelector and labelSelector: =, ==, !=, bare key, !key."""
    labels = obj["metadata"].get("labels") or {}
    for name, get in (("fieldSelector", lambda k: field(obj, k)), ("labelSelector", lambda k: labels.get(k))):
        for t in filter(None, q.get(name, "").split(",")):
            if "!=" in t:
                k, v = t.split("!=")
                ok = get(k) != v
            elif "=" in t:
                k, v = t.replace("==", "=").split("=")
                ok = get(k) == v
            else:
                ok = (get(t.lstrip("!")) is None) == t.startswith("!")
            if not ok:
                return False
    return True


class Stub:
    def __init__(self, port=0, token=None, deny=()):
        self.lock = threading.Lock()
        self.rv, self.oldest = 100, 0
        self.objs = {r: {} for r in KINDS}
        self.hist, self.watchers = [], []
        self.token, self.deny, self.requests = token, set(deny), []
        self.logs = {}          # (namespace, pod): [(time, line)]
        self.grown = threading.Condition()
        self.log_ends = 0       # how often all followed logs were broken off
        self.fail = []          # status codes to answer next, then forgotten
        stub = self

        class H(Handler):
            s = stub
        self.http = ThreadingHTTPServer(("127.0.0.1", port), H)
        self.http.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]

    def start(self):
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        self.close_watches()

    def log(self, namespace, pod, stamp, line):
        """A container writes a line."""
        with self.grown:
            self.logs.setdefault((namespace, pod), []).append((stamp, line))
            self.grown.notify_all()

    def end_logs(self):
        """Break off all logs that are followed, as API servers do now and then."""
        with self.grown:
            self.log_ends += 1
            self.grown.notify_all()

    def reset_watches(self):
        """Hang up on all watchers in the middle of a line."""
        with self.lock:
            for w in self.watchers:
                w[2].put(RESET)

    def close_watches(self):
        with self.lock:
            for w in self.watchers:
                w[2].put(None)

    def expire(self):
        """Forget all history, as after a compaction and restart: old watches get 410."""
        with self.lock:
            self.oldest, self.hist = self.rv, []

    def apply(self, obj, delete=False):
        obj = copy.deepcopy(obj)
        kind = obj.get("kind") or "Pod"
        res = next(r for r, (k, _) in KINDS.items() if k == kind)
        m = obj.setdefault("metadata", {})
        if KINDS[res][1]:
            m.setdefault("namespace", "default")
        key = (m.get("namespace", ""), m["name"])
        with self.lock:
            old = self.objs[res].get(key)
            if delete and old is None:
                return
            self.rv += 1
            typ = "DELETED" if delete else "MODIFIED" if old else "ADDED"
            if delete:
                obj = copy.deepcopy(old)
                del self.objs[res][key]
            m = obj["metadata"]
            m.setdefault("uid", old["metadata"]["uid"] if old else str(uuid.uuid4()))
            m.setdefault("creationTimestamp", old["metadata"]["creationTimestamp"] if old else
                         time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
            m["resourceVersion"] = str(self.rv)
            obj = dict({"kind": kind, "apiVersion": "v1"}, **obj)
            if not delete:
                self.objs[res][key] = obj
            ev = (self.rv, res, typ, obj, old)
            self.hist.append(ev)
            if len(self.hist) > HISTORY:
                self.oldest = self.hist.pop(0)[0]
            for r, _, qq in self.watchers:
                if r == res:
                    qq.put(ev)

    def load(self, doc):
        for o in doc.get("items", [doc]):
            k = doc["kind"][:-4] if doc.get("kind", "").endswith("List") and doc["kind"] != "List" else None
            self.apply(dict({"kind": k} if k and "kind" not in o else {}, **o))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s = None

    def log_message(self, *a):
        pass

    def send(self, obj, code=200):
        b = json.dumps(obj, separators=(",", ":")).encode() + b"\n"
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)

    def do_POST(self):
        b = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path != "/_ctl":
            return self.send(status(405, "MethodNotAllowed", "read-only stub"), 405)
        if "apply" in b:
            self.s.load(b["apply"])
        if "delete" in b:
            self.s.apply(b["delete"], delete=True)
        if b.get("expire"):
            self.s.expire()
        if b.get("close_watches"):
            self.s.close_watches()
        self.s.fail += b.get("fail", [])
        if "deny" in b:
            self.s.deny = set(b["deny"])
        self.send({"resourceVersion": str(self.s.rv), "requests": self.s.requests[-50:]})

    def do_GET(self):
        u = urlparse(self.path)
        u = u._replace(path=u.path.rstrip("/"))
        q = {k: v[-1] for k, v in parse_qs(u.query, keep_blank_values=True).items()}
        self.s.requests.append(self.path)
        if u.path in ("/readyz", "/livez", "/healthz"):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            return self.wfile.write(b"ok")
        if self.s.token and self.headers.get("Authorization") != "Bearer " + self.s.token:
            return self.send(status(401, "Unauthorized", "Unauthorized"), 401)
        if self.s.fail:
            c = self.s.fail.pop(0)
            return self.send(status(c, "InternalError", "told to fail"), c)
        if u.path == "/version":
            return self.send({"major": "1", "minor": "30", "gitVersion": "v1.30.0-kubestub",
                              "gitCommit": "0" * 40, "gitTreeState": "clean", "buildDate": "2024-01-01T00:00:00Z",
                              "goVersion": "go1.22.0", "compiler": "gc", "platform": "linux/amd64"})
        if u.path == "/api":
            return self.send({"kind": "APIVersions", "versions": ["v1"]})
        if u.path == "/apis":
            return self.send({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if u.path == "/api/v1":
            return self.send({"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                {"name": r, "singularName": "", "namespaced": n, "kind": k, "verbs": ["get", "list", "watch"]}
                for r, (k, n) in KINDS.items()]})
        p = u.path.strip("/").split("/")
        ns = name = None
        group = next((g for g in GROUPS if p[: len(g)] == g), None)
        if group is None:
            p = []
        else:
            p = p[len(group):]
            if len(p) >= 3 and p[0] == "namespaces":
                ns, p = p[1], p[2:]
            if len(p) == 2:
                name = p[1]
        if len(p) == 3 and p[0] == "pods" and p[2] == "log":
            return self.follow_log((ns, p[1]), q)
        if not p or p[0] not in KINDS or len(p) > 2:
            return self.send(status(404, "NotFound", "the server could not find the requested resource"), 404)
        res = p[0]
        if res in self.s.deny:
            return self.send(status(403, "Forbidden", f'{res} is forbidden: User "csyspy" cannot list resource "{res}" in API group "" at the cluster scope'), 403)
        if name:
            o = self.s.objs[res].get((ns or "", name))
            return self.send(o or status(404, "NotFound", f'{res} "{name}" not found'), 200 if o else 404)
        if q.get("watch", "") in ("1", "true", "True"):
            return self.watch(res, ns, q)
        self.list(res, ns, q)

    def sel(self, o, ns, q):
        return o is not None and (not ns or o["metadata"].get("namespace") == ns) and matches(o, q)

    def list(self, res, ns, q):
        with self.s.lock:
            rv = self.s.rv
            items = [o for k, o in sorted(self.s.objs[res].items()) if self.sel(o, ns, q)]
        start = 0
        if q.get("continue"):
            crv, start = json.loads(base64.urlsafe_b64decode(q["continue"]))
            if crv < self.s.oldest:
                return self.send(status(410, "Expired", "The provided continue parameter is too old"), 410)
        if q.get("resourceVersionMatch") == "Exact" and int(q.get("resourceVersion") or 0) < self.s.oldest:
            return self.send(status(410, "Expired", "The resourceVersion for the provided list is too old."), 410)
        md = {"resourceVersion": str(rv)}
        lim = int(q.get("limit") or 0)
        part = items[start:start + lim] if lim else items[start:]
        if lim and start + lim < len(items):
            md["continue"] = base64.urlsafe_b64encode(json.dumps([rv, start + lim]).encode()).decode()
            if not (q.get("fieldSelector") or q.get("labelSelector")):
                md["remainingItemCount"] = len(items) - start - lim
        self.send({"kind": KINDS[res][0] + "List", "apiVersion": "v1", "metadata": md,
                   "items": [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in part]})

    def chunk(self, typ, obj):
        b = json.dumps({"type": typ, "object": obj}, separators=(",", ":")).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(b), b))
        self.wfile.flush()

    def watch(self, res, ns, q):
        rv = q.get("resourceVersion") or "0"
        qq = queue.Queue()
        me = (res, rv, qq)
        with self.s.lock:
            now = self.s.rv
            gone = int(rv) and int(rv) < self.s.oldest
            first = [] if int(rv) else [(o["metadata"]["resourceVersion"], res, "ADDED", o, None)
                                        for _, o in sorted(self.s.objs[res].items())]
            if int(rv):
                first = [e for e in self.s.hist if e[0] > int(rv) and e[1] == res]
            if not gone:
                self.s.watchers.append(me)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.time() + float(q.get("timeoutSeconds") or 1800)
        bm = q.get("allowWatchBookmarks") in ("1", "true", "True")
        try:
            if gone:
                self.chunk("ERROR", status(410, "Expired", f"too old resource version: {rv} ({now})"))
            else:
                for e in first:
                    self.event(e, ns, q)
                while time.time() < end:
                    try:
                        e = qq.get(timeout=max(0.01, min(1, end - time.time())))
                    except queue.Empty:
                        continue
                    if e is None:
                        break
                    if e is RESET:
                        self.wfile.write(b'40\r\n{"type":"MODI')
                        self.wfile.flush()
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        raise ConnectionResetError
                    self.event(e, ns, q)
                if bm and time.time() >= end:
                    self.chunk("BOOKMARK", {"kind": KINDS[res][0], "apiVersion": "v1",
                                            "metadata": {"resourceVersion": str(self.s.rv), "creationTimestamp": None},
                                            **({"spec": {"containers": None}, "status": {}} if res == "pods" else {})})
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with self.s.lock:
                if me in self.s.watchers:
                    self.s.watchers.remove(me)

    def follow_log(self, key, q):
        """follow, timestamps, tailLines, and sinceTime in whole seconds."""
        with self.s.grown:
            ends, lines = self.s.log_ends, self.s.logs.setdefault(key, [])
            sent = len(lines) - min(int(q["tailLines"]), len(lines)) if "tailLines" in q else 0
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                with self.s.grown:
                    self.s.grown.wait_for(lambda: len(lines) > sent or self.s.log_ends > ends, 60)
                    new, over = lines[sent:], self.s.log_ends > ends
                for stamp, line in new:
                    sent += 1
                    if stamp >= q.get("sinceTime", "").rstrip("Z"):
                        b = f"{stamp} {line}\n".encode()
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(b), b))
                self.wfile.flush()
                if over:
                    return self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def event(self, e, ns, q):
        """An object entering or leaving a selector is ADDED or DELETED to this watcher."""
        _, _, typ, obj, old = e
        now, was = self.sel(obj, ns, q), self.sel(old, ns, q)
        if typ == "MODIFIED" and now != was:
            typ = "ADDED" if now else "DELETED"
        elif not now:
            return
        self.chunk(typ, obj)
