import { message, type TypeOf, int16, arrayOf } from '../schema.js';

export const saslHandshakeResponse = message({
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  fields: {
    errorCode: int16('0+'),
    mechanisms: arrayOf('0+', 'string'),
  },
});
export interface SaslHandshakeResponse extends TypeOf<typeof saslHandshakeResponse.fields> {}
