import { message, type TypeOf, int32, int8, array, string, timestamp } from '../schema.js';

export const listOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '0-9',
  flexible: '6+',
  fields: {
    replicaId: int32('0+'),
    isolationLevel: int8('2+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: timestamp('0+'),
        maxNumOffsets: int32('0', { default: 1 }),
      }),
    }),
  },
});
export interface ListOffsetsRequest extends TypeOf<typeof listOffsetsRequest.fields> {}
