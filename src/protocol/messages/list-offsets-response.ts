import { message, type TypeOf, int32, array, string, int16, arrayOf, int64, timestamp } from '../schema.js';

export const listOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        oldStyleOffsets: arrayOf('0', 'int64'),
        timestamp: timestamp('1+', { default: -1 }),
        offset: int64('1+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1 }),
      }),
    }),
  },
});
export interface ListOffsetsResponse extends TypeOf<typeof listOffsetsResponse.fields> {}
