import { message, type TypeOf, int32, int16 } from '../schema.js';

export const addOffsetsToTxnResponse = message({
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
  },
});
export interface AddOffsetsToTxnResponse extends TypeOf<typeof addOffsetsToTxnResponse.fields> {}
