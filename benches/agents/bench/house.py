"""A server, an agent that calls it, and a plan over a folder of the agent's machine: the real programs, by their own interface."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 4 * 3600


class House:
    """`prefix` begins the server's command, `far` the agent's: how they get into their namespaces."""

    def __init__(self, place, programs, listen="127.0.0.1", prefix=(), far=()):
        self.place, self.programs, self.prefix, self.far = place, programs, list(prefix), list(far)
        self.cookie = self.csrf = None
        place.mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"], "PORT": "0", "BACKUPS_DIR": str(place / "server"), "RUST_LOG": "warn",
            "REMPART_LISTEN": listen, "REMPART_INSECURE_HTTP": "true",
        }
        self.log = open(place / "server.log", "wb")
        self.server = subprocess.Popen(
            [*self.prefix, programs["rempart"], "server"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, text=True,
        )
        self.agent = None
        self.base = token = None
        while token is None:
            line = self.server.stdout.readline()
            if not line:
                raise SystemExit(f"the server ended before it told its address: see {place / 'server.log'}")
            for word in line.split():
                if word.startswith("http") and self.base is None:
                    self.base = "/".join(word.split("/")[:3])
                if "token=" in word:
                    token = word.split("token=")[1].strip()
        self.ask("POST", "/api/setup", {"token": token, "name": "admin", "password": PASSWORD, "language": "en"})
        self.csrf = self.ask("GET", "/api/auth/me")["csrfToken"]

    def ask(self, method, path, body=None):
        """By curl: it can be started in the server's namespace."""
        command = [*self.prefix, "curl", "--silent", "--show-error", "--request", method, "--dump-header", "-"]
        if self.cookie:
            command += ["--header", f"cookie: {self.cookie}"]
        if self.csrf:
            command += ["--header", f"x-rempart-csrf: {self.csrf}"]
        if body is not None:
            command += ["--header", "content-type: application/json", "--data-binary", "@-"]
        told = subprocess.run(
            [*command, self.base + path], input=json.dumps(body) if body is not None else "", check=True,
            stdout=subprocess.PIPE, text=True,
        )
        head, _, text = told.stdout.replace("\r\n", "\n").partition("\n\n")
        status = int(head.split(" ")[1])
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {text}")
        for line in head.split("\n"):
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                self.cookie = value.split(";")[0].strip()
        return json.loads(text) if text else None

    def add_agent(self):
        """A machine with an agent that is there."""
        self.machine = self.ask("POST", "/api/servers", {"name": "machine"})["id"]
        limits = {"priority": "normal", "bytesPerSecond": None, "hours": [], "timeZone": "UTC"}
        self.change_version("/api/servers", {"name": "machine", "address": None, "labels": [], "limits": limits})
        enrolment = self.ask("POST", f"/api/servers/{self.machine}/enrolment", {})
        data = self.place / "agent"
        environment = {"PATH": os.environ["PATH"], "REMPART_AGENT_TOKEN": enrolment["token"], "RUST_LOG": "warn"}
        subprocess.run(
            [*self.far, self.programs["rempart-agent"], "enrol", "--server", self.base, "--server-key",
             enrolment["serverKey"], "--allow-plain-http", "--data", data], env=environment, check=True,
            stdout=subprocess.DEVNULL,
        )
        self.agent = subprocess.Popen(
            [*self.far, self.programs["rempart-agent"], "run", "--data", data], env=environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        self.wait(lambda: self.ask("GET", f"/api/servers/{self.machine}")["connection"] == "online", 60)

    def change_version(self, path, body):
        command_path = f"{path}/{self.machine}"
        told = subprocess.run(
            [*self.prefix, "curl", "--silent", "--show-error", "--fail-with-body", "--request", "PUT", "--header",
             f"cookie: {self.cookie}", "--header", f"x-rempart-csrf: {self.csrf}", "--header", "if-match: *",
             "--header", "content-type: application/json", "--data-binary", "@-", self.base + command_path],
            input=json.dumps(body), stdout=subprocess.PIPE, text=True,
        )
        if told.returncode != 0:
            raise SystemExit(f"PUT {command_path}: {told.stdout}")

    def plan(self, folder, server=None):
        """A plan over a folder of the agent's machine, or of the server's own."""
        server = self.machine if server is None else server
        pools = self.ask("GET", "/api/pools")["items"]
        if not pools:
            (self.place / "pool").mkdir()
            pools = [self.ask("POST", "/api/pools", {
                "name": "disk", "place": {"kind": "local", "path": str(self.place / "pool")}})]
        name = f"files-{server}-{time.monotonic_ns()}"
        repository = self.ask("POST", "/api/repositories", {
            "name": name, "poolId": pools[0]["id"], "serverId": server, "adoptPassword": None})
        return self.ask("POST", "/api/plans", {
            "name": name, "serverId": server, "repositoryId": repository["id"], "enabled": True,
            "sources": {"folders": [str(folder)], "excludes": [], "excludeCaches": False, "oneFileSystem": False,
                        "excludeLargerThanBytes": None},
            "schedule": None, "retention": None, "compression": "auto", "tags": [], "priority": 0, "maxRetries": 0,
            "verifyAfterRun": False})["id"]

    def run(self, plan):
        """Runs a plan to its end; the seconds between its start and its end, and the job."""
        os.sync()
        job = self.ask("POST", f"/api/plans/{plan}/execute", {})["jobId"]
        shown = self.wait(lambda: (lambda job: job["state"] in ("succeeded", "warning", "failed", "canceled") and job)(
            self.ask("GET", f"/api/jobs/{job}")), PATIENCE_SECONDS)
        if shown["state"] != "succeeded":
            raise SystemExit(f"the job ended as {shown['state']}: {json.dumps(shown)}\nsee {self.place / 'server.log'}")
        return moment(shown["endedAt"]) - moment(shown["startedAt"]), shown

    def wait(self, look, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            time.sleep(0.2)
        raise SystemExit(f"not within {seconds} s: see {self.place / 'server.log'}")

    def memory(self, field):
        """Of the agent, in MB: VmRSS is now, VmHWM the most so far. The agent itself, behind what brought it there."""
        status = open(f"/proc/{self.agent.pid}/status").read()
        line = next(line for line in status.splitlines() if line.startswith(field + ":"))
        return int(line.split()[1]) * 1024 / 1e6

    def close(self):
        for process in (self.agent, self.server):
            if process:
                process.terminate()
                process.wait()
        self.log.close()


def moment(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
