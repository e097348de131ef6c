import { message, type TypeOf, int32, array, string, int16 } from '../schema.js';

export const alterReplicaLogDirsResponse = message({
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      topicName: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  },
});
export interface AlterReplicaLogDirsResponse extends TypeOf<typeof alterReplicaLogDirsResponse.fields> {}
