import { message, type TypeOf, bytes } from '../schema.js';

export const saslAuthenticateRequest = message({
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: {
    authBytes: bytes('0+'),
  },
});
export interface SaslAuthenticateRequest extends TypeOf<typeof saslAuthenticateRequest.fields> {}
