"""Makes one of everything on a fresh server, as its user "tester", and writes what schemathesis needs: the configuration (the
session, and which things each operation is asked about), and the server's description with bodies as examples that fit what is
there. What is destroyed or locked out is never what the others need.

  seed.py URL CONFIG FOLDER     CONFIG: the part of the configuration that does not depend on the server; FOLDER gets
                                schemathesis.toml and openapi.json. A mail server listens on 127.0.0.1:2525.
"""

import http.cookiejar
import json
import pathlib
import sys
import time
import urllib.request

PASSWORD = "a fence around the orchard"


class Browser:
    def __init__(self, url):
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.csrf = None
        self.ask("POST", "/api/auth/login", {"name": "tester", "password": PASSWORD})
        self.csrf = self.ask("GET", "/api/auth/me")["csrfToken"]

    def ask(self, method, path, body=None):
        headers = {"content-type": "application/json", "if-match": "*"}
        if self.csrf:
            headers["x-rempart-csrf"] = self.csrf
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with self.opener.open(request) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")

    def cookie(self):
        return next(cookie.value for cookie in self.jar if cookie.name == "rempart_session")


def run(browser, plan):
    """A run of the plan to its end; its snapshot's number."""
    started = browser.ask("POST", f"/api/plans/{plan}/execute")
    for _ in range(600):
        found = browser.ask("GET", f"/api/runs/{started['runId']}")
        if found["state"] == "succeeded":
            return started["runId"], started["jobId"], found["snapshotId"]
        if found["state"] not in ("queued", "running"):
            sys.exit(f"a run of the seed ended as {found}")
        time.sleep(0.1)
    sys.exit("a run of the seed does not end")


def seed(url):
    www = pathlib.Path("/srv/www")
    (www / "cache").mkdir(parents=True)
    (www / "index.html").write_text("<h1>Rempart</h1>" * 500)
    browser = Browser(url)
    pools = [
        browser.ask("POST", "/api/pools", {"name": f"Pool {n}", "place": {"kind": "local", "path": f"/srv/pool-{n}"}})
        for n in range(3)
    ]
    pool, changed_pool, removed_pool = (made["id"] for made in pools)
    server = browser.ask("GET", "/api/servers")["items"][0]["id"]
    repositories = [
        browser.ask("POST", "/api/repositories", {"name": f"seed-{n}", "poolId": pool, "serverId": server})
        for n in range(4)
    ]
    repository, changed_repository, removed_repository, handed_out = (made["id"] for made in repositories)
    kit = browser.ask("POST", f"/api/repositories/{handed_out}/recovery-kit")

    # Machines whose agents never call: what is asked of them waits.
    changed_server, removed_server, away = (
        browser.ask("POST", "/api/servers", {"name": name})["id"] for name in ("changed", "removed", "away")
    )

    # Of one machine one thing is done at a time.
    reached = {
        f"servers.{verb}": browser.ask("POST", "/api/servers", {"name": verb})["id"]
        for verb in ("installAgent", "upgradeAgent", "restartAgent", "uninstallAgent", "readAgentJournal")
    }

    away_repository = browser.ask("POST", "/api/repositories", {"name": "away", "poolId": pool, "serverId": away})["id"]

    def plan(name, server=server, repository=repository):
        sources = {"folders": ["/srv/www"], "excludes": [], "excludeCaches": True, "oneFileSystem": False}
        body = {"name": name, "serverId": server, "repositoryId": repository, "enabled": True, "sources": sources,
                "schedule": None, "retention": None, "compression": "auto", "tags": [], "priority": 0, "maxRetries": 0,
                "verifyAfterRun": False}
        return browser.ask("POST", "/api/plans", body)["id"]

    kept_plan, changed_plan, removed_plan = plan("Kept"), plan("Changed"), plan("Removed")
    run_id, job, snapshot = run(browser, kept_plan)
    waiting = [
        browser.ask("POST", f"/api/plans/{plan(name, away, away_repository)}/execute") for name in ("Waits", "Waits too")
    ]
    removed_snapshots = []
    for number in range(2):
        (www / "index.html").write_text(f"<h1>Rempart, changed {number}</h1>" * 500)
        removed_snapshots.append(run(browser, kept_plan)[2])
    users = [
        browser.ask("POST", "/api/users", {"name": name, "role": "viewer", "password": "two herons on the pond"})
        for name in ("vera", "walter")
    ]
    tokens = [browser.ask("POST", "/api/tokens", {"name": f"token {n}", "scopes": ["read"]}) for n in range(2)]
    client = browser.ask("POST", f"/api/repositories/{repository}/clients", {"username": "nas", "mode": "appendOnly"})
    Browser(url)  # a second session, to be ended
    other = next(one["id"] for one in browser.ask("GET", "/api/auth/sessions")["items"] if not one["current"])
    workers = [worker["name"] for worker in browser.ask("GET", "/api/workers")["items"]]

    about = {
        "pools.read pools.analyse pools.history": {"path.id": pool},
        "pools.update": {"path.id": changed_pool},
        "pools.delete": {"path.id": removed_pool},
        "repositories.read repositories.recoveryKit repositories.check repositories.prune repositories.refresh "
        "repositories.unlock repositories.clients repositories.createClient": {"path.id": repository},
        "repositories.confirmRecoveryKit": {"path.id": handed_out},
        "repositories.update": {"path.id": changed_repository},
        "repositories.delete": {"path.id": removed_repository},
        "repositories.deleteClient": {"path.id": repository, "path.clientId": client["client"]["id"]},
        "plans.show plans.execute legacy.runBackupJob": {"path.id": kept_plan},
        "plans.update": {"path.id": changed_plan},
        "plans.remove": {"path.id": removed_plan},
        "runs.show runs.retry runs.problems runs.log legacy.restoreById": {"path.id": run_id},
        "runs.cancel": {"path.id": waiting[0]["runId"]},
        "jobs.show jobs.log": {"path.id": job},
        "jobs.cancel": {"path.id": waiting[1]["jobId"]},
        "snapshots.read snapshots.find snapshots.restore": {"path.id": snapshot},
        "snapshots.files": {"path.id": snapshot, "query.path": "/srv/www"},
        # A file: a folder comes as an archive, whose content type the description does not name yet.
        "snapshots.download": {"path.id": snapshot, "query.path": "/srv/www/index.html"},
        "snapshots.delete": {"path.id": removed_snapshots[0]},
        "legacy.deleteBackup": {"path.id": removed_snapshots[1]},
        "servers.update servers.enrol servers.revoke": {"path.id": changed_server},
        "servers.remove": {"path.id": removed_server},
        "servers.read servers.stats servers.collectStats servers.capabilities servers.learnCapabilities servers.alerts "
        "servers.readThresholds": {"path.id": server},
        "servers.statsHistory": {"path.id": server, "query.range": "week"},
        "servers.writeThresholds": {"path.id": changed_server, "header.If-Match": "*"},
        "servers.explore": {"path.id": server, "query.path": "/srv"},
        "users.update": {"path.id": users[0]["id"]},
        "users.remove": {"path.id": users[1]["id"]},
        "tokens.remove": {"path.id": tokens[0]["token"]["id"]},
        "auth.endSession": {"path.id": other},
        "workers.start workers.stop workers.restart workers.logs": {"path.name": workers[-1]},
    }
    parameters = {}
    changes = {"pools", "repositories", "plans", "users", "servers"}
    for operations, given in about.items():
        for operation in operations.split():
            area, verb = operation.split(".")
            parameters[operation] = dict(given)
            if area in changes and verb in ("update", "delete", "remove"):
                parameters[operation]["header.If-Match"] = "*"
    parameters |= {operation: {"path.id": id} for operation, id in reached.items()}
    for operation in ("settings.write", "settings.writeThresholds"):
        parameters[operation] = {"header.If-Match": "*"}

    mail = {"enabled": True, "host": "127.0.0.1", "port": 2525, "security": "none", "username": None, "password": None,
            "passwordSet": False, "from": "rempart@example.org", "to": []}
    browser.ask("PUT", "/api/settings", browser.ask("GET", "/api/settings") | {"mail": mail})
    bodies = {
        # It would end the session that is there to be ended.
        "auth.changePassword": {"current": "not the password"},
        "plans.update": {"name": "Changed again"},
        "servers.update": {"name": "changed again"},
        "repositories.confirmRecoveryKit": {"confirmationCode": kit["confirmationCode"]},
        "settings.write": {"mail": mail},
        # Agents elsewhere call by TLS only, which this server does not speak.
        **{operation: {"address": "127.0.0.1"} for operation in reached},
    }
    return browser, parameters, bodies


def described(browser, bodies):
    """The server's description; what `bodies` says of a body replaces that part of its example."""
    description = browser.ask("GET", "/api/openapi.json")
    paths = description["paths"]
    # Last of each round: wrong passwords slow down whoever gives the right one next.
    paths["/api/auth/password"] = paths.pop("/api/auth/password")
    missing = set(bodies)
    for methods in paths.values():
        for operation in methods.values():
            body = bodies.get(operation["operationId"])
            if body is not None:
                operation["requestBody"]["content"]["application/json"]["example"].update(body)
                missing.remove(operation["operationId"])
    if missing:
        sys.exit(f"the description has no {', '.join(missing)}")
    return description


def main():
    url, config, folder = sys.argv[1:]
    browser, parameters, bodies = seed(url)
    folder = pathlib.Path(folder)
    (folder / "openapi.json").write_text(json.dumps(described(browser, bodies)))
    lines = [
        pathlib.Path(config).read_text(),
        f"[auth.openapi.session]\napi_key = {json.dumps(browser.cookie())}\n",
        f"[headers]\nX-Rempart-Csrf = {json.dumps(browser.csrf)}\n",
    ]
    for operation, given in parameters.items():
        lines.append(f"[[operations]]\ninclude-operation-id = {json.dumps(operation)}\n[operations.parameters]")
        lines += [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in given.items()]
        lines.append("")
    (folder / "schemathesis.toml").write_text("\n".join(lines))


main()
