"""Which operations answered what, from the events that schemathesis wrote. Fails where one never answered 2xx and is not listed
here with the reason, and where one that is listed did."""

import collections
import json
import sys

# What cannot be answered 2xx by whoever asks so. It may only get shorter.
NEVER = {
    "GET /api/agent/control": "becomes a WebSocket: tests/agent speaks it",
    "GET /api/agent/data": "becomes a WebSocket: tests/agent speaks it",
    "POST /api/auth/password": "ends all sessions but its own, which others ask about: control/server/tests/access.rs has it",
    "POST /api/auth/totp/confirm": "asks for the code of this half minute: control/server/tests/access.rs has it",
}

answers = collections.defaultdict(collections.Counter)
for line in open(sys.argv[1], encoding="utf-8"):
    finished = json.loads(line).get("ScenarioFinished")
    if finished is None:
        continue
    recorder = finished["recorder"]
    for interaction in (recorder.get("interactions") or {}).values():
        response = interaction.get("response") or {}
        if "status_code" in response:
            answers[recorder["label"]][response["status_code"]] += 1

succeeded = {label for label, counts in answers.items() if any(200 <= status < 300 for status in counts)}
print(f"\n{len(answers)} operations asked, {sum(sum(c.values()) for c in answers.values())} times; {len(succeeded)} answered 2xx.")
faults = []
for label, counts in sorted(answers.items()):
    if label in succeeded:
        continue
    if label in NEVER:
        print(f"  never 2xx, as it {NEVER[label]}: {label}")
    else:
        faults.append(f"never 2xx: {label}  {dict(sorted(counts.items()))}")
faults += [f"answered 2xx, and is listed as never: {label}" for label in sorted(succeeded & set(NEVER))]
faults += [f"not asked at all, and is listed: {label}" for label in sorted(set(NEVER) - set(answers))]
if not answers or faults:
    sys.exit("\n".join(faults) or "nothing was asked")
