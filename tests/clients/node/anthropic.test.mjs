// Anthropic's client for TypeScript and JavaScript, on every provider.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { GROUPS, WEATHER, start } from "./stack.mjs";

let stack, client;
before(async () => {
  stack = await start();
  client = new Anthropic({ baseURL: stack.url, apiKey: await stack.newKey(), maxRetries: 0 });
});
after(() => stack.stop());

const user = (content) => ({ role: "user", content });
const tools = [{ name: "get_weather", description: "Tells the weather", input_schema: WEATHER }];

for (const model of GROUPS) {
  test(`${model}: whole text`, async () => {
    const answer = await client.messages.create({
      model, max_tokens: 99, messages: [user("say Grüezi")],
    });
    assert.deepEqual(answer.content.map((block) => block.text), ["Grüezi"]);
    assert.equal(answer.stop_reason, "end_turn");
    assert.equal(answer.usage.output_tokens, 2);
  });

  test(`${model}: streamed text`, async () => {
    const stream = client.messages.stream({
      model, max_tokens: 99, messages: [user("say Grüezi, world")],
    });
    let text = "";
    stream.on("text", (piece) => { text += piece; });
    const answer = await stream.finalMessage();
    assert.equal(text, "Grüezi, world");
    assert.equal(answer.usage.output_tokens, 4);
  });

  test(`${model}: a streamed tool round trip`, async () => {
    const messages = [user("What is the weather?")];
    const asked = await client.messages
      .stream({ model, max_tokens: 99, messages, tools }).finalMessage();
    const call = asked.content.find((block) => block.type === "tool_use");
    assert.deepEqual(call.input, { city: "Paris" });
    messages.push(
      { role: "assistant", content: asked.content },
      user([{ type: "tool_result", tool_use_id: call.id, content: "18 degrees" }]),
    );
    const answer = await client.messages
      .stream({ model, max_tokens: 99, messages, tools }).finalMessage();
    assert.equal(answer.content[0].text, "The tool said: 18 degrees");
  });

  test(`${model}: a rate limit`, async () => {
    await assert.rejects(
      client.messages.create({ model, max_tokens: 99, messages: [user("error 429")] }),
      (error) => error instanceof Anthropic.RateLimitError && error.status === 429,
    );
  });

  for (const order of ["die long 40", "cut long 40", "late error long 40"]) {
    test(`${model}: ${order} is an error`, async () => {
      const stream = client.messages.stream({ model, max_tokens: 99, messages: [user(order)] });
      await assert.rejects(stream.finalMessage(), Anthropic.AnthropicError);
    });
  }
}

test("an unknown model", async () => {
  await assert.rejects(
    client.messages.create({ model: "nobody", max_tokens: 9, messages: [user("hi")] }),
    Anthropic.BadRequestError,
  );
});

test("a bad key", async () => {
  const stranger = new Anthropic({ baseURL: stack.url, apiKey: "sk-nobody", maxRetries: 0 });
  await assert.rejects(
    stranger.messages.create({ model: "gpt", max_tokens: 9, messages: [user("hi")] }),
    Anthropic.AuthenticationError,
  );
});

test("a bearer token, as Claude Code sends it", async () => {
  const authToken = await stack.newKey();
  const bearer = new Anthropic({ baseURL: stack.url, authToken, apiKey: null, maxRetries: 0 });
  const answer = await bearer.messages.create({
    model: "claude", max_tokens: 99, messages: [user("say hi")],
  });
  assert.equal(answer.content[0].text, "hi");
});

test("over budget", async () => {
  const apiKey = await stack.newKey({ max_budget: 0 });
  const poor = new Anthropic({ baseURL: stack.url, apiKey, maxRetries: 0 });
  await assert.rejects(
    poor.messages.create({ model: "claude", max_tokens: 9, messages: [user("hi")] }),
    (error) => error.status === 422,
  );
});
