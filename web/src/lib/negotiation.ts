// TLS x SASL x dialback of a partner: the 18 rows of the original. src/policy/negotiation.cpp says
// the same for the gateway; a test compares them.
export type Negotiation = 'Required' | 'Optional' | 'NotSupported';
export type Method = 'sasl' | 'tlsDialback' | 'tcpDialback';
export type Reason =
  | 'none'
  | 'noneLeft'
  | 'noneLeftSasl'
  | 'saslNeedsTls'
  | 'optionalTls'
  | 'dialbackIdle'
  | 'plain';

export interface NegotiationVerdict {
  status: 'good' | 'warn' | 'invalid';
  methods: Method[];
  reason: Reason;
  /** The original's form does not save it, though its shell does. */
  isRefusedByPanel: boolean;
}

export function judge(tls: Negotiation, sasl: Negotiation, dialback: boolean): NegotiationVerdict {
  const hasTls = tls !== 'NotSupported';
  const hasSasl = sasl !== 'NotSupported';
  const methods: Method[] = [];
  if (hasTls && hasSasl) methods.push('sasl');
  if (dialback && hasTls && !(tls === 'Required' && sasl === 'Required')) methods.push('tlsDialback');
  if (dialback && tls !== 'Required') methods.push('tcpDialback');
  const isRefusedByPanel = !hasTls && hasSasl;
  const told = (status: NegotiationVerdict['status'], reason: Reason): NegotiationVerdict => ({
    status,
    methods,
    reason,
    isRefusedByPanel,
  });
  if (methods.length === 0) return told('invalid', hasSasl ? 'noneLeftSasl' : 'noneLeft');
  if (isRefusedByPanel) return told('warn', 'saslNeedsTls');
  if (tls === 'Optional' && hasSasl) return told('warn', 'optionalTls');
  if (tls === 'Required' && sasl === 'Required' && dialback) return told('warn', 'dialbackIdle');
  return told('good', methods.includes('tcpDialback') ? 'plain' : 'none');
}
