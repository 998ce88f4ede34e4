// Callers with tokens of a real OpenID provider, whose key changes while the gateway runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import OpenAI from "openai";

import { firstLine, start } from "./stack.mjs";

const PROGRAM = fileURLToPath(new URL("issuer.mjs", import.meta.url));

class Issuer {
  async start(kid, alg) {
    const port = this.url ? new URL(this.url).port : "0";
    this.process = spawn(process.execPath, [PROGRAM, port, kid, alg], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.url = await firstLine(this.process, /^http:.*$/);
  }

  async stop() {
    const ended = once(this.process, "exit");
    this.process.stdin.end();
    await ended;
  }

  async rotate(kid, alg) {
    await this.stop();
    await this.start(kid, alg);
  }

  async token(scope = "chat", client = "app") {
    const answer = await fetch(`${this.url}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${client}:secret`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope }),
    });
    const { access_token: token } = await answer.json();
    assert.equal(token.split(".").length, 3);
    return token;
  }
}

const issuer = new Issuer();
let stack;
before(async () => {
  await issuer.start("first", "RS256");
  stack = await start(() => ({
    general_settings: {
      enable_jwt_auth: true,
      litellm_jwtauth: {
        admin_jwt_scope: "sluice:admin",
        user_id_upsert: true,
        team_id_upsert: true,
        issuers: [{
          issuer: issuer.url,
          audience: "sluice",
          user_id_jwt_field: "work.user",
          team_ids_jwt_field: "work.teams",
        }],
      },
    },
  }));
});
after(async () => {
  await issuer.stop();
  await stack.stop();
});

const messages = [{ role: "user", content: "say Grüezi" }];
const bearing = (apiKey) => new OpenAI({ baseURL: `${stack.url}/v1`, apiKey, maxRetries: 0 });
const ask = async (apiKey) => {
  const answer = await bearing(apiKey).chat.completions.create({ model: "gpt", messages });
  return answer.choices[0].message.content;
};
const refused = (token) => assert.rejects(ask(token), (error) => {
  assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
  assert.ok(!error.message.includes(token.split(".")[1]));
  return true;
});

test("the issuer's tokens are keys, through a function that fetches them", async () => {
  assert.equal(await ask(() => issuer.token()), "Grüezi");
});

test("a token for somebody else is refused", async () => {
  await refused(await issuer.token("chat", "stranger"));
});

test("a token that was changed is refused", async () => {
  const [head, claims, signature] = (await issuer.token()).split(".");
  const more = JSON.parse(Buffer.from(claims, "base64url"));
  more.scope = "sluice:admin";
  await refused([head, Buffer.from(JSON.stringify(more)).toString("base64url"), signature].join("."));
});

test("a scope makes an administrator", async () => {
  const make = async (scope) => {
    const answer = await fetch(`${stack.url}/user/new`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await issuer.token(scope)}`,
        "content-type": "application/json",
      },
      body: "{}",
    });
    return answer.status;
  };
  assert.equal(await make("sluice:admin"), 200);
  assert.equal(await make("chat"), 401);
});

test("what the user has spent is on the user's record", async () => {
  const listed = await stack.admin("/key/list?return_full_object=true&user_id=alice");
  const records = listed.keys.filter((key) => key.key_alias.endsWith("/alice (blue)"));
  assert.equal(records.length, 1);
  assert.equal(records[0].team_id, "blue");
  assert.ok(records[0].spend > 0);
});

test("a key that changes in mid-run is found at once, and the old one is good no more", async () => {
  const old = await issuer.token();
  await issuer.rotate("second", "ES256");
  assert.equal(await ask(await issuer.token()), "Grüezi");
  await refused(old);
});

test("tokens are verified while their issuer is down", async () => {
  const token = await issuer.token();
  await issuer.stop();
  assert.equal(await ask(token), "Grüezi");
  await issuer.start("second-again", "EdDSA");
});
