import { message, type TypeOf, arrayOf, int64 } from '../schema.js';

export const listTransactionsRequest = message({
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-1',
  flexible: '0+',
  fields: {
    stateFilters: arrayOf('0+', 'string'),
    producerIdFilters: arrayOf('0+', 'int64'),
    durationFilter: int64('1+', { default: -1 }),
  },
});
export interface ListTransactionsRequest extends TypeOf<typeof listTransactionsRequest.fields> {}
