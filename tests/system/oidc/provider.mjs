// A real OpenID Connect provider on loopback, and the lies it can tell: GET /lie/NAME changes the ID
// tokens from then on. Prints its address as one JSON line.
//     node provider.mjs CERTIFICATE KEY REDIRECT_URI
import { readFileSync } from 'node:fs';
import https from 'node:https';

import { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [certificate, key, redirectUri] = process.argv.slice(2);
const GROUPS = { alice: ['everybody', 'xmpp-operators'], dora: ['service-desk'], mallory: ['everybody'] };

async function signingKey(alg, kid) {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, ...pair, jwk: { ...(await exportJWK(pair.privateKey)), alg, kid, use: 'sig' } };
}

const keys = { RS256: await signingKey('RS256', 'r'), ES256: await signingKey('ES256', 'e') };
const forged = { RS256: await signingKey('RS256', 'r'), ES256: await signingKey('ES256', 'e') };
let lie = '';

async function told(token) {
  const claims = decodeJwt(token);
  const alg = JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).alg;
  const now = Math.floor(Date.now() / 1000);
  const changes = {
    nonce: { nonce: 'another' },
    aud: { aud: 'another' },
    iss: { iss: 'https://evil.example' },
    expired: { exp: now - 120, iat: now - 400 },
    future: { iat: now + 600 },
  };
  Object.assign(claims, changes[lie]);
  if (lie === 'none') {
    return new UnsecuredJWT(claims).encode();
  }
  if (lie === 'hs256') {
    const secret = new TextEncoder().encode(JSON.stringify(keys[alg].jwk.n ?? keys[alg].jwk.x).padEnd(64));
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: keys[alg].kid }).sign(secret);
  }
  const signer = (lie === 'forged' ? forged : keys)[alg];
  return new SignJWT(claims).setProtectedHeader({ alg, kid: signer.kid }).sign(signer.privateKey);
}

function makeProvider(issuer) {
  const client = (id, alg) => ({
    client_id: id,
    client_secret: 'a secret: with % and +',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: alg,
  });
  const provider = new Provider(issuer, {
    clients: [client('isthmus', 'RS256'), client('isthmus-ec', 'ES256')],
    jwks: { keys: [keys.RS256.jwk, keys.ES256.jwk] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: GROUPS[id] ?? [] }),
    }),
  });
  provider.use(async (context, next) => {
    await next();
    if (context.path === '/token' && lie && context.body?.id_token) {
      context.body.id_token = await told(context.body.id_token);
    }
  });
  return provider.callback();
}

let answer;
const server = https.createServer(
  { cert: readFileSync(certificate), key: readFileSync(key) },
  (request, response) => {
    if (request.url.startsWith('/lie/')) {
      lie = request.url.slice('/lie/'.length);
      response.end();
    } else {
      answer(request, response);
    }
  },
);
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`;
  answer = makeProvider(issuer);
  console.log(JSON.stringify({ issuer }));
});
