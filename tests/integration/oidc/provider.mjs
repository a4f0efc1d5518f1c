// A provider of OpenID Connect for the tests: oidc-provider, certified by the OpenID Foundation. It says its port.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, page, at] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(createRequire(`${folder}/package.json`).resolve("oidc-provider")));
const GROUPS = { eve: ["wire-editors", "everybody"], ann: ["wire-analysts"], nobody: ["everybody"] };
const port = Number(at);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "wirewatch", client_secret: "a-secret-of-the-client", redirect_uris: [`${page}/api/v1/session/oidc/callback`] }],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, groups: GROUPS[id] || [] }) }),
  pkce: { required: () => true },
  cookies: { keys: ["for the tests"] },
});
provider.listen(port, "127.0.0.1", () => console.log(`listening ${port}`));
