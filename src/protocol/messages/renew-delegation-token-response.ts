import { message, type TypeOf, int16, int64, int32 } from '../schema.js';

export const renewDelegationTokenResponse = message({
  name: 'RenewDelegationTokenResponse',
  apiKey: 39,
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
});
export interface RenewDelegationTokenResponse extends TypeOf<typeof renewDelegationTokenResponse.fields> {}
