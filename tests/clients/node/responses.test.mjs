// OpenAI's client for Node and its Responses API, on every provider.

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

const tools = [{
  type: "function", name: "get_weather", description: "Tells the weather", parameters: WEATHER,
  strict: false,
}];

for (const model of GROUPS) {
  test(`${model}: whole text`, async () => {
    const answer = await client.responses.create({ model, input: "say Grüezi" });
    assert.equal(answer.output_text, "Grüezi");
    assert.equal(answer.status, "completed");
    assert.equal(answer.model, model);
    assert.equal(answer.usage.output_tokens, 2);
  });

  test(`${model}: streamed text, every event under its number`, async () => {
    const stream = await client.responses.create({ model, input: "say Grüezi, world", stream: true });
    let text = "", number = 0, last;
    for await (const event of stream) {
      assert.equal(event.sequence_number, number++);
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    assert.equal(text, "Grüezi, world");
    assert.equal(last.type, "response.completed");
    assert.equal(last.response.usage.output_tokens, 4);
  });

  test(`${model}: a streamed tool round trip by the id of the answer before`, async () => {
    const asked = await client.responses
      .stream({ model, input: "What is the weather?", tools }).finalResponse();
    const call = asked.output.find((item) => item.type === "function_call");
    assert.deepEqual(JSON.parse(call.arguments), { city: "Paris" });
    const told = await client.responses.stream({
      model, tools, previous_response_id: asked.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "18 degrees" }],
    }).finalResponse();
    assert.equal(told.output.at(-1).content[0].text, "The tool said: 18 degrees");
  });

  test(`${model}: kept, listed, deleted`, async () => {
    const answer = await client.responses.create({ model, input: "say one" });
    assert.equal((await client.responses.retrieve(answer.id)).output_text, "one");
    const items = [];
    for await (const item of client.responses.inputItems.list(answer.id)) items.push(item);
    assert.equal(items[0].content[0].text, "say one");
    await client.responses.delete(answer.id);
    await assert.rejects(client.responses.retrieve(answer.id), OpenAI.NotFoundError);
  });

  test(`${model}: a stream that breaks is an error`, async () => {
    const stream = await client.responses.create({ model, input: "cut long 20", stream: true });
    await assert.rejects(async () => {
      for await (const event of stream) assert.notEqual(event.type, "response.completed");
    }, OpenAI.APIError);
  });
}
