#!/usr/bin/env python3
"""Runs the yardstick: CPU per call of viaduct beside Kamailio and beside the kernel's floor, with the same scripts.

The yardstick (load generator, scripts, a blind relay in C) lies in ../shared/bench, which is read-only: it is copied to
a temporary folder and built there. All cases of a round run one after another, then the next round starts, so that a
machine that drifts drifts for all of them. What is printed is the median over the rounds."""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
YARDSTICK = ROOT.parent / "shared" / "bench"

# workload -> the script that both servers run unmodified
WORKLOADS = {"relay-stateful": "stateful", "relay-stateless": "stateless", "register": "register", "invite-lookup": "register"}
MODES = {"1000/s": {"rate": 1000, "calls": 3000}, "top": {"window": 64, "calls": 20000}}
KAMAILIO, FLOOR = "kamtlsf-c2", "floor-c-single"
PORTS = (5060, 5061, 5080)     # server, caller, callee: fixed by the yardstick
AIM = 0.8                      # of Kamailio's CPU per call
LONG_NAME = re.compile(r"cmd:.*? --http off")
SECONDS_A_CASE = 90            # start, warming up, waiting for a quiet machine, at most `maxsec` of load, stop


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--viaduct", type=pathlib.Path, required=True, help="the built server")
    flags.add_argument("--runs", type=int, default=3, help="rounds (default 3)")
    flags.add_argument("--workload", action="append", choices=WORKLOADS, help="only this one (may be repeated)")
    flags.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench.jsonl", help="where every single run is noted")
    flags = flags.parse_args()

    if not YARDSTICK.is_dir():
        sys.exit(f"bench: there is no yardstick at {YARDSTICK}")
    for program in ("kamailio", "cc", "go"):
        if not shutil.which(program):
            sys.exit(f"bench: {program} is not installed (make deps)")
    if busy := [port for port in PORTS if not is_free(port)]:
        sys.exit(f"bench: somebody uses the ports {busy} of 127.0.0.1; the yardstick needs {PORTS}")

    with tempfile.TemporaryDirectory(prefix="viaduct-bench-") as folder:
        yardstick = build(pathlib.Path(folder))
        cases = list_cases(yardstick, flags.viaduct.resolve(), flags.workload or list(WORKLOADS))
        results = play(yardstick, cases, flags.runs)
    flags.out.parent.mkdir(parents=True, exist_ok=True)
    flags.out.write_text("".join(json.dumps(r) + "\n" for r in results))
    sys.exit(report(results, flags.workload or list(WORKLOADS), flags.out))


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def build(folder):
    yardstick = folder / "yardstick"
    shutil.copytree(YARDSTICK, yardstick, copy_function=shutil.copy)
    for path in [yardstick, *yardstick.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200 | (0o100 if path.is_dir() else 0))
    subprocess.run(["sh", str(yardstick / "build.sh")], check=True, timeout=300)
    return yardstick


def list_cases(yardstick, viaduct, workloads):
    cases = []
    for mode in MODES.values():
        common = {**mode, "wait": 5, "maxsec": 30, "tries": 2}
        for workload in workloads:
            script = yardstick / "kamailio" / f"{WORKLOADS[workload]}.cfg"
            server = f"cmd:{viaduct} serve -f {script} --db none --http off"
            cases += [{"server": KAMAILIO, "workload": workload, **common}, {"server": server, "workload": workload, **common}]
        # The floor looks at no byte, so one workload of calls stands for all of them; it cannot answer a REGISTER.
        if any(w != "register" for w in workloads):
            cases.append({"server": FLOOR, "workload": "relay-stateful", **common})
    return cases


def play(yardstick, cases, runs):
    plan, out = yardstick / "cases.json", yardstick / "out"
    plan.write_text(json.dumps(cases))
    print(f"bench: {len(cases)} cases, {runs} rounds", flush=True)
    command = [sys.executable, str(yardstick / "bench.py"), "set", str(plan), "--runs", str(runs)]
    runner = subprocess.Popen(command, env=dict(os.environ, OUT=str(out)), cwd=yardstick, stdout=subprocess.PIPE, text=True)
    limit = threading.Timer(len(cases) * runs * SECONDS_A_CASE, runner.terminate)
    limit.start()
    try:
        for line in runner.stdout:
            if line.startswith("----"):
                break               # the yardstick's own summary; ours follows
            print(LONG_NAME.sub("viaduct           ", line), end="", flush=True)
        runner.communicate()
    finally:
        limit.cancel()
        if runner.poll() is None:
            runner.terminate()      # it stops the server that it started
            runner.wait(20)
    noted = out / "results.jsonl"
    return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []


def report(results, workloads, noted):
    def figures(server, workload, mode, key="cpu_us"):
        runs = [r for r in results if r["server"].startswith(server) and r["workload"] == workload
                and r.get("rate", 0) == mode.get("rate", 0) and r.get("window", 0) == mode.get("window", 0)]
        calm = [r for r in runs if r["steal"] < 0.30 and r["retrans"] <= 0.02 * r["calls"]] or runs
        return [r[key] for r in calm]

    def median(values):
        return statistics.median(values) if values else None

    def show(value, width, digits=1):
        return f"{value:{width}.{digits}f}" if value is not None else "-".rjust(width)

    missing = failed = 0
    print(f"\nCPU microseconds per call (or per REGISTER), medians; ratios below 1 are good, the aim is {AIM}\n")
    print(f"{'workload':16s} {'load':7s} {'kamailio':>9s} {'viaduct':>9s} {'floor':>9s} {'v/kamailio':>11s} {'v/floor':>9s} {'calls/s k':>10s} {'calls/s v':>10s} {'failed v':>9s}")
    for workload in workloads:
        for name, mode in MODES.items():
            kamailio, ours = (median(figures(s, workload, mode)) for s in (KAMAILIO, "cmd:"))
            floor = None if workload == "register" else median(figures(FLOOR, "relay-stateful", mode))
            speed = [median(figures(s, workload, mode, "cps")) for s in (KAMAILIO, "cmd:")]
            lost = figures("cmd:", workload, mode, "failed")
            ratio = ours / kamailio if ours and kamailio else None
            missing += ratio is None
            failed += sum(lost)
            print(f"{workload:16s} {name:7s} {show(kamailio, 9)} {show(ours, 9)} {show(floor, 9)} {show(ratio, 11, 2)} "
                  f"{show(ours / floor if ours and floor else None, 9, 2)} {show(speed[0], 10, 0)} {show(speed[1], 10, 0)} "
                  f"{sum(lost) if lost else '-':>9}{'  over the aim' if ratio and ratio > AIM else ''}")
    print(f"\nEvery run stands in {noted}.")
    if missing or failed:
        print(f"bench: {missing} comparisons are missing, {failed} calls through viaduct failed")
    return 1 if missing or failed else 0


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
