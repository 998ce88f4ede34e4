"""Time from starting a bootstrap to its first poll of the Runtime API: median of 15, and its RSS."""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
import time

from conftest import RELEASE, ROOT, STORE, call
from runtime_api import RuntimeApi

MASTER = "sk-event-master-key-0000"


def main() -> None:
    store = subprocess.Popen(
        [STORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    url = store.stdout.readline().strip()
    for name, table in json.loads((ROOT / "shared/store/tables.json").read_text()).items():
        call(url, "CreateTable", {"TableName": f"sluice-{name}", **{k: v for k, v in table.items() if k != "TimeToLive"}})
    env = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "SLUICE_TABLE_CORE": "sluice-core",
        "SLUICE_TABLE_USAGE": "sluice-usage",
        "SLUICE_TABLE_CACHE": "sluice-cache",
        "SLUICE_MASTER_KEY": MASTER,
        "SLUICE_CONFIG": str(ROOT / "events/config.yaml"),
    }
    for function in ("inference", "admin", "budget-reset"):
        times, rss = [], 0.0
        for _ in range(15):
            api = RuntimeApi()
            started = time.monotonic()
            process = subprocess.Popen(
                [RELEASE / function],
                env={**env, "AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": function},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if not api.polled.wait(30):
                sys.exit(f"{function} never polled")
            times.append(1000 * (api.first_poll_at - started))
            for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    rss = max(rss, int(line.split()[1]) / 1024)
            process.kill()
            process.wait()
            api.stop()
        print(f"{function}: init to first poll {statistics.median(times):.1f} ms median, {min(times):.1f} best; RSS {rss:.1f} MB")
    store.stdin.close()
    store.wait(10)


if __name__ == "__main__":
    main()
