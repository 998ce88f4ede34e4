// OpenAI's client for Node: calls that are not a chat.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import OpenAI, { toFile } from "openai";

import { start } from "./stack.mjs";

let stack, client;
before(async () => {
  stack = await start();
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: await stack.newKey(), maxRetries: 0 });
});
after(() => stack.stop());

for (const model of ["embed", "titan"]) {
  test(`${model}: embeddings`, async () => {
    const answer = await client.embeddings.create({ model, input: ["Grüezi", "adieu"] });
    assert.equal(answer.data.length, 2);
    assert.ok(answer.data[0].embedding.length >= 8);
    assert.equal(typeof answer.data[0].embedding[0], "number");
  });
}

for (const model of ["gpt", "claude", "nova"]) {
  test(`${model}: a completion, streamed`, async () => {
    const stream = await client.completions.create({ model, prompt: "say Grüezi", stream: true, max_tokens: 50 });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
    assert.equal(text, "Grüezi");
  });
}

test("images, moderations, sounds", async () => {
  const image = await client.images.generate({ model: "canvas", prompt: "a cat" });
  assert.ok(image.data[0].b64_json);
  const looked = await client.moderations.create({ model: "moderate", input: "violence" });
  assert.equal(looked.results[0].flagged, true);
  const spoken = await client.audio.speech.create({ model: "speak", voice: "alloy", input: "hi" });
  assert.equal(Buffer.from(await spoken.arrayBuffer()).length, 16 * 251 * 3);
  const file = await toFile(Buffer.from("say hello"), "hello.wav");
  const heard = await client.audio.transcriptions.create({ model: "whisper", file });
  assert.equal(heard.text, "say hello");
});
