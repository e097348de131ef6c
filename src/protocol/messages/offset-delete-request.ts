import { message, type TypeOf, string, array, int32 } from '../schema.js';

export const offsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: string('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
      }),
    }),
  },
});
export interface OffsetDeleteRequest extends TypeOf<typeof offsetDeleteRequest.fields> {}
