// OpenAI's client for Node, on every provider.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import OpenAI from "openai";

import { GROUPS, WEATHER, start } from "./stack.mjs";

let stack, client;
before(async () => {
  stack = await start();
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: await stack.newKey(), maxRetries: 0 });
});
after(() => stack.stop());

const user = (content) => ({ role: "user", content });
const tools = [{
  type: "function",
  function: { name: "get_weather", description: "Tells the weather", parameters: WEATHER },
}];

for (const model of GROUPS) {
  test(`${model}: whole text`, async () => {
    const answer = await client.chat.completions.create({ model, messages: [user("say Grüezi")] });
    assert.equal(answer.choices[0].message.content, "Grüezi");
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.equal(answer.usage.completion_tokens, 2);
  });

  test(`${model}: streamed text with usage`, async () => {
    const stream = await client.chat.completions.create({
      model, messages: [user("say Grüezi, world")], stream: true,
      stream_options: { include_usage: true },
    });
    let text = "", usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, "Grüezi, world");
    assert.equal(usage.completion_tokens, 4);
  });

  test(`${model}: a streamed tool round trip`, async () => {
    const messages = [user("What is the weather?")];
    const asked = await client.chat.completions
      .stream({ model, messages, tools }).finalChatCompletion();
    const [call] = asked.choices[0].message.tool_calls;
    assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
    messages.push(
      { role: "assistant", content: null, tool_calls: [
        { id: call.id, type: "function",
          function: { name: call.function.name, arguments: call.function.arguments } },
      ] },
      { role: "tool", tool_call_id: call.id, content: "18 degrees" },
    );
    const answer = await client.chat.completions
      .stream({ model, messages, tools }).finalChatCompletion();
    assert.equal(answer.choices[0].message.content, "The tool said: 18 degrees");
  });

  test(`${model}: a rate limit`, async () => {
    await assert.rejects(
      client.chat.completions.create({ model, messages: [user("error 429")] }),
      (error) => error instanceof OpenAI.RateLimitError && error.status === 429,
    );
  });

  for (const order of ["die long 40", "cut long 40", "late error long 40"]) {
    test(`${model}: ${order} is an error`, async () => {
      const stream = await client.chat.completions.create({
        model, messages: [user(order)], stream: true,
      });
      await assert.rejects(async () => {
        for await (const chunk of stream) assert.ok(chunk.id);
      }, OpenAI.APIError);
    });
  }
}

test("an unknown model", async () => {
  await assert.rejects(
    client.chat.completions.create({ model: "nobody", messages: [user("hi")] }),
    (error) => error instanceof OpenAI.BadRequestError && /Invalid model name/.test(error.message),
  );
});

test("a bad key", async () => {
  const stranger = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: "sk-nobody", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
});

test("over budget", async () => {
  const apiKey = await stack.newKey({ max_budget: 0 });
  const poor = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey, maxRetries: 0 });
  await assert.rejects(
    poor.chat.completions.create({ model: "gpt", messages: [user("hi")] }),
    (error) => error.status === 422 && error.type === "budget_exceeded",
  );
});

test("models", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  for (const group of GROUPS) assert.ok(ids.includes(group));
});

test("an aborted stream does not break the next call", async () => {
  const stream = await client.chat.completions.create({
    model: "gpt", messages: [user("slow 20 long 400")], stream: true,
  });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) break;
  }
  const answer = await client.chat.completions.create({ model: "gpt", messages: [user("say hi")] });
  assert.equal(answer.choices[0].message.content, "hi");
});
