import { int32, message, struct, type TypeOf } from '../schema.js';
import { offsetCommitRequest } from './offset-commit-request.js';

/**
 * OffsetCommit as a group coordinator of ours sends it to the controller in an Envelope: with one private tagged field that
 * says in whose name the offsets are written. Never on a listener by itself.
 * Differs: not part of Kafka's protocol; it travels only inside the Envelope of one zkafka broker to another.
 */
export const forwardedOffsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '8-9',
  flexible: '8+',
  fields: {
    ...offsetCommitRequest.fields,
    coordinator: struct(
      '8+',
      {
        brokerId: int32('8+', { default: -1 }),
        partition: int32('8+', { default: -1 }),
        leaderEpoch: int32('8+', { default: -1 }),
      },
      { tag: 10_000, default: undefined },
    ),
  },
});
export interface ForwardedOffsetCommitRequest extends TypeOf<typeof forwardedOffsetCommitRequest.fields> {}
