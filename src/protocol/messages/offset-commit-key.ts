import { message, type TypeOf, string, int32 } from '../schema.js';

export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  apiKey: null,
  versions: '0-1',
  flexible: 'none',
  fields: {
    group: string('0-1'),
    topic: string('0-1'),
    partition: int32('0-1'),
  },
});
export interface OffsetCommitKey extends TypeOf<typeof offsetCommitKey.fields> {}
