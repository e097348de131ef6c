import { message, type TypeOf, bytes, int64 } from '../schema.js';

export const expireDelegationTokenRequest = message({
  name: 'ExpireDelegationTokenRequest',
  apiKey: 40,
  versions: '0-2',
  flexible: '2+',
  fields: {
    hmac: bytes('0+'),
    expiryTimePeriodMs: int64('0+'),
  },
});
export interface ExpireDelegationTokenRequest extends TypeOf<typeof expireDelegationTokenRequest.fields> {}
