import { message, type TypeOf, int16, array, string, int32 } from '../schema.js';

export const stopReplicaResponse = message({
  name: 'StopReplicaResponse',
  apiKey: 5,
  versions: '0-4',
  flexible: '2+',
  fields: {
    errorCode: int16('0+'),
    partitionErrors: array('0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  },
});
export interface StopReplicaResponse extends TypeOf<typeof stopReplicaResponse.fields> {}
