import { message, type TypeOf, array, int64, string, int32, int16 } from '../schema.js';

export const writeTxnMarkersResponse = message({
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: '0-1',
  flexible: '1+',
  fields: {
    markers: array('0+', {
      producerId: int64('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: array('0+', {
          partitionIndex: int32('0+'),
          errorCode: int16('0+'),
        }),
      }),
    }),
  },
});
export interface WriteTxnMarkersResponse extends TypeOf<typeof writeTxnMarkersResponse.fields> {}
