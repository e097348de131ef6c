import { message, type TypeOf, bytes } from '../schema.js';

export const envelopeRequest = message({
  name: 'EnvelopeRequest',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  fields: {
    requestData: bytes('0+'),
    requestPrincipal: bytes('0+', { nullable: '0+' }),
    clientHostAddress: bytes('0+'),
  },
});
export interface EnvelopeRequest extends TypeOf<typeof envelopeRequest.fields> {}
