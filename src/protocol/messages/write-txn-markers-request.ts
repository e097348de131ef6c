import { message, type TypeOf, array, int64, int16, bool, string, arrayOf, int32 } from '../schema.js';

export const writeTxnMarkersRequest = message({
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: '0-1',
  flexible: '1+',
  fields: {
    markers: array('0+', {
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      transactionResult: bool('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitionIndexes: arrayOf('0+', 'int32'),
      }),
      coordinatorEpoch: int32('0+'),
    }),
  },
});
export interface WriteTxnMarkersRequest extends TypeOf<typeof writeTxnMarkersRequest.fields> {}
