// An OpenID provider for the tests: `node provider.mjs PORT OUR_ADDRESS`. Its keys are new at each start.
// Whoever signs in types `login:group+group:partner+partner`, with any password.

import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, ours] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const kid = `key-${Date.now()}`;

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] },
  // Its own guard would keep it from the addresses of this machine, where the tests are.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  cookies: { keys: ["of a test"] },
  clients: [
    {
      client_id: "tallyline",
      client_secret: "a secret: with a colon",
      redirect_uris: [`${ours}/signin/back`],
      post_logout_redirect_uris: [`${ours}/signin`],
      backchannel_logout_uri: `${ours}/signin/backchannel-logout`,
      backchannel_logout_session_required: true,
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
    {
      client_id: "exporter",
      client_secret: "another-secret",
      redirect_uris: [],
      grant_types: ["client_credentials"],
      response_types: [],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "groups", "tallyline_partners"] },
  async findAccount(context, id) {
    const [login, groups = "", partners = ""] = id.split(":");
    const told = { sub: id, preferred_username: login, groups: groups.split("+").filter(Boolean) };
    if (partners) told.tallyline_partners = partners.split("+");
    return { accountId: id, claims: async () => told };
  },
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (context, resource) => ({
        scope: "read",
        audience: new URL(resource).pathname.slice(1),
        accessTokenFormat: "jwt",
        accessTokenTTL: 120,
      }),
    },
  },
  extraTokenClaims: async () => ({ groups: ["books"], preferred_username: "exporter" }),
});

provider.on("backchannel.error", (context, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1");
