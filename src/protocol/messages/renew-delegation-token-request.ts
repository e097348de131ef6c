import { message, type TypeOf, bytes, int64 } from '../schema.js';

export const renewDelegationTokenRequest = message({
  name: 'RenewDelegationTokenRequest',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  fields: {
    hmac: bytes('0+'),
    renewPeriodMs: int64('0+'),
  },
});
export interface RenewDelegationTokenRequest extends TypeOf<typeof renewDelegationTokenRequest.fields> {}
