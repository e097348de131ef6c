import { message, type TypeOf, string, int32, int16, array, uuid } from '../schema.js';

const leaderAndIsrPartitionError = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  errorCode: int16('0+'),
} as const;
export const leaderAndIsrResponse = message({
  name: 'LeaderAndIsrResponse',
  apiKey: 4,
  versions: '0-7',
  flexible: '4+',
  fields: {
    errorCode: int16('0+'),
    partitionErrors: array('0-4', leaderAndIsrPartitionError),
    topics: array('5+', {
      topicId: uuid('5+'),
      partitionErrors: array('5+', leaderAndIsrPartitionError),
    }),
  },
});
export interface LeaderAndIsrResponse extends TypeOf<typeof leaderAndIsrResponse.fields> {}
