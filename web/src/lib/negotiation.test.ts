import { describe, expect, it } from 'vitest';
import { judge, type Method, type Negotiation } from './negotiation';

const NAMES: Record<string, Negotiation> = { R: 'Required', O: 'Optional', N: 'NotSupported' };
const METHODS: Record<string, Method> = { S: 'sasl', T: 'tlsDialback', C: 'tcpDialback' };

// The 18 rows: TLS, SASL, dialback; the methods that are left; how it is judged; whether the form
// of the original saves it.
const ROWS = `
RRT S   warn    yes
RRF S   good    yes
ROT ST  good    yes
ROF S   good    yes
RNT T   good    yes
RNF -   invalid yes
ORT STC warn    yes
ORF S   warn    yes
OOT STC warn    yes
OOF S   warn    yes
ONT TC  good    yes
ONF -   invalid yes
NRT C   warn    no
NRF -   invalid no
NOT C   warn    no
NOF -   invalid no
NNT C   good    yes
NNF -   invalid yes
`
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/) as [string, string, string, string]);

describe('what a partner will use', () => {
  it('has 18 rows', () => expect(new Set(ROWS.map(([row]) => row)).size).toBe(18));
  it.each(ROWS)('%s: %s, %s, saved %s', (row, methods, status, saved) => {
    const [tls, sasl, dialback] = [...row] as [string, string, string];
    const verdict = judge(NAMES[tls]!, NAMES[sasl]!, dialback === 'T');
    expect(verdict.methods).toEqual(methods === '-' ? [] : [...methods].map((one) => METHODS[one]));
    expect(verdict.status).toBe(status);
    expect(verdict.isRefusedByPanel).toBe(saved === 'no');
    if (status !== 'good') expect(verdict.reason).not.toBe('none');
  });
});
