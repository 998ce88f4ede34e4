// The guide's key for Node, made of AWS credentials: the snippet itself, not a copy of it.

import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import OpenAI from "openai";

import { start } from "./stack.mjs";

const GUIDE = new URL("../../../docs/identity.md", import.meta.url);
// Beside the modules that it imports.
const SNIPPET = new URL("../../node_modules/.sluice-token.mjs", import.meta.url);

let stack, sluiceToken;
before(async () => {
  stack = await start((urls) => ({
    general_settings: {
      aws_iam_auth: {
        gateway_id: "gateway.test",
        sts_endpoint: urls.sts,
        rules: [{ arn: "arn:aws:iam::111122223333:role/blue", user_id: "{session}" }],
      },
    },
  }));
  const snippets = [...(await readFile(GUIDE, "utf8")).matchAll(/```js\n(.*?)```/gs)].map((m) => m[1]);
  const [snippet] = snippets.filter((code) => code.includes("export function"));
  await writeFile(SNIPPET, snippet);
  ({ sluiceToken } = await import(SNIPPET));
  process.env.AWS_ACCESS_KEY_ID = stack.urls.access_key_id;
  process.env.AWS_SECRET_ACCESS_KEY = stack.urls.secret_access_key;
  process.env.AWS_SESSION_TOKEN = "blue/alice";
});
after(async () => {
  await stack.stop();
  await rm(SNIPPET);
});

const ask = async (apiKey) => {
  const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey, maxRetries: 0 });
  const messages = [{ role: "user", content: "say Grüezi" }];
  const answer = await client.chat.completions.create({ model: "gpt", messages });
  return answer.choices[0].message.content;
};

test("is a key", async () => {
  assert.equal(await ask(sluiceToken("gateway.test", { endpoint: stack.urls.sts })), "Grüezi");
});

test("is the same until it is nearly over", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const key = sluiceToken("gateway.test");
  const first = await key();
  context.mock.timers.tick(839_000);
  assert.equal(await key(), first);
  context.mock.timers.tick(1_000);
  assert.notEqual(await key(), first);
});

test("is for one gateway", async () => {
  const key = sluiceToken("another.test", { endpoint: stack.urls.sts });
  await assert.rejects(ask(key), OpenAI.AuthenticationError);
});

test("is for AWS where nothing else is said", async () => {
  const token = await sluiceToken("gateway.test", { region: "eu-west-1" })();
  const url = Buffer.from(token.slice("sluice-aws-v1.".length), "base64url").toString();
  assert.ok(url.startsWith("https://sts.eu-west-1.amazonaws.com/?"), url);
  assert.equal(new URL(url).searchParams.get("X-Amz-SignedHeaders"), "host;x-sluice-gateway");
});
