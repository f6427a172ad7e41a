"""Which operations answered what, from the events that schemathesis wrote; fails where one was only ever refused for want of
permission: nothing of it was tested then."""

import collections
import json
import sys

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

succeeded = [label for label, counts in answers.items() if any(200 <= status < 300 for status in counts)]
print(f"\n{len(answers)} operations asked, {sum(sum(c.values()) for c in answers.values())} times; {len(succeeded)} answered 2xx.")
locked_out = []
for label, counts in sorted(answers.items()):
    if label not in succeeded:
        print(f"  never 2xx: {label}  {dict(sorted(counts.items()))}")
    if set(counts) <= {401, 403}:
        locked_out.append(label)
if not answers or locked_out:
    sys.exit(f"only ever refused for want of permission: {', '.join(locked_out) or 'everything'}")
