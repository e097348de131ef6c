import { message, type TypeOf, int64, int32, string, timestamp } from '../schema.js';

export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  apiKey: null,
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: int64('0+'),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string('0+'),
    commitTimestamp: timestamp('0+'),
    expireTimestamp: timestamp('1', { default: -1, ignorable: true }),
  },
});
export interface OffsetCommitValue extends TypeOf<typeof offsetCommitValue.fields> {}
