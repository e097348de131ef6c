import { message, type TypeOf, int32 } from '../schema.js';

export const responseHeader = message({
  name: 'ResponseHeader',
  apiKey: null,
  versions: '0-1',
  flexible: '1+',
  fields: {
    correlationId: int32('0+'),
  },
});
export interface ResponseHeader extends TypeOf<typeof responseHeader.fields> {}
