import { message, type TypeOf, array, string, int32, int64 } from '../schema.js';

export const deleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  fields: {
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        offset: int64('0+'),
      }),
    }),
    timeoutMs: int32('0+'),
  },
});
export interface DeleteRecordsRequest extends TypeOf<typeof deleteRecordsRequest.fields> {}
