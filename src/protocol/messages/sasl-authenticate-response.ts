import { message, type TypeOf, int16, string, bytes, int64 } from '../schema.js';

export const saslAuthenticateResponse = message({
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { default: 0, ignorable: true }),
  },
});
export interface SaslAuthenticateResponse extends TypeOf<typeof saslAuthenticateResponse.fields> {}
