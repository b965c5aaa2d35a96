// A real OpenID provider (npm's oidc-provider) for the tests: node provider.mjs PORT. It listens on 127.0.0.1 only, lets
// anybody in by the name they type, and signs with another key from the moment of a POST to /rotate.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
}

function provider() {
  return new Provider(issuer, {
    clients: [{
      client_id: 'rest-auth',
      client_secret: 'a secret of the tests and of nobody else',
      redirect_uris: ['https://app.example.com/openid', 'https://api.example.com/rest-auth/openid_connect/callback/'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, name) => ({
      accountId: name,
      claims: () => ({
        sub: name,
        email: `${name}@openid.example`,
        email_verified: true,
        name: 'Ann van Lee',
        preferred_username: `${name}-openid`,
      }),
    }),
    jwks: { keys: [signingKey()] },
    pkce: { methods: ['S256'], required: () => true },
  });
}

let answer = provider().callback();
createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/rotate') {
    answer = provider().callback();
    response.end();
  } else {
    answer(request, response);
  }
}).listen(port, '127.0.0.1');
