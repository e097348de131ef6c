import { message, type TypeOf, int32, array, string, int16 } from '../schema.js';

export const txnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-4',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  },
});
export interface TxnOffsetCommitResponse extends TypeOf<typeof txnOffsetCommitResponse.fields> {}
