// AWS's client for JavaScript, which speaks HTTP/2, on every provider.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  AccessDeniedException, BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand, ThrottlingException, ValidationException,
} from "@aws-sdk/client-bedrock-runtime";

import { GROUPS, WEATHER, start } from "./stack.mjs";

let stack, client;
const connect = (token) => new BedrockRuntimeClient({
  endpoint: `${stack.url}/bedrock`, region: "us-east-1", maxAttempts: 1,
  token: { token }, authSchemePreference: ["httpBearerAuth"],
});
before(async () => {
  stack = await start();
  client = connect(await stack.newKey());
});
after(async () => {
  client.destroy();
  await stack.stop();
});

const user = (...content) => ({ role: "user", content });
const toolConfig = {
  tools: [{ toolSpec: {
    name: "get_weather", description: "Tells the weather", inputSchema: { json: WEATHER },
  } }],
};

async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

for (const modelId of GROUPS) {
  test(`${modelId}: whole text`, async () => {
    const answer = await client.send(new ConverseCommand({
      modelId, messages: [user({ text: "say Grüezi" })],
    }));
    assert.deepEqual(answer.output.message.content, [{ text: "Grüezi" }]);
    assert.equal(answer.stopReason, "end_turn");
    assert.equal(answer.usage.outputTokens, 2);
  });

  test(`${modelId}: a streamed tool round trip`, async () => {
    const messages = [user({ text: "What is the weather?" })];
    const asked = await client.send(new ConverseStreamCommand({ modelId, messages, toolConfig }));
    const events = await collect(asked.stream);
    const call = events.find((event) => event.contentBlockStart).contentBlockStart.start.toolUse;
    const input = JSON.parse(events
      .map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? "").join(""));
    assert.deepEqual([call.name, input], ["get_weather", { city: "Paris" }]);
    assert.equal(events.find((event) => event.messageStop).messageStop.stopReason, "tool_use");
    messages.push(
      { role: "assistant", content: [{ toolUse: { ...call, input } }] },
      user({ toolResult: { toolUseId: call.toolUseId, content: [{ text: "18 degrees" }] } }),
    );
    const answered = await client.send(new ConverseStreamCommand({ modelId, messages, toolConfig }));
    const text = (await collect(answered.stream))
      .map((event) => event.contentBlockDelta?.delta?.text ?? "").join("");
    assert.equal(text, "The tool said: 18 degrees");
  });

  test(`${modelId}: a rate limit`, async () => {
    await assert.rejects(
      client.send(new ConverseCommand({ modelId, messages: [user({ text: "error 429" })] })),
      ThrottlingException,
    );
  });

  for (const order of ["die long 40", "late error long 40"]) {
    test(`${modelId}: ${order} is an error`, async () => {
      const answer = await client.send(new ConverseStreamCommand({
        modelId, messages: [user({ text: order })],
      }));
      await assert.rejects(collect(answer.stream));
    });
  }

  test(`${modelId}: Anthropic's body, streamed`, async () => {
    const answer = await client.send(new InvokeModelWithResponseStreamCommand({
      modelId,
      body: JSON.stringify({
        anthropic_version: "bedrock-2023-05-31", max_tokens: 99,
        messages: [{ role: "user", content: "say Grüezi" }],
      }),
    }));
    const text = (await collect(answer.body))
      .map((event) => JSON.parse(new TextDecoder().decode(event.chunk.bytes)))
      .map((event) => event.delta?.text ?? "").join("");
    assert.equal(text, "Grüezi");
  });
}

test("many calls at once share a connection", async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) =>
    client.send(new ConverseCommand({ modelId: "claude", messages: [user({ text: `say ${at}` })] }))));
  assert.deepEqual(
    answers.map((answer) => answer.output.message.content[0].text),
    Array.from({ length: 40 }, (_, at) => `${at}`),
  );
});

test("an unknown model", async () => {
  await assert.rejects(
    client.send(new ConverseCommand({ modelId: "nobody", messages: [user({ text: "hi" })] })),
    ValidationException,
  );
});

test("a model that the key may not use", async () => {
  const held = connect(await stack.newKey({ models: ["gpt"] }));
  await assert.rejects(
    held.send(new ConverseCommand({ modelId: "claude", messages: [user({ text: "hi" })] })),
    AccessDeniedException,
  );
  held.destroy();
});
