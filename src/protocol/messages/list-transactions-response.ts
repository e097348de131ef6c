import { message, type TypeOf, int32, int16, arrayOf, array, string, int64 } from '../schema.js';

export const listTransactionsResponse = message({
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: arrayOf('0+', 'string'),
    transactionStates: array('0+', {
      transactionalId: string('0+'),
      producerId: int64('0+'),
      transactionState: string('0+'),
    }),
  },
});
export interface ListTransactionsResponse extends TypeOf<typeof listTransactionsResponse.fields> {}
