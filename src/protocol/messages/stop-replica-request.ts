import { message, type TypeOf, int32, bool, int64, array, string, arrayOf } from '../schema.js';

export const stopReplicaRequest = message({
  name: 'StopReplicaRequest',
  apiKey: 5,
  versions: '0-4',
  flexible: '2+',
  fields: {
    controllerId: int32('0+'),
    isKRaftController: bool('4+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('1+', { default: -1, ignorable: true }),
    deletePartitions: bool('0-2'),
    ungroupedPartitions: array('0', {
      topicName: string('0'),
      partitionIndex: int32('0'),
    }),
    topics: array('1-2', {
      name: string('1-2'),
      partitionIndexes: arrayOf('1-2', 'int32'),
    }),
    topicStates: array('3+', {
      topicName: string('3+'),
      partitionStates: array('3+', {
        partitionIndex: int32('3+'),
        leaderEpoch: int32('3+', { default: -1 }),
        deletePartition: bool('3+'),
      }),
    }),
  },
});
export interface StopReplicaRequest extends TypeOf<typeof stopReplicaRequest.fields> {}
