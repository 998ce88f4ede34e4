// Vercel's AI SDK: its providers, by a base URL and a key.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { GROUPS, start } from "../clients/node/stack.mjs";

const RESULT = "18 degrees, Föhn";
const EXPECTED = `The tool said: ${RESULT}`;
const get_weather = tool({
  description: "Tells the weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => (assert.ok(city), RESULT),
});

let stack;
before(async () => { stack = await start(); });
after(async () => { await stack.stop(); });

const PROVIDERS = {
  "openai, chat": (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat,
  "openai, responses": (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses,
  "openai-compatible": (url, apiKey) =>
    createOpenAICompatible({
      name: "sluice", baseURL: `${url}/v1`, apiKey, supportsStructuredOutputs: true,
    }),
  anthropic: (url, apiKey) => createAnthropic({ baseURL: `${url}/v1`, apiKey }),
  bedrock: (url, apiKey) => createAmazonBedrock({ baseURL: `${url}/bedrock`, apiKey, region: "us-east-1" }),
};

for (const [name, provider] of Object.entries(PROVIDERS)) {
  for (const group of GROUPS) {
    describe(`${name} on ${group}`, () => {
      const settings = async (prompt) => ({
        model: provider(stack.url, await stack.newKey())(group),
        maxRetries: 0,
        maxOutputTokens: 500,
        prompt,
      });

      test("an agent runs its tool", async () => {
        const run = await generateText({
          ...(await settings("What is the weather?")), tools: { get_weather }, stopWhen: stepCountIs(3),
        });
        assert.equal(run.text, EXPECTED);
        assert.equal(run.steps.length, 2);
        assert.ok(run.usage.inputTokens > 0);
        assert.equal(run.usage.outputTokens, Math.ceil([...EXPECTED].length / 4));
      });

      test("an agent is streamed", async () => {
        const stream = streamText({
          ...(await settings("What is the weather?")), tools: { get_weather }, stopWhen: stepCountIs(3),
        });
        const pieces = [];
        for await (const piece of stream.textStream) pieces.push(piece);
        assert.equal(pieces.join(""), EXPECTED);
        assert.ok(pieces.length > 1, "in pieces");
        assert.equal(await stream.finishReason, "stop");
      });

      test("an object fits its schema", async () => {
        const { output } = await generateText({
          ...(await settings("json")), output: Output.object({ schema: z.object({ city: z.string() }) }),
        });
        assert.equal(typeof output.city, "string");
      });
    });
  }
}
