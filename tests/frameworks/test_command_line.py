"""Coding agents on the command line, by a base URL and a key: Claude Code and Codex."""

import json
import os
import pathlib
import subprocess

BIN = pathlib.Path(__file__).parent / "node_modules" / ".bin"
EXPECTED = "The tool said: "


def run(command, folder, **environment):
    """Runs a program with a home of its own and no way out but the gateway."""
    home = folder / "home"
    home.mkdir()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "127.0.0.1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_claude_code_runs_a_tool(gateway, group, tmp_path):
    key = gateway.new_key(max_budget=10)
    output = run(
        [BIN / "claude", "-p", "What is the weather?", "--output-format", "json"],
        tmp_path,
        ANTHROPIC_BASE_URL=gateway.url,
        ANTHROPIC_AUTH_TOKEN=key,
        ANTHROPIC_MODEL=group,
        ANTHROPIC_DEFAULT_HAIKU_MODEL=group,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    )
    told = json.loads(output)
    assert not told["is_error"]
    # It asked for a tool, Claude Code ran it, and the answer quotes what came of that.
    assert told["num_turns"] == 2 and told["result"].startswith(EXPECTED)
    assert told["usage"]["input_tokens"] > 0
    assert gateway.info(key)["spend"] > 0


def test_codex_runs_a_tool(gateway, group, tmp_path):
    key = gateway.new_key(max_budget=10)
    settings = tmp_path / "codex"
    settings.mkdir()
    (settings / "config.toml").write_text(
        f"""
model = "{group}"
model_provider = "sluice"
web_search = "disabled"

[model_providers.sluice]
name = "Sluice"
base_url = "{gateway.url}/v1"
env_key = "SLUICE_KEY"
wire_api = "responses"
"""
    )
    output = run(
        [BIN / "codex", "exec", "--skip-git-repo-check", "--json", "What is the weather?"],
        tmp_path,
        CODEX_HOME=str(settings),
        SLUICE_KEY=key,
    )
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    kinds = [event["type"] for event in events]
    assert kinds[-1] == "turn.completed", output
    texts = [event["item"]["text"] for event in events
             if event["type"] == "item.completed" and event["item"]["type"] == "agent_message"]
    assert texts[-1].startswith(EXPECTED), output
    assert events[-1]["usage"]["input_tokens"] > 0
    assert gateway.info(key)["spend"] > 0
