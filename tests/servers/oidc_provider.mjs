// npm's oidc-provider as it is, with its own pages to sign in and consent: see oidc_provider.py.
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { OIDC_FOLDER, OIDC_PORT, OIDC_REDIRECT } = process.env;
const entry = join(OIDC_FOLDER, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: Provider } = await import(pathToFileURL(entry));

const groups = { ana: ['guards', 'everybody'], ben: ['it', 'guards'], eve: ['everybody'] };
const provider = new Provider(`http://127.0.0.1:${OIDC_PORT}`, {
  clients: [
    { client_id: 'instantreact', client_secret: 'a secret: with/signs', redirect_uris: [OIDC_REDIRECT] },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: groups[id] }),
  }),
});
const server = provider.listen(Number(OIDC_PORT), '127.0.0.1');
await once(server, 'listening');
console.log('ready');
