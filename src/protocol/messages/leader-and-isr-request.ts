import { message, type TypeOf, string, int32, arrayOf, bool, int8, int64, array, uuid } from '../schema.js';

const leaderAndIsrPartitionState = {
  topicName: string('0-1', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: arrayOf('0+', 'int32'),
  partitionEpoch: int32('0+'),
  replicas: arrayOf('0+', 'int32'),
  addingReplicas: arrayOf('3+', 'int32', { ignorable: true }),
  removingReplicas: arrayOf('3+', 'int32', { ignorable: true }),
  isNew: bool('1+', { default: false, ignorable: true }),
  leaderRecoveryState: int8('6+', { default: 0 }),
} as const;
export const leaderAndIsrRequest = message({
  name: 'LeaderAndIsrRequest',
  apiKey: 4,
  versions: '0-7',
  flexible: '4+',
  fields: {
    controllerId: int32('0+'),
    isKRaftController: bool('7+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
    type: int8('5+'),
    ungroupedPartitionStates: array('0-1', leaderAndIsrPartitionState),
    topicStates: array('2+', {
      topicName: string('2+'),
      topicId: uuid('5+', { ignorable: true }),
      partitionStates: array('2+', leaderAndIsrPartitionState),
    }),
    liveLeaders: array('0+', {
      brokerId: int32('0+'),
      hostName: string('0+'),
      port: int32('0+'),
    }),
  },
});
export interface LeaderAndIsrRequest extends TypeOf<typeof leaderAndIsrRequest.fields> {}
