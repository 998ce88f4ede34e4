"""Starts upstream, proxies and gateway; loads each; reads their CPU and memory from /proc."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BIN = TARGET / "release"
MASTER = "sk-bench-master-key-0000"
TICK = os.sysconf("SC_CLK_TCK")
QUICK = "--quick" in sys.argv
LEDGERS = ("strict",) if "--strict" in sys.argv else ("batched", "strict")

CONFIG = """
model_list:
{models}
"""
MODEL = """  - model_name: "{name}"
    litellm_params:
      model: "openai/{name}"
      api_base: "http://{upstream}/v1"
      api_key: "sk-upstream-bench"
      input_cost_per_token: 0.00000015
      output_cost_per_token: 0.0000006
"""
MODELS = ["plain", "chunks-100-10", "hold-20"]


class Process:
    """A child whose first output line is its address."""

    def __init__(self, *command: str, env: dict | None = None) -> None:
        self.child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        line = self.child.stdout.readline().strip()
        self.address = line.rsplit("/", 1)[-1] if "//" in line else line.split()[-1]
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def cpu(self) -> float:
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def rss_mb(self) -> float:
        for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self) -> None:
        self.child.terminate()
        self.child.wait(30)


def load(address: str, **options) -> dict:
    command = [BIN / "sluice-bench", "load", "--to", address]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        command += [flag] if value is True else [flag, value]
    output = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(output.stdout)


def post(address: str, path: str, body: dict) -> dict:
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {MASTER}", "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    value = json.loads(response.read())
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {value}")
    return value


def measure(name: str, process: Process, key: str) -> dict:
    calls = 4_000 if QUICK else 40_000
    scale = 200 if "strict" in name else 1
    calls = max(calls // scale, 200)
    load(process.address, key=key, calls=min(calls, 2_000))
    alone = load(process.address, key=key, calls=min(calls, 2_000), connections=1)
    before = process.cpu()
    busy = load(process.address, key=key, calls=calls, connections=32)
    cpu = process.cpu() - before
    before = process.cpu()
    streams = 20 if "strict" in name else 400
    streamed = load(
        process.address, key=key, model="chunks-100-10", stream=True, calls=streams, connections=min(100, streams)
    )
    stream_cpu = process.cpu() - before
    idle = process.rss_mb()
    peak = None
    if "strict" not in name:
        # One guard holds a lease for each open call: a thousand on one key is what slices are for.
        holder = threading.Thread(
            target=load,
            args=(process.address,),
            kwargs={"key": key, "model": "hold-20", "stream": True, "calls": 1_000, "connections": 1_000},
        )
        holder.start()
        peak = 0.0
        while holder.is_alive():
            peak = max(peak, process.rss_mb())
            time.sleep(0.2)
        holder.join()
    return {
        "name": name,
        "calls_per_cpu_s": round(busy["calls"] / cpu) if cpu else None,
        "us_cpu_per_call": round(1e6 * cpu / busy["calls"], 1),
        "calls_per_s": round(busy["calls"] / busy["wall_s"]),
        "p50_us": alone["p50_us"],
        "p99_us": alone["p99_us"],
        "busy_p99_us": busy["p99_us"],
        "cpu_s_per_1000_chunks": round(1000 * stream_cpu / (streams * 100), 4),
        "first_chunk_p50_us": streamed["first_chunk_p50_us"],
        "rss_mb": round(idle, 1),
        "rss_1000_streams_mb": round(peak, 1) if peak is not None else None,
        "errors": alone["errors"] + busy["errors"] + streamed["errors"],
    }


def main() -> None:
    subprocess.run(["bash", "-c", f"ulimit -n {min(65536, os.sysconf('SC_OPEN_MAX'))}"], check=False)
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = []
    upstream = Process(BIN / "sluice-bench", "upstream")
    store = Process(BIN / "sluice-store-server")
    folder = tempfile.TemporaryDirectory(prefix="sluice-bench-")
    config = pathlib.Path(folder.name) / "config.yaml"
    models = "".join(MODEL.format(name=name, upstream=upstream.address) for name in MODELS)
    config.write_text(CONFIG.format(models=models))
    try:
        for name, flags in (("bare proxy", []), ("proxy that parses", ["--parse"])):
            proxy = Process(BIN / "sluice-bench", "proxy", "--upstream", upstream.address, *flags)
            rows.append(measure(name, proxy, "sk-bench"))
            proxy.stop()
        for ledger in LEDGERS:
            gateway = Process(
                BIN / "sluice", "--config", config, "--port", "0", "--data-dir", folder.name,
                "--store", f"http://{store.address}", "--table-prefix", f"bench-{ledger}",
                "--ledger", ledger,
                env={"SLUICE_MASTER_KEY": MASTER},
            )
            key = post(gateway.address, "/key/generate", {"max_budget": 1000, "budget_duration": "30d"})["key"]
            rows.append(measure(f"sluice, {ledger} ledger", gateway, key))
            if ledger == "batched":
                time.sleep(2)
            gateway.stop()
    finally:
        upstream.stop()
        store.stop()
        folder.cleanup()
    columns = list(rows[0])
    print(f"{platform.machine()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}")
    print(" | ".join(columns))
    for row in rows:
        print(" | ".join(str(row[column]) for column in columns))
    (TARGET / "bench.json").write_text(json.dumps(rows, indent=1))
    if any(row["errors"] for row in rows):
        raise SystemExit("calls failed during the benchmark")


if __name__ == "__main__":
    main()
