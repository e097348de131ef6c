import { message, type TypeOf, bytes, int16 } from '../schema.js';

export const envelopeResponse = message({
  name: 'EnvelopeResponse',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  fields: {
    responseData: bytes('0+', { nullable: '0+', default: null }),
    errorCode: int16('0+'),
  },
});
export interface EnvelopeResponse extends TypeOf<typeof envelopeResponse.fields> {}
