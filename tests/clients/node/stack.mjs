// The fakes and the gateway, as processes of this test run.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const MASTER_KEY = "sk-master-of-the-node-tests";
export const GROUPS = ["gpt", "claude", "nova", "sage"];

const root = resolve(fileURLToPath(import.meta.url), "../../../..");
const built = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");

/** The first line of a process that fits. */
export async function firstLine(child, pattern) {
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(pattern);
    if (found) return found[0];
  }
  throw new Error("the process ended before it was ready");
}

function configuration(urls) {
  const aws = {
    aws_region_name: "us-east-1",
    aws_access_key_id: urls.access_key_id,
    aws_secret_access_key: urls.secret_access_key,
    aws_bedrock_runtime_endpoint: urls.bedrock,
    sagemaker_base_url: urls.sagemaker,
  };
  const entry = (name, model, params) => ({ model_name: name, litellm_params: { model, ...params } });
  return {
    model_list: [
      entry("gpt", "openai/gpt-4o", { api_base: `${urls.openai}/v1`, api_key: "sk-of-the-gateway" }),
      entry("claude", "anthropic/claude-sonnet-4-5", {
        api_base: urls.anthropic, api_key: "sk-ant-of-the-gateway",
      }),
      entry("nova", "bedrock/us.amazon.nova-lite-v1:0", aws),
      entry("embed", "openai/text-embedding-3-small", { api_base: `${urls.openai}/v1`, api_key: "sk-x" }),
      entry("titan", "bedrock/amazon.titan-embed-text-v2:0", aws),
      entry("canvas", "bedrock/amazon.nova-canvas-v1:0", aws),
      entry("moderate", "openai/omni-moderation-latest", { api_base: `${urls.openai}/v1`, api_key: "sk-x" }),
      entry("speak", "openai/tts-x", { api_base: `${urls.openai}/v1`, api_key: "sk-x" }),
      entry("whisper", "openai/whisper-x", { api_base: `${urls.openai}/v1`, api_key: "sk-x" }),
      entry("sage", "sagemaker_chat/llama", {
        ...aws, input_cost_per_token: "0.000003", output_cost_per_token: "0.000015",
      }),
    ],
    litellm_settings: { num_retries: 0 },
  };
}

/** Starts both, with more sections in the configuration, which may depend on where the fakes are; `stop()` ends them. */
export async function start(more = () => ({})) {
  const fakes = spawn(process.env.SLUICE_FAKES_BIN ?? join(built, "sluice-fakes"), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const urls = JSON.parse(await firstLine(fakes, /^\{.*\}$/));
  const folder = await mkdtemp(join(tmpdir(), "sluice-node-"));
  const config = join(folder, "config.yaml");
  await writeFile(config, JSON.stringify({ ...configuration(urls), ...more(urls) }));
  const gateway = spawn(
    process.env.SLUICE_BIN ?? join(built, "sluice"),
    ["--config", config, "--port", "0", "--data-dir", join(folder, "data")],
    {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, SLUICE_MASTER_KEY: MASTER_KEY, AWS_EC2_METADATA_DISABLED: "true" },
    },
  );
  const url = await firstLine(gateway, /https?:\/\/[\d.]+:\d+/);
  const admin = async (path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  return {
    url,
    urls,
    admin,
    newKey: async (settings = {}) => (await admin("/key/generate", settings)).key,
    async stop() {
      const ended = Promise.all([once(gateway, "exit"), once(fakes, "exit")]);
      gateway.kill("SIGTERM");
      fakes.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
