// A whole OpenID provider for tests: real login forms that accept any password, so loopback only.
// usage: node provider.mjs ALGORITHM TOKEN_SECONDS REDIRECT_URI. Prints its address, and ends with
// its stdin.
// POST /_rotate begins to sign with a new key; POST /_withdraw publishes no other any more.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [algorithm, tokenSeconds, redirectUri] = process.argv.slice(2);
const AUDIENCE = 'https://labelwright.example/api';

const KEY_KINDS = {
  Ed25519: ['ed25519', {}],
  ES256: ['ec', { namedCurve: 'P-256' }],
  RS256: ['rsa', { modulusLength: 2048 }],
};

function makeKey() {
  const { privateKey } = generateKeyPairSync(...KEY_KINDS[algorithm]);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: algorithm, use: 'sig' };
}

function configuration(keys) {
  return {
    jwks: { keys },
    clients: [{
      client_id: 'labeling-page',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
    }],
    clientBasedCORS: (_, origin) => origin === new URL(redirectUri).origin,
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
    // Without this every client is registered for RS256, and refused where there is no RSA key.
    clientDefaults: { id_token_signed_response_alg: algorithm },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    pkce: { required: () => true },
    cookies: { keys: ['of a provider that ends with the test'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of the provider` }) }),
    extraTokenClaims: () => ({
      realm_access: { roles: ['annotator', 'offline_access'] },
      'https://labelwright.example/projects': ['street'],
    }),
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'label',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(tokenSeconds),
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  };
}

let keys = [makeKey()];
let handle;
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/_rotate') {
    publish([makeKey(), ...keys]);
    response.end();
  } else if (request.method === 'POST' && request.url === '/_withdraw') {
    publish(keys.slice(0, 1));
    response.end();
  } else {
    handle(request, response);
  }
});

// A new Provider shares the stored sessions of the one before: nobody has to log in again.
function publish(next) {
  keys = next;
  handle = new Provider(issuer, configuration(keys)).callback();
}

await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
publish(keys);
process.stdout.write(`${issuer}\n`);
process.stdin.on('end', () => process.exit()).resume();
