import { message, type TypeOf, string, int32, arrayOf, array, uuid } from '../schema.js';

export const consumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0',
  flexible: '0+',
  fields: {
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    subscribedTopicNames: arrayOf('0+', 'string', { nullable: '0+', default: null }),
    serverAssignor: string('0+', { nullable: '0+', default: null }),
    topicPartitions: array(
      '0+',
      {
        topicId: uuid('0+'),
        partitions: arrayOf('0+', 'int32'),
      },
      { nullable: '0+', default: null },
    ),
  },
});
export interface ConsumerGroupHeartbeatRequest extends TypeOf<typeof consumerGroupHeartbeatRequest.fields> {}
