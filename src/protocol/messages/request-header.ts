import { message, type TypeOf, int16, int32, string } from '../schema.js';

export const requestHeader = message({
  name: 'RequestHeader',
  apiKey: null,
  versions: '0-2',
  flexible: '2+',
  fields: {
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    clientId: string('1+', { nullable: '1+', ignorable: true, flexible: false }),
  },
});
export interface RequestHeader extends TypeOf<typeof requestHeader.fields> {}
