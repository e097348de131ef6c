import { message, type TypeOf, string } from '../schema.js';

export const saslHandshakeRequest = message({
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  fields: {
    mechanism: string('0+'),
  },
});
export interface SaslHandshakeRequest extends TypeOf<typeof saslHandshakeRequest.fields> {}
