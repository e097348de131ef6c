import { message, type TypeOf, string, int8, arrayOf } from '../schema.js';

export const findCoordinatorRequest = message({
  name: 'FindCoordinatorRequest',
  apiKey: 10,
  versions: '0-6',
  flexible: '3+',
  fields: {
    key: string('0-3'),
    keyType: int8('1+', { default: 0 }),
    coordinatorKeys: arrayOf('4+', 'string'),
  },
});
export interface FindCoordinatorRequest extends TypeOf<typeof findCoordinatorRequest.fields> {}
