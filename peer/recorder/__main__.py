"""`peer record`: one process for each distinct set of settings, then the files."""

import argparse
import difflib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from . import recording, scenarios, settings_table


def main():
    parser = argparse.ArgumentParser(prog="peer record")
    parser.add_argument("features", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--scenario")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()

    features = options.features or scenarios.features()
    wanted = {}
    for feature in features:
        base, found = scenarios.read(feature)
        if options.scenario:
            found = [scenario for scenario in found if options.scenario in scenario["name"]]
        wanted[feature] = found
    played = play_all(base, [scenario for found in wanted.values() for scenario in found], options.jobs)

    stale = []
    for feature, found in wanted.items():
        text = written({scenario["name"]: played[id(scenario)] for scenario in found})
        file = scenarios.CONFORMANCE / "recordings" / f"{feature}.json"
        before = file.read_text("utf-8") if file.exists() else ""
        if options.scenario:
            print(text, end="")
        elif options.check:
            if text != before:
                stale.append(feature)
                sys.stdout.writelines(difference(before, text, feature))
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
            print(f"{feature}: {len(found)} scenarios{'' if text == before else ', changed'}")
    if stale:
        sys.exit(f"not as recorded: {', '.join(stale)}; run peer/peer record and look at the difference")


def play_all(base, found, jobs):
    """Entries of the recordings by the identity of their scenarios."""
    groups = {}
    for scenario in found:
        django = settings_table.to_django(scenario["settings"])
        groups.setdefault(json.dumps(django, sort_keys=True), []).append(scenario)

    def play(group):
        django, members = group
        job = {"base": base, "django": json.loads(django), "scenarios": members}
        done = subprocess.run(
            [sys.executable, "-m", "recorder.worker"],
            input=json.dumps(job), stdout=subprocess.PIPE, text=True,
        )
        if done.returncode:
            names = "; ".join(member["name"] for member in members)
            raise SystemExit(f"the settings of these cannot be played: {names}")
        return zip(members, json.loads(done.stdout), strict=True)

    with ThreadPoolExecutor(jobs) as pool:
        return {
            id(scenario): recording.complete(entry, scenario)
            for group in pool.map(play, groups.items())
            for scenario, entry in group
        }


def written(entries):
    """The text of a recordings file: one fact a line, so that differences can be read."""
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def difference(before, after, feature):
    return difflib.unified_diff(
        before.splitlines(True), after.splitlines(True), f"recordings/{feature}.json", "the peer's answers"
    )


if __name__ == "__main__":
    main()
