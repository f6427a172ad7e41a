"""Makes one of everything on a fresh server, as its user "tester", and prints the configuration of schemathesis: the session,
and which things each operation is asked about. What is destroyed or locked out is never what the others need.

  seed.py URL CONFIG     CONFIG: the part of the configuration that does not depend on the server
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
        headers = {"content-type": "application/json"}
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
        for n in range(3)
    ]
    repository, changed_repository, removed_repository = (made["id"] for made in repositories)

    # Machines whose agents never call: what is asked of them waits.
    changed_server, removed_server, away = (
        browser.ask("POST", "/api/servers", {"name": name})["id"] for name in ("changed", "removed", "away")
    )

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
    (www / "index.html").write_text("<h1>Rempart, changed</h1>" * 500)
    removed_snapshot = run(browser, kept_plan)[2]
    users = [
        browser.ask("POST", "/api/users", {"name": name, "role": "viewer", "password": "two herons on the pond"})
        for name in ("vera", "walter")
    ]
    tokens = [browser.ask("POST", "/api/tokens", {"name": f"token {n}", "scopes": ["read"]}) for n in range(2)]
    client = browser.ask("POST", f"/api/repositories/{repository}/clients", {"username": "laptop", "mode": "appendOnly"})
    Browser(url)  # a second session, to be ended
    other = next(one["id"] for one in browser.ask("GET", "/api/auth/sessions")["items"] if not one["current"])
    workers = [worker["name"] for worker in browser.ask("GET", "/api/workers")["items"]]

    about = {
        "pools.read pools.analyse pools.history": {"path.id": pool},
        "pools.update": {"path.id": changed_pool},
        "pools.delete": {"path.id": removed_pool},
        "repositories.read repositories.recoveryKit repositories.confirmRecoveryKit repositories.check repositories.prune "
        "repositories.refresh repositories.unlock repositories.clients repositories.createClient": {"path.id": repository},
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
        "snapshots.delete legacy.deleteBackup": {"path.id": removed_snapshot},
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
    for operations, parameters in about.items():
        changes = {"pools", "repositories", "plans", "users", "servers"}
        for operation in operations.split():
            area, verb = operation.split(".")
            own = dict(parameters)
            if area in changes and verb in ("update", "delete", "remove"):
                own["header.If-Match"] = "*"
            yield operation, own
    yield "settings.write", {"header.If-Match": "*"}
    yield "settings.writeThresholds", {"header.If-Match": "*"}
    yield None, (browser.cookie(), browser.csrf)


def main():
    url, config = sys.argv[1:]
    print(pathlib.Path(config).read_text())
    for operation, parameters in seed(url):
        if operation is None:
            cookie, csrf = parameters
            print(f"[auth.openapi.session]\napi_key = {json.dumps(cookie)}\n")
            print(f"[headers]\nX-Rempart-Csrf = {json.dumps(csrf)}\n")
            continue
        print(f"[[operations]]\ninclude-operation-id = {json.dumps(operation)}\n[operations.parameters]")
        for name, value in parameters.items():
            print(f"{json.dumps(name)} = {json.dumps(value)}")
        print()


main()
