import { message, type TypeOf, int32, int16 } from '../schema.js';

export const endTxnResponse = message({
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: '0-4',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  },
});
export interface EndTxnResponse extends TypeOf<typeof endTxnResponse.fields> {}
