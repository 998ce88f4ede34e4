// An OpenID provider (the certified `oidc-provider`), as a process of its own:
//
//     node issuer.mjs PORT KEY_ID ALGORITHM
//
// It prints its name when it is ready, and lives until standard input ends. Its key is made at the
// start: to start it again on its port with another key id is a rotation. The client `app` (secret
// `secret`) is given access tokens for the gateway, `stranger` such for another resource.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";

const [port, kid, alg] = process.argv.slice(2);
const KINDS = {
  RS: ["rsa", { modulusLength: 2048 }],
  PS: ["rsa", { modulusLength: 2048 }],
  ES: ["ec", { namedCurve: alg === "ES384" ? "P-384" : "P-256" }],
  Ed: ["ed25519", {}],
};
const pair = generateKeyPairSync(...KINDS[alg.slice(0, 2)]);
const key = { ...pair.privateKey.export({ format: "jwk" }), kid, alg, use: "sig" };

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (client_id) => ({
    client_id,
    client_secret: "secret",
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: alg,
    scope: "chat sluice:admin",
  });
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [client("app"), client("stranger")],
    scopes: ["chat", "sluice:admin"],
    enabledJWA: { clientAuthSigningAlgValues: [alg] },
    extraTokenClaims: () => ({ work: { user: "alice", teams: ["blue", "red"] } }),
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://gateway.example",
        getResourceServerInfo: (context, resource, { clientId }) => ({
          scope: "chat sluice:admin",
          audience: clientId === "app" ? "sluice" : "elsewhere",
          accessTokenTTL: 600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg } },
        }),
      },
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
