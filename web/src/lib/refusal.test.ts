import { describe, expect, it } from 'vitest';
import { refusalOf } from './refusal';

describe('a refusal of a SIP peer', () => {
  it.each([
    ['404 Not Found', '404 Not Found', 'refusal.unknownUser'],
    ['604 Does Not Exist Anywhere', '604 Does Not Exist Anywhere', 'refusal.unknownUser'],
    ['407 Proxy Authentication Required', '407 Proxy Authentication Required', 'refusal.challenge'],
    ['480 Temporarily Unavailable; ms-diagnostics 15030 Failed to route', '480 Temporarily Unavailable', 'refusal.away'],
    ['603 Decline', '603 Decline', 'refusal.declined'],
    ['504', '504', 'refusal.late'],
    ['503 Service Unavailable', '503 Service Unavailable', 'refusal.serverFault'],
    ['488 Not Acceptable Here', '488 Not Acceptable Here', 'refusal.other'],
  ])('%s', (evidence, status, remedy) => {
    expect(refusalOf('IST-SIP-003', evidence)).toEqual({ status, remedy });
  });

  it('is none without a status code, and with another code', () => {
    for (const evidence of ['', 'Not Found', '200 OK', '4040', 'peer 404']) expect(refusalOf('IST-SIP-003', evidence)).toBeNull();
    expect(refusalOf('IST-SIP-002', '404 Not Found')).toBeNull();
    expect(refusalOf(undefined, '404 Not Found')).toBeNull();
  });
});
